"""Who is treated: registering and editing a person. Each public function is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NotRequired, TypedDict, Unpack

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale
from clinic.messaging import recipients
from clinic.messaging.recipients import Channels
from clinic.record import audit
from clinic.staff.models import Location, User
from patients import names, phones
from patients.models import Patient
from patients.signals import tell_history_changed

FIRST_NUMBER = 1001
NUMBERING = 0x70617469  # the advisory lock under which chart numbers are given
EARLIEST = date(1900, 1, 1)
CLINICAL = ("birth_date", "sex", "can_be_pregnant")


class ProbableDuplicate(ClinicError):
    code = "probable-duplicate"
    text = _(
        "A patient like this is already registered. Open the chart below if it is the same person."
    )

    def __init__(self, *, patients: Sequence[Patient]) -> None:
        super().__init__()
        self.patients = list(patients)


class NotBornYet(ClinicError):
    code = "not-born-yet"
    text = _("The date of birth is not between 1900 and today. Check the year.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody is, and where they are reached."""

    family_name: str
    given_name: str
    birth_date: date
    sex: str = ""
    can_be_pregnant: bool | None = None
    phone: str = ""
    email: str = ""
    language: str = "en"


class Allowed(TypedDict, total=False):
    """Through which channels somebody agrees to be written to; what is left out stays as it is."""

    email_allowed: bool
    sms_allowed: bool
    details_allowed: bool


class Wishes(TypedDict):
    """What a patient agrees to on registration, and whether the desk insists on a new chart."""

    email_allowed: bool
    sms_allowed: bool
    details_allowed: NotRequired[bool]
    accept_duplicate: NotRequired[bool]


@transaction.atomic
def register(
    identity: Identity, *, location: Location, at: datetime, by: User, **wishes: Unpack[Wishes]
) -> Patient:
    """Open a chart; a probable duplicate is refused unless the desk has looked and insists."""
    accept = wishes.get("accept_duplicate", False)
    columns = _columns(identity, on=timezone.localdate(at, location.zone))
    with connection.cursor() as cursor:  # one at a time: neither doubles nor numbers twice
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERING])
    if not accept and (alike := probable_duplicates(identity)):
        raise ProbableDuplicate(patients=alike)
    channels = _channels(columns, location.time_zone)
    channels["email_allowed"] = wishes["email_allowed"]
    channels["sms_allowed"] = wishes["sms_allowed"]
    channels["details_allowed"] = wishes.get("details_allowed", False)
    last = Patient.objects.order_by("-number").values_list("number", flat=True).first()
    patient = Patient.objects.create(
        **columns,
        number=FIRST_NUMBER if last is None else last + 1,
        recipient=recipients.add(at=at, **channels),
        registered_at=at,
        registered_by=by,
        history_changed_at=at,
    )
    audit.record("patient.registered", patient, at=at, by=by, patient=patient.uuid, insisted=accept)
    return patient


@transaction.atomic
def edit(
    patient: Patient,
    identity: Identity,
    *,
    version: int,
    at: datetime,
    by: User,
    **allowed: Unpack[Allowed],
) -> Patient:
    """Change who somebody is; what screening depends on makes earlier screenings stale."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    if patient.version != version:
        raise Stale
    columns = _columns(identity, on=timezone.localdate(at))
    changed = [name for name, value in columns.items() if getattr(patient, name) != value]
    for name in changed:
        setattr(patient, name, columns[name])
    if any(name in CLINICAL for name in changed):
        patient.history_changed_at = max(at, patient.history_changed_at)
        tell_history_changed(Patient, patient.pk)
    recipient = patient.recipient
    channels = _channels(columns, recipient.time_zone)
    email_kept = recipient.email_allowed_at is not None and bool(channels["email"])
    sms_kept = recipient.sms_allowed_at is not None and bool(channels["phone"])
    channels["email_allowed"] = allowed.get("email_allowed", email_kept)
    channels["sms_allowed"] = allowed.get("sms_allowed", sms_kept)
    details_kept = recipient.details_allowed_at is not None
    channels["details_allowed"] = allowed.get("details_allowed", details_kept)
    patient.recipient = recipients.set_channels(recipient, at=at, **channels)
    patient.version += 1
    patient.save()
    audit.record(
        "patient.edited", patient, at=at, by=by, patient=patient.uuid, columns=",".join(changed)
    )
    return patient


def probable_duplicates(identity: Identity) -> list[Patient]:
    """Born the same day with a similar name, or with the same phone; the likeliest first."""
    alike = Patient.objects.standing().alike(
        folded=names.key(identity.family_name, identity.given_name),
        birth_date=identity.birth_date,
        phone=phones.normalise(identity.phone),
    )
    return list(alike.order_by("-likeness", "pk")[:10])


def _columns(identity: Identity, *, on: date) -> dict[str, object]:
    if not EARLIEST <= identity.birth_date <= on:
        raise NotBornYet
    return {
        "family_name": identity.family_name.strip(),
        "given_name": identity.given_name.strip(),
        "folded": names.key(identity.family_name, identity.given_name),
        "birth_date": identity.birth_date,
        "sex": identity.sex,
        "can_be_pregnant": identity.can_be_pregnant,
        "phone": phones.normalise(identity.phone),
        "email": identity.email.strip(),
        "language": identity.language,
    }


def _channels(columns: dict[str, object], time_zone: str) -> Channels:
    """Where to write to; as long as nobody agreed, nothing is written."""
    return Channels(
        email=str(columns["email"]),
        phone=str(columns["phone"]),
        language=str(columns["language"]),
        time_zone=time_zone,
        email_allowed=False,
        sms_allowed=False,
    )
