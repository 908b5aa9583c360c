"""Patients of a list: each row is checked, all that are sound are registered together."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.models import Recipient
from clinic.portable import lists
from clinic.portable.models import ImportRun
from clinic.staff.models import LANGUAGES
from patients import names, phones
from patients.models import Patient, Sex
from patients.registration import EARLIEST, FIRST_NUMBER, NUMBERING, NotBornYet

LONGEST = 100  # characters of a name
SEXES = {
    Sex.FEMALE: {"f", "female", "w", "ж", "жен", "женский", "жін", "жіноча"},
    Sex.MALE: {"m", "male", "м", "муж", "мужской", "чол", "чоловіча", "ч"},
    Sex.UNKNOWN: {"", "-", "?", "unknown"},
}


class Empty(ClinicError):
    code = "empty"
    text = _("“%(what)s” is empty.")


class NoName(ClinicError):
    code = "no-name"
    text = _("A family name and a given name are needed, each of at most 100 characters.")


class NoDay(ClinicError):
    code = "no-day"
    text = _("The date is not one of the calendar. Write it as 17.05.1990 or 1990-05-17.")


class NoSex(ClinicError):
    code = "no-sex"
    text = _("The sex is not understood. Write F or M, or leave it empty.")


class NoMail(ClinicError):
    code = "no-mail"
    text = _("The e-mail address is not one.")


def read(row: Mapping[str, str], run: ImportRun, *, at: datetime) -> Patient:
    """Somebody new, not saved yet; whom the row says so of is written to only when they agree."""
    family, given = _names(row)
    born = lists.day(row["birth_date"])
    if born is None:
        raise NoDay
    if not EARLIEST <= born <= timezone.localdate(at, run.location.zone):
        raise NotBornYet
    phone = phones.normalise(row.get("phone", ""), phones.country_of(run.location.phone))
    language = row.get("language", "").casefold()[:2]
    return Patient(
        family_name=family,
        given_name=given,
        folded=names.key(family, given),
        birth_date=born,
        sex=_sex(row.get("sex", "")),
        phone=phone,
        email=_email(row.get("email", "")),
        language=language if language in dict(LANGUAGES) else run.location.language,
        registered_at=at,
        registered_by=run.uploaded_by,
        history_changed_at=at,
    )


def register(patients: Sequence[Patient], run: ImportRun) -> list[Patient]:
    """All of them with the next chart numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERING])
    last = Patient.objects.aggregate(last=Max("number"))["last"]
    first = FIRST_NUMBER if last is None else int(last) + 1
    recipients = Recipient.objects.bulk_create(
        Recipient(
            email=one.email,
            phone=one.phone,
            language=one.language,
            time_zone=run.location.time_zone,
        )
        for one in patients
    )
    for number, (patient, recipient) in enumerate(zip(patients, recipients, strict=True), first):
        patient.number, patient.recipient = number, recipient
    return Patient.objects.bulk_create(patients)


def _names(row: Mapping[str, str]) -> tuple[str, str]:
    family, given = row.get("family_name", ""), row.get("given_name", "")
    if not (family and given):
        family, _space, given = row.get("full_name", "").partition(" ")
    family, given = family.strip(), given.strip()
    if not (family and given) or max(len(family), len(given)) > LONGEST:
        raise NoName
    return family, given


def _sex(text: str) -> str:
    small = text.strip().casefold().rstrip(".")
    for sex, words in SEXES.items():
        if small in words:
            return sex.value
    raise NoSex


def _email(text: str) -> str:
    if not text:
        return ""
    try:
        validate_email(text)
    except ValidationError as error:
        raise NoMail from error
    return text
