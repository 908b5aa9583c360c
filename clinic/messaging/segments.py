"""How many SMS a text costs: the alphabet of telephones, or Unicode for anything else."""

from typing import NamedTuple

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # two places each
ONE_GSM, PART_GSM = 160, 153  # a part gives seven places away to say which part it is
ONE_UCS2, PART_UCS2 = 70, 67
LAST_OF_ONE = 0xFFFF  # what lies beyond takes two places


class Size(NamedTuple):
    """What a text takes: characters as a person counts them, places, and SMS."""

    characters: int
    places: int
    segments: int
    unicode: bool

    @property
    def alphabet(self) -> str:
        return "UCS-2" if self.unicode else "GSM-7"

    @property
    def left(self) -> int:
        """How many places the last SMS still has."""
        one, part = (ONE_UCS2, PART_UCS2) if self.unicode else (ONE_GSM, PART_GSM)
        return (
            one - self.places if self.segments <= 1 else max(self.segments * part - self.places, 0)
        )


def measure(text: str) -> Size:
    """Counted as providers do: no sign is torn between two parts."""
    gsm = all(sign in BASIC or sign in EXTENSION for sign in text)
    widths = [
        (2 if sign in EXTENSION else 1) if gsm else 1 + (ord(sign) > LAST_OF_ONE) for sign in text
    ]
    one, part = (ONE_GSM, PART_GSM) if gsm else (ONE_UCS2, PART_UCS2)
    places = sum(widths)
    segments = int(places > 0) if places <= one else _parts(widths, part)
    return Size(len(text), places, segments, not gsm)


def _parts(widths: list[int], part: int) -> int:
    """How many parts, when what does not fit whole begins the next one."""
    parts, room = 1, part
    for width in widths:
        if width > room:
            parts, room = parts + 1, part
        room -= width
    return parts
