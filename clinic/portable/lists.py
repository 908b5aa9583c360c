"""Lists of elsewhere as text in columns: encoding and separator are recognised, cells are harmless.

Pure: bytes in, words out.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError

LARGEST = 20 * 1024 * 1024  # bytes
SEPARATORS = ";,\t|"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d")
MOMENTS = ("%H:%M", "%H:%M:%S")


class TooLarge(ClinicError):
    code = "list-too-large"
    text = _("This list is larger than 20 MB. Divide it into several.")


class NotAList(ClinicError):
    code = "not-a-list"
    text = _("This is not a list in columns. Save it as CSV, with a first line of headings.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Headings and rows, all text."""

    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    encoding: str
    separator: str


def read(data: bytes) -> Sheet:
    """UTF-8, UTF-16 or cp1251; commas, semicolons, tabs or bars."""
    if len(data) > LARGEST:
        raise TooLarge
    text, encoding = _decoded(data)
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise NotAList from error
    if not lines or "\0" in first or not any(cell.strip() for cell in lines[0]):
        raise NotAList
    headings = tuple(cell.strip() for cell in lines[0])
    rows = [tuple(map(_bare, line)) for line in lines[1:] if any(cell.strip() for cell in line)]
    return Sheet(headings=headings, rows=rows, encoding=encoding, separator=separator)


def write(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Lines of a list that a spreadsheet opens without running anything."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([_harmless(cell) for cell in row])
        yield line.getvalue()


def day(text: str) -> date | None:
    """In any common way of writing it; a time behind it is dropped."""
    for pattern in DAYS:
        try:
            return datetime.strptime(text.strip().partition(" ")[0], pattern).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None


def moment(text: str) -> datetime | None:
    """A day and an hour on the location's wall; without zone."""
    on = day(text.replace("T", " "))
    hour = text.replace("T", " ").strip().partition(" ")[2]
    for pattern in MOMENTS:
        try:
            found = datetime.strptime(hour.strip(), pattern).time()  # noqa: DTZ007  on the wall
        except ValueError:
            continue
        return datetime.combine(on, found) if on else None
    return None


def _decoded(data: bytes) -> tuple[str, str]:
    marked = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "cp1251"]:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise NotAList


def _harmless(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def _bare(cell: str) -> str:
    """Without the mark that keeps a spreadsheet from reading a formula."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
