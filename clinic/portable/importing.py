"""Lists of elsewhere: uploaded, tried, taken in; each public function is one transaction.

A row whose identifier is here already is left alone, so that the same list may come twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import DataError, IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from clinic.errors import ClinicError, WrongState
from clinic.portable import columns, facts, lists, newcomers
from clinic.portable.lists import Sheet
from clinic.portable.models import ColumnMapping, Imported, ImportRun, ListKind
from clinic.portable.newcomers import Empty
from clinic.record import audit
from clinic.staff.models import Location, User
from clinic.staff.storage import EncryptedStorage
from patients.models import Patient

AT_ONCE = 2000  # rows of a batch
LEASE = timedelta(minutes=5)
TASK = "clinic.portable.tasks.import_lists"


class ColumnsMissing(ClinicError):
    code = "columns-missing"
    text = _("Say which column holds: %(names)s.")


class Twice(ClinicError):
    code = "twice"
    text = _("This identifier stands in the list twice.")


class Refused(ClinicError):
    code = "refused"
    text = _("The database refuses this row.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a list comes from, what its rows are, and where they will belong."""

    name: str
    kind: str
    system: str
    location: Location


@dataclass(slots=True)
class Line:
    """One row of the list on its way in."""

    number: int
    said: dict[str, str]
    made: Any = None
    fault: ClinicError | None = None
    known: bool = False


@transaction.atomic
def upload(data: bytes, source: Source, *, at: datetime, by: User) -> ImportRun:
    """Keep the list, and guess what its columns mean."""
    sheet = lists.read(data)
    saved = ColumnMapping.objects.filter(kind=source.kind, system=source.system).first()
    run = ImportRun.objects.create(
        kind=ListKind(source.kind),
        system=source.system,
        location=source.location,
        name=source.name[:200],
        file=EncryptedStorage().put("import", data),
        columns=columns.guess(source.kind, sheet.headings, saved.columns if saved else {}),
        uploaded_at=at,
        uploaded_by=by,
        total=len(sheet.rows),
    )
    audit.record("import.uploaded", run, at=at, by=by, kind=run.kind, rows=run.total)
    return run


@transaction.atomic
def start(
    run: ImportRun, chosen: Mapping[str, str], *, dry: bool, at: datetime, by: User
) -> ImportRun:
    """Try it, or take it in; the columns are kept for the next list from there."""
    run = ImportRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if run.started_at is not None and (run.finished_at is None or not run.is_dry):
        raise WrongState(state=_("imported") if run.finished_at else _("under way"))
    if lacking := columns.missing(run.kind, chosen):
        raise ColumnsMissing(names=", ".join(str(one.label) for one in lacking))
    run.columns, run.is_dry = dict(chosen), dry
    run.started_at, run.finished_at, run.cursor = at, None, 0
    run.imported, run.known, run.faults = 0, 0, []
    run.save()
    ColumnMapping.objects.update_or_create(
        kind=run.kind, system=run.system, defaults={"columns": run.columns, "saved_at": at}
    )
    audit.record("import.started", run, at=at, by=by, kind=run.kind, dry=dry)
    transaction.on_commit(ring, robust=True)
    return run


@transaction.atomic
def take_batch(*, at: datetime) -> bool:
    """Some hundred rows of one list, with the place where it stopped; whether there were any."""
    free = ImportRun.objects.free(at=at).order_by("pk")
    rows = free.select_related("location", "uploaded_by")
    run = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if run is None:
        return False
    sheet = sheet_of(run)
    with translation.override(run.uploaded_by.language):
        lines = list(_lines(run, sheet))
        _take(run, lines, at=at)
        run.faults += [
            [one.number, one.fault.code, str(one.fault)] for one in lines if one.fault is not None
        ]
    run.cursor += len(lines)
    run.known += sum(one.known for one in lines)
    run.imported += sum(one.fault is None and not one.known for one in lines)
    if run.cursor >= len(sheet.rows):
        run.finished_at = max(at, run.started_at or at)
        by, rows_in = run.uploaded_by, run.imported
        audit.record("import.finished", run, at=at, by=by, dry=run.is_dry, rows=rows_in)
    run.save()
    return True


def sheet_of(run: ImportRun) -> Sheet:
    return lists.read(EncryptedStorage().read(run.file))


