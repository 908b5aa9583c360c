"""What a scanner types when it reads the code on a box: GTIN, lot and expiry by the GS1 rules."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

SEPARATOR = "\x1d"
SYMBOLOGY = re.compile(r"^\](d2|C1|e0|Q3|J1)")
BRACKETED = re.compile(r"\((\d{2,4})\)([^(]*)")
FIXED = {  # total length of data by the first two digits of the identifier
    "00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2,
}  # fmt: skip
LONGER = {"2": 3, "3": 4, "4": 3, "7": 3, "8": 4}  # digits of identifiers that are no pair
PAIRS = {"20", "21", "22", "30", "37"}
GTIN, LOT, EXPIRY = "01", "10", "17"
HALF = 50  # years: a two-digit year lies within half a century of today


class NoCode(ValueError):
    """What was typed is no GS1 code of a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the box says; nothing where its code is silent."""

    gtin: str
    lot: str = ""
    expires_on: date | None = None


def parse(text: str, *, on: date) -> Scan:
    """Read a DataMatrix or a GS1-128, raw with separators or as printed with brackets."""
    fields = _fields(text.strip())
    gtin = fields.get(GTIN, "")
    if not valid_gtin(gtin):
        raise NoCode("no product number with a right check digit")
    expiry = fields.get(EXPIRY)
    return Scan(
        gtin=gtin,
        lot=fields.get(LOT, "").strip(),
        expires_on=_day(expiry, on=on) if expiry else None,
    )


def valid_gtin(text: str) -> bool:
    """Fourteen digits whose last one fits the others."""
    if not re.fullmatch(r"[0-9]{14}", text):
        return False
    weighed = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(text[:13])
    )
    return (10 - weighed % 10) % 10 == int(text[13])


def _fields(text: str) -> dict[str, str]:
    if text.startswith("("):
        return {identifier: data.strip() for identifier, data in BRACKETED.findall(text)}
    rest, found = SYMBOLOGY.sub("", text).lstrip(SEPARATOR), {}
    while rest:
        identifier, data, rest = _next(rest)
        found[identifier] = data
    return found


def _next(text: str) -> tuple[str, str, str]:
    """The first element of a raw code, and what follows it."""
    if not text[:2].isdigit():
        raise NoCode("no identifier where one belongs")
    pair = text[:2]
    length = 2 if pair in FIXED or pair in PAIRS else LONGER.get(pair[0], 2)
    identifier, rest = text[:length], text[length:]
    if pair in FIXED:
        data = rest[: FIXED[pair]]
        if len(data) < FIXED[pair]:
            raise NoCode("the code is cut off")
        return identifier, data, rest[FIXED[pair] :].removeprefix(SEPARATOR)
    data, _separator, rest = rest.partition(SEPARATOR)
    return identifier, data, rest


def _day(digits: str, *, on: date) -> date:
    """YYMMDD; a day of 00 is the last one of its month."""
    if not re.fullmatch(r"[0-9]{6}", digits):
        raise NoCode("the expiry is no date")
    year, month, day = int(digits[:2]) + on.year // 100 * 100, int(digits[2:4]), int(digits[4:])
    if year - on.year > HALF:
        year -= 100
    elif on.year - year >= HALF:
        year += 100
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError as exc:  # the month of an impossible date
        raise NoCode("the expiry is no date") from exc
