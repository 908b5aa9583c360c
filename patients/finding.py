"""What somebody typed into the search box: names, digits, a birth date, a chart number."""

import re
from dataclasses import dataclass
from datetime import date

from patients import names

LATEST = 2999
DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([./-])(\d{1,2})\2(\d{1,2})(?!\d)")
CHART = re.compile(r"[#№]\s*(\d{1,9})(?!\d)")
PHONE = re.compile(r"[+(]?\d[\d\s()+-]*")
FEWEST_DIGITS = 3  # of a phone; fewer can only be a chart number
MOST_DIGITS_OF_NUMBER = 9
RUSSIAN_LENGTH = 11  # 8 916 123 45 67 is +7 916 123 45 67


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the text asks for; all of it must hold."""

    words: tuple[str, ...] = ()
    birth_dates: tuple[date, ...] = ()
    phone: str = ""
    number: int | None = None

    def __bool__(self) -> bool:
        return bool(self.words or self.birth_dates or self.phone or self.number is not None)


def read(text: str) -> Wanted:
    """Take the text apart; what is neither date nor digits is a name."""
    text, dates = _dates(text)
    text, number = _chart_number(text)
    digits = "".join(re.findall(r"\d", "".join(PHONE.findall(text))))
    text = PHONE.sub(" ", text)
    if number is None and 0 < len(digits) <= MOST_DIGITS_OF_NUMBER and not digits.startswith("0"):
        number = int(digits)
    return Wanted(
        words=tuple(names.fold(text).split()),
        birth_dates=dates,
        phone=_subscriber(digits) if len(digits) >= FEWEST_DIGITS else "",
        number=number,
    )


def _dates(text: str) -> tuple[str, tuple[date, ...]]:
    """17.05.1990, 17/5/1990, 1990-05-17, 17.05.90; where day and month may be swapped, both."""
    if match := YEAR_FIRST.search(text):
        year, _mark, month, day = match.groups()
        found = [_date(int(year), int(month), int(day))]
    elif match := DAY_FIRST.search(text):
        day, mark, month, year = match.groups()
        full = int(year) if len(year) == len(str(LATEST)) else _century(int(year))
        found = [_date(full, int(month), int(day))]
        if mark != ".":
            found.append(_date(full, int(day), int(month)))
    else:
        return text, ()
    rest = text[: match.start()] + " " + text[match.end() :]
    return rest, tuple(dict.fromkeys(day for day in found if day))


def _century(year: int) -> int:
    """Patients are born before they come: 90 is 1990, and so is 30; 08 is 2008."""
    return year + (2000 if year < 20 else 1900)  # noqa: PLR2004  the sentence above says it


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _chart_number(text: str) -> tuple[str, int | None]:
    if not (match := CHART.search(text)):
        return text, None
    return text[: match.start()] + " " + text[match.end() :], int(match.group(1))


def _subscriber(digits: str) -> str:
    """Without the trunk prefix that a number dialled at home begins with."""
    if len(digits) == RUSSIAN_LENGTH and digits.startswith("8"):
        return digits[1:]
    return digits.lstrip("0") or digits