def fault_lines(run: ImportRun) -> Iterator[str]:
    """The rows that were not taken in, as they were, each with why: mend them and upload these."""
    sheet = sheet_of(run)
    yield from lists.write([("row", *sheet.headings, "why")])
    for number, _code, why in run.faults:
        row = sheet.rows[number - 2]
        cells = (*row, *[""] * (len(sheet.headings) - len(row)))[: len(sheet.headings)]
        yield from lists.write([(number, *cells, why)])


def ring() -> None:
    """Wake one worker; a broker that is away costs a minute."""
    try:
        current_app.send_task(TASK, retry=False, ignore_result=True)
    except (OperationalError, OSError):
        return  # the next beat goes on with it


def _lines(run: ImportRun, sheet: Sheet) -> Iterator[Line]:
    """What the chosen columns say; the first line holds the headings, so that rows count from 2."""
    places = {
        key: sheet.headings.index(name)
        for key, name in run.columns.items()
        if name in sheet.headings
    }
    for number in range(run.cursor, min(run.cursor + AT_ONCE, len(sheet.rows))):
        row = sheet.rows[number]
        said = {key: row[place] if place < len(row) else "" for key, place in places.items()}
        yield Line(number + 2, {key: text.replace("\0", "").strip() for key, text in said.items()})


def _take(run: ImportRun, lines: list[Line], *, at: datetime) -> None:
    _recognise(run, lines)
    fresh = [line for line in lines if line.fault is None and not line.known]
    for line in fresh:
        line.fault = _lacks(run, line)
    fresh = [line for line in fresh if line.fault is None]
    if run.kind == ListKind.PATIENTS:
        _take_patients(run, fresh, at=at)
    else:
        for line in fresh:
            _take_one(run, line, at=at)


def _recognise(run: ImportRun, lines: list[Line]) -> None:
    """Which identifiers are here already, from an earlier list or from this one."""
    wanted = [line.said["id"] for line in lines]
    rows = Imported.objects.filter(system=run.system, kind=run.kind, identifier__in=wanted)
    here = dict(rows.values_list("identifier", "run"))
    seen: set[str] = set()
    for line in lines:
        identifier = line.said["id"]
        if identifier and (identifier in seen or here.get(identifier) == run.pk):
            line.fault = Twice()
        line.known = line.fault is None and identifier in here
        seen.add(identifier)


def _lacks(run: ImportRun, line: Line) -> ClinicError | None:
    for meaning in columns.MEANINGS[run.kind]:
        if meaning.needed and not line.said.get(meaning.key):
            return Empty(what=meaning.label)
    return None


def _take_patients(run: ImportRun, lines: list[Line], *, at: datetime) -> None:
    for line in lines:
        try:
            line.made = newcomers.read(line.said, run, at=at)
        except ClinicError as error:
            line.fault = error
    sound = [line for line in lines if line.fault is None]
    if run.is_dry or not sound:
        return
    try:
        with transaction.atomic():
            _register(run, sound)
    except (IntegrityError, DataError):  # one of them: found by taking them one by one
        for line in sound:
            line.made = Patient(**_values(line.made))
            try:
                with transaction.atomic():
                    _register(run, [line])
            except (IntegrityError, DataError):
                line.fault = Refused()


def _register(run: ImportRun, lines: list[Line]) -> None:
    newcomers.register([line.made for line in lines], run)
    _remember(run, lines)


def _values(patient: Patient) -> dict[str, Any]:
    """Of a row that was tried among others: without the key it did not get."""
    fields = [one.attname for one in Patient._meta.concrete_fields]
    return {name: getattr(patient, name) for name in fields if name not in {"id", "recipient_id"}}


def _take_one(run: ImportRun, line: Line, *, at: datetime) -> None:
    """Through its use case; a trial is rolled back."""
    try:
        with transaction.atomic():
            line.made = facts.MAKERS[run.kind](line.said, run, at=at)
            _remember(run, [line])
            transaction.set_rollback(run.is_dry)
    except ClinicError as error:
        line.fault = error
    except (IntegrityError, DataError):
        line.fault = Refused()


def _remember(run: ImportRun, lines: list[Line]) -> None:
    Imported.objects.bulk_create(
        Imported(
            system=run.system,
            kind=run.kind,
            identifier=line.said["id"],
            uuid=line.made.uuid,
            run=run,
        )
        for line in lines
    )
