"""Short words of a plan that a patient reads and signs, in each language side by side."""

from procedures.domain.findings import Words

AREAS = {
    "face": Words(en="Face", ru="Лицо", uk="Обличчя"),
    "lower-eyelid": Words(en="Lower eyelids", ru="Нижние веки", uk="Нижні повіки"),
    "neck": Words(en="Neck", ru="Шея", uk="Шия"),
    "decollete": Words(en="Décolleté", ru="Декольте", uk="Декольте"),
    "hands": Words(en="Hands", ru="Кисти рук", uk="Кисті рук"),
    "scalp": Words(en="Scalp", ru="Кожа головы", uk="Шкіра голови"),
    "body": Words(en="Body", ru="Тело", uk="Тіло"),
}
VIEWS = {
    "front": Words(en="Front", ru="Спереди", uk="Спереду"),
    "left-45": Words(en="Left, 45°", ru="Слева, 45°", uk="Ліворуч, 45°"),
    "right-45": Words(en="Right, 45°", ru="Справа, 45°", uk="Праворуч, 45°"),
    "left-90": Words(en="Left, 90°", ru="Слева, 90°", uk="Ліворуч, 90°"),
    "right-90": Words(en="Right, 90°", ru="Справа, 90°", uk="Праворуч, 90°"),
    "back": Words(en="From behind", ru="Сзади", uk="Ззаду"),
    "top": Words(en="From above", ru="Сверху", uk="Згори"),
    "close-up": Words(en="Close-up", ru="Крупный план", uk="Великий план"),
}
REPLIES = {
    "yes": Words(en="Yes", ru="Да", uk="Так"),
    "no": Words(en="No", ru="Нет", uk="Ні"),
    "unsure": Words(en="Not sure", ru="Не уверен(а)", uk="Не впевнений(-а)"),
    "assessed": Words(en="Assessed", ru="Оценено", uk="Оцінено"),
    "not_assessed": Words(en="Not assessed", ru="Не оценено", uk="Не оцінено"),
    "said": Words(en="Said", ru="Сказано", uk="Сказано"),
}
TEST_RESULTS = {
    "negative": Words(en="No reaction", ru="Реакции нет", uk="Реакції немає"),
    "positive": Words(en="Reaction", ru="Реакция есть", uk="Реакція є"),
    "": Words(en="Not read yet", ru="Ещё не оценена", uk="Ще не оцінено"),
}
FOR_THE_DOCTOR = Words(
    en="A finding discussed with the doctor",
    ru="Обстоятельство, обсуждённое с врачом",
    uk="Обставина, обговорена з лікарем",
)
DAY_HOURS = 24


def period(hours: int, language: str) -> str:
    """How long from the end of a session: "for 7 days", "24 часа"."""
    if hours % DAY_HOURS or hours == DAY_HOURS:
        number, noun = hours, {"ru": ("час", "часа", "часов"), "uk": ("годину", "години", "годин")}
        english = "hour" if hours == 1 else "hours"
    else:
        number, noun = hours // DAY_HOURS, {"ru": ("день", "дня", "дней"), "uk": DAYS_UK}
        english = "days"
    if language not in noun:
        return f"for {number} {english}"
    return f"{number} {noun[language][_form(number)]}"


def at_most(hours: int, language: str) -> str:
    """How long at the longest: "up to 14 days", "до 2 дней", "до 21 дня"."""
    number, is_days = hours // DAY_HOURS, hours % DAY_HOURS == 0 and hours > DAY_HOURS
    if not is_days:
        number = hours
    one_left = number % 10 == 1 and number % 100 != 11  # noqa: PLR2004 - numbers of a grammar
    nouns = UP_TO[language]["days" if is_days else "hours"]
    return f"{nouns[0]} {number} {nouns[1] if one_left else nouns[2]}"


UP_TO = {
    "en": {"days": ("up to", "day", "days"), "hours": ("up to", "hour", "hours")},
    "ru": {"days": ("до", "дня", "дней"), "hours": ("до", "часа", "часов")},
    "uk": {"days": ("до", "дня", "днів"), "hours": ("до", "години", "годин")},
}


DAYS_UK = ("день", "дні", "днів")


def _form(number: int) -> int:
    """Which of the three Slavic forms a number takes: 1 день, 2 дня, 5 дней."""
    last, tens = number % 10, number % 100
    if last == 1 and tens != 11:  # noqa: PLR2004 - numbers of a grammar
        return 0
    return 1 if last in {2, 3, 4} and tens not in {12, 13, 14} else 2
