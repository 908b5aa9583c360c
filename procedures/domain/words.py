"""Words of findings that stand in no single rule of the knowledge."""

from procedures.domain.findings import Words

NOT_ASKED = Words(en="Not asked yet", ru="Ещё не спрошено", uk="Ще не запитано")
ASK_IT = Words(
    en="Ask the question and record the answer.",
    ru="Задайте вопрос и запишите ответ.",
    uk="Поставте запитання та запишіть відповідь.",
)
UNRESOLVED = Words(
    en="Not recognised, a doctor has to look at it",
    ru="Не распознано, должен посмотреть врач",
    uk="Не розпізнано, має подивитися лікар",
)
CHOOSE_WORD = Words(
    en="Choose the right word for it, or let the doctor decide.",
    ru="Подберите подходящее слово или предоставьте решение врачу.",
    uk="Доберіть відповідне слово або залиште рішення лікареві.",
)
SETTING = Words(
    en="Your clinical lead has to set this",
    ru="Это должен установить главный врач",
    uk="Це має встановити головний лікар",
)
SET_IT = Words(
    en="When the clinical lead has entered the value.",
    ru="Когда главный врач введёт значение.",
    uk="Коли головний лікар введе значення.",
)
INTERVAL = Words(
    en="Too soon after the previous session",
    ru="Слишком рано после предыдущего сеанса",
    uk="Зарано після попереднього сеансу",
)
WHEN_INTERVAL_OVER = Words(
    en="On the first day after the interval.",
    ru="В первый день после окончания промежутка.",
    uk="У перший день після завершення проміжку.",
)
OTHER_PRODUCT = Words(
    en="Choose another product.", ru="Выберите другой препарат.", uk="Оберіть інший препарат."
)
DOCTOR_DECIDES = Words(en="The doctor decides.", ru="Решает врач.", uk="Вирішує лікар.")
OTHER_INDICATION = Words(
    en="Choose another indication.", ru="Выберите другое показание.", uk="Оберіть інше показання."
)
NOT_OFFERED = Words(en="We do not treat this", ru="Мы это не лечим", uk="Ми цього не лікуємо")
TO_THE_DOCTOR = Words(
    en="Only by a doctor's decision", ru="Только по решению врача", uk="Лише за рішенням лікаря"
)
AGE_NOTE = Words(
    en="Outside the age in which this is usually done: state the indication",
    ru="Вне возраста, в котором это обычно делают: обоснуйте показание",
    uk="Поза віком, у якому це зазвичай роблять: обґрунтуйте показання",
)
INDICATION_STATED = Words(
    en="The indication is stated and acknowledged.",
    ru="Показание обосновано и подтверждено.",
    uk="Показання обґрунтовано й підтверджено.",
)
MIXTURES = {
    "alone": Words(
        en="Not combined with another product",
        ru="Не сочетается с другим препаратом",
        uk="Не поєднується з іншим засобом",
    ),
    "pair": Words(
        en="Two components that must not meet",
        ru="Два компонента, которые нельзя сочетать",
        uk="Два складники, які не можна поєднувати",
    ),
    "opened": Words(
        en="The ampoule was opened earlier",
        ru="Ампула была вскрыта раньше",
        uk="Ампулу відкрили раніше",
    ),
    "topical": Words(
        en="Made for the surface of the skin: no licence for injection",
        ru="Предназначено для нанесения на кожу: нет разрешения на инъекции",
        uk="Призначено для нанесення на шкіру: немає дозволу на ін’єкції",
    ),
    "unidentified": Words(
        en="Nobody knows what is in it: enter the composition from the leaflet",
        ru="Состав неизвестен: внесите его из инструкции",
        uk="Склад невідомий: внесіть його з інструкції",
    ),
    "mixed": Words(
        en="Several products in one syringe",
        ru="Несколько препаратов в одном шприце",
        uk="Кілька засобів в одному шприці",
    ),
}
UNREAD = {
    "composition": Words(
        en="The composition of this product is not entered",
        ru="Состав этого препарата не внесён",
        uk="Склад цього засобу не внесено",
    ),
    "route": Words(
        en="It is not known whether this product may go into the skin",
        ru="Неизвестно, можно ли вводить этот препарат внутрикожно",
        uk="Невідомо, чи можна вводити цей засіб внутрішньошкірно",
    ),
    "registration": Words(
        en="The registration of this product is not entered",
        ru="Регистрация этого препарата не внесена",
        uk="Реєстрацію цього засобу не внесено",
    ),
}
READ_THE_LEAFLET = Words(
    en="Enter it from the leaflet.", ru="Внесите это из инструкции.", uk="Внесіть це з інструкції."
)
UNMATCHED = Words(
    en="A component that nobody can compare with the allergies",
    ru="Компонент, который нельзя сопоставить с аллергией",
    uk="Складник, який неможливо зіставити з алергією",
)
ASKED = {
    "birth_date": Words(en="date of birth", ru="дата рождения", uk="дата народження"),
    "conditions": Words(en="conditions", ru="заболевания", uk="захворювання"),
    "medications": Words(en="medicines", ru="лекарства", uk="ліки"),
    "allergies": Words(en="allergies", ru="аллергия", uk="алергія"),
    "planned_drugs": Words(
        en="what is to be injected", ru="что будет введено", uk="що буде введено"
    ),
}
