"""What a list says of patients who are here: history, visits, sessions still to come.

Each row goes through the same use case as if somebody had typed it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.knowledge.loader import load
from clinic.portable import lists
from clinic.portable.models import Imported, ImportRun, ListKind
from clinic.portable.newcomers import NoDay
from clinic.staff.models import Room, User
from patients import history
from patients.models import Area, Asserter, HistoryKind, Patient
from procedures import booking, plans
from procedures.booking import Visit
from procedures.models import AppointmentKind, Product
from procedures.plans import Intent

KINDS = {
    HistoryKind.CONDITION: {"condition", "diagnosis", "заболевание", "диагноз", "захворювання"},
    HistoryKind.ALLERGY: {"allergy", "аллергия", "алергія"},
    HistoryKind.MEDICINE: {"medicine", "medication", "drug", "лекарство", "ліки"},
}
USUAL_MINUTES = 30


class NoSuch(ClinicError):
    code = "no-such"
    text = _("“%(what)s” is not known here. Import or enter it first, or correct the list.")


class NoNumber(ClinicError):
    code = "no-number"
    text = _("“%(what)s” is not a number.")


def statement(row: Mapping[str, str], run: ImportRun, *, at: datetime) -> Any:
    """A condition, an allergy or a medicine, asserted by staff; unread words are reviewed."""
    kind = next((kind for kind, words in KINDS.items() if row["kind"].casefold() in words), None)
    if kind is None:
        raise NoSuch(what=_("Condition, allergy or medicine"))
    since = lists.day(row["onset_date"]) if row.get("onset_date") else None
    if row.get("onset_date") and since is None:
        raise NoDay
    return history.add(
        patient_of(row, run),
        kind,
        row["text"][:300],
        asserted_by=Asserter.STAFF,
        onset_date=since,
        at=at,
        by=run.uploaded_by,
    )


def visit(row: Mapping[str, str], run: ImportRun, *, at: datetime) -> Any:
    """A consultation; what is double booked is refused by the calendar itself."""
    start = lists.moment(row["start"])
    if start is None:
        raise NoDay
    wish = Visit(
        kind=AppointmentKind.CONSULTATION,
        patient=patient_of(row, run),
        practitioner=_practitioner(row),
        room=_room(row, run),
        start=booking.moment(start.date(), start.time(), run.location),
        minutes=_number(row.get("minutes") or str(USUAL_MINUTES), _("Minutes")),
    )
    return booking.book(wish, at=at, by=run.uploaded_by)


def course(row: Mapping[str, str], run: ImportRun, *, at: datetime) -> Any:
    """A plan of the sessions still to come; it binds nobody until a doctor signs it off."""
    product = Product.objects.in_use().filter(name__iexact=row["product"]).first()
    if product is None:
        raise NoSuch(what=_("Product"))
    indication = _known(load().indications, row["indication"], _("Indication"))
    intent = Intent(
        indication=indication,
        protocol="",
        area=_area(row["area"]),
        technique=_known(load().techniques, row["technique"], _("Technique")),
        pain_relief="",
        sessions=_number(row["sessions"], _("Sessions still to come")),
        interval_days=_number(row["interval_days"], _("Days between sessions")),
        goal=load().indications[indication].label.in_(run.location.language),
        practitioner=_practitioner(row),
        location=run.location,
        allergy_test_required=False,
        products=[(product, _volume(row["volume_ml"]))],
    )
    return plans.draft(patient_of(row, run), intent, at=at, by=run.uploaded_by)


def patient_of(row: Mapping[str, str], run: ImportRun) -> Patient:
    """By the identifier of the same source; a merged chart leads to the one that goes on."""
    found = Imported.objects.filter(
        system=run.system, kind=ListKind.PATIENTS, identifier=row["patient"]
    ).first()
    patient = Patient.objects.filter(uuid=found.uuid).first() if found else None
    while patient is not None and patient.merged_into is not None:
        patient = patient.merged_into
    if patient is None or patient.erased_at is not None:
        raise NoSuch(what=_("Patient"))
    return patient


def _practitioner(row: Mapping[str, str]) -> User:
    found: User | None = User.objects.active().filter(email__iexact=row["practitioner"]).first()
    if found is None:
        raise NoSuch(what=_("E-mail of who treats"))
    return found


def _room(row: Mapping[str, str], run: ImportRun) -> Room:
    rooms = Room.objects.in_use().filter(location=run.location, name__iexact=row["room"])
    if (room := rooms.first()) is None:
        raise NoSuch(what=_("Room"))
    return room


def _known(entries: Mapping[str, Any], text: str, what: object) -> str:
    """By its id or its label in any language."""
    for key, entry in entries.items():
        words = {key, entry.label.en, entry.label.ru, entry.label.uk}
        if text.casefold() in {word.casefold() for word in words}:
            return key
    raise NoSuch(what=what)


def _area(text: str) -> str:
    for area in Area:
        if text.casefold() in {area.value, str(area.label).casefold()}:
            return area.value
    raise NoSuch(what=_("Area"))


def _number(text: str, what: object) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:6]) <= 1000:  # noqa: PLR2004
        raise NoNumber(what=what)
    return int(text)


def _volume(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise NoNumber(what=_("Millilitres of a session")) from error


MAKERS: dict[str, Callable[..., Any]] = {
    ListKind.HISTORY: statement,
    ListKind.APPOINTMENTS: visit,
    ListKind.COURSES: course,
}
