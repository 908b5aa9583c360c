"""What is said about the dates of a course, in three languages."""

from __future__ import annotations

from datetime import date

from procedures.domain.course import Band, Planned
from procedures.domain.findings import Words

NO_PROTOCOL = Words(
    en="No source says how many sessions this needs and how far apart: a doctor sets it.",
    ru="Ни один источник не называет число сеансов и интервал: их определяет врач.",
    uk="Жодне джерело не називає кількість сеансів та інтервал: їх визначає лікар.",
)


def before_earliest(day: date) -> Words:
    return Words(
        en=f"Not before {day}: the screening says so.",
        ru=f"Не раньше {day}: так показал скрининг.",
        uk=f"Не раніше {day}: так показав скринінг.",
    )


def in_blackout(day: date) -> Words:
    return Words(
        en=f"{day} is a day on which nothing can be done.",
        ru=f"{day} — день, когда процедура невозможна.",
        uk=f"{day} — день, коли процедура неможлива.",
    )


def bleeding(day: date) -> Words:
    return Words(
        en=f"Menstrual bleeding is expected on {day}: choose a later day.",
        ru=f"{day} ожидается менструация: выберите день позже.",
        uk=f"{day} очікується менструація: оберіть пізніший день.",
    )


def pregnant(day: date) -> Words:
    return Words(
        en=f"On {day} the patient is still pregnant: no session before the birth and the rest "
        "after it.",
        ru=f"{day} ещё продолжается беременность: сеансы только после родов и восстановления.",
        uk=f"{day} ще триває вагітність: сеанси лише після пологів і відновлення.",
    )


def postpartum(day: date, rested: date) -> Words:
    return Words(
        en=f"{day} is too soon after the birth: not before {rested}.",
        ru=f"{day} — слишком рано после родов: не раньше {rested}.",
        uk=f"{day} — надто рано після пологів: не раніше {rested}.",
    )


def banned(planned: Planned, session: date) -> Words:
    """What the patient plans falls into the days a session forbids it."""
    begins, until = planned.ban.window(session)
    what = planned.ban.label
    first, last = planned.days
    when = f"{first}" if first == last else f"{first} – {last}"
    return Words(
        en=f"{what.en}, {when}: not from {begins} until {until} because of the session on "
        f"{session}.",
        ru=f"{what.ru}, {when}: нельзя с {begins} до {until} из-за сеанса {session}.",
        uk=f"{what.uk}, {when}: не можна з {begins} до {until} через сеанс {session}.",
    )


def count(sessions: int, low: int | None, high: int | None) -> Words:
    span = f"{low if low is not None else ''}–{high if high is not None else ''}"
    return Words(
        en=f"{sessions} sessions; the protocol says {span}.",
        ru=f"Сеансов: {sessions}; по протоколу {span}.",
        uk=f"Сеансів: {sessions}; за протоколом {span}.",
    )


def maintenance(least: int) -> Words:
    return Words(
        en=f"Maintenance is once in {least} months, not more often.",
        ru=f"Поддерживающий сеанс — один раз в {least} мес., не чаще.",
        uk=f"Підтримувальний сеанс — один раз на {least} міс., не частіше.",
    )


def span(days: int, band: Band) -> Words:
    low, high = band.span_min_months, band.span_max_months
    return Words(
        en=f"The course takes {days} days; it should take {low} to {high} months.",
        ru=f"Курс длится {days} дн.; нужно от {low} до {high} мес.",
        uk=f"Курс триває {days} дн.; потрібно від {low} до {high} міс.",
    )


def repeat(ended: date, months: int) -> Words:
    return Words(
        en=f"The last course ended on {ended}; the next starts {months} months later at the "
        "earliest.",
        ru=f"Прошлый курс закончился {ended}; следующий — не раньше чем через {months} мес.",
        uk=f"Попередній курс закінчився {ended}; наступний — не раніше ніж через {months} міс.",
    )


def too_short(number: int, gap: int, least: int) -> Words:
    return Words(
        en=f"Session {number} comes after {gap} days; at least {least} are needed.",
        ru=f"Сеанс {number} через {gap} дн. после предыдущего; нужно не меньше {least}.",
        uk=f"Сеанс {number} через {gap} дн. після попереднього; потрібно щонайменше {least}.",
    )


def too_long(number: int, gap: int, most: int) -> Words:
    return Words(
        en=f"Session {number} comes after {gap} days; the protocol says {most}.",
        ru=f"Сеанс {number} через {gap} дн. после предыдущего; по протоколу {most}.",
        uk=f"Сеанс {number} через {gap} дн. після попереднього; за протоколом {most}.",
    )


HOME = Words(
    en="Needles are never used at home: only sessions in the clinic are booked.",
    ru="Иглы дома не применяют: записываем только на сеансы в клинике.",
    uk="Голки вдома не застосовують: записуємо лише на сеанси в клініці.",
)
BREASTFEEDING = Words(
    en="No session while breastfeeding. Plan the course when it has ended.",
    ru="Во время грудного вскармливания сеансов нет. Планируйте курс, когда оно закончится.",
    uk="Під час грудного вигодовування сеансів немає. Плануйте курс, коли воно завершиться.",
)
ASK_BREASTFEEDING = Words(
    en="Ask whether she is breastfeeding: no session before that is known.",
    ru="Спросите о грудном вскармливании: пока это неизвестно, сеансов нет.",
    uk="Запитайте про грудне вигодовування: поки це невідомо, сеансів немає.",
)


def unknown(text: str) -> Words:
    return Words(
        en=f"“{text}” names no indication that is known. Ask what is meant.",
        ru=f"«{text}» — такого показания нет. Уточните, что имеется в виду.",
        uk=f"«{text}» — такого показання немає. Уточніть, що мається на увазі.",
    )


def not_offered(text: str) -> Words:
    return Words(
        en=f"“{text}” is not treated in this clinic.",
        ru=f"«{text}» — в этой клинике не лечат.",
        uk=f"«{text}» — у цій клініці не лікують.",
    )


def unread(keys: str) -> Words:
    return Words(
        en=f"Nobody reads what was said about {keys}: it may matter.",
        ru=f"Не прочитано сказанное о {keys}: это может быть важно.",
        uk=f"Не прочитано сказане про {keys}: це може бути важливо.",
    )
