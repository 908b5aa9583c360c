"""Charts that are one person's, found and merged; patients who are forgotten."""

from datetime import datetime

from django.utils import timezone

from clinic.lifecycle import erasing, merging
from clinic.lifecycle.models import Basis, Erasure, Merge
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import duplicates
from patients.models import DuplicatePair, Patient
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff


def make_pair(*, at: datetime = NOW) -> DuplicatePair:
    """Two charts of one name and birth date."""
    one = make_patient()
    make_patient(
        family_name=one.family_name,
        given_name=one.given_name,
        birth_date=one.birth_date,
        phone="",
        email="",
    )
    duplicates.compare(one, at=at)
    return DuplicatePair.objects.get(first=one)


def merged(kept: Patient, other: Patient, *, at: datetime = NOW, by: User) -> Merge:
    """As they stand now."""
    rows = [Patient.objects.get(pk=one.pk) for one in (kept, other)]
    return merging.merge(*rows, versions=[one.version for one in rows], at=at, by=by)


def set_retention(years: int | None, *, at: datetime = NOW) -> None:
    """As a clinical lead of the test clinic read it in a law that nobody ever passed."""
    lead = make_staff(Role.CLINICAL_LEAD)
    erasing.set_retention(years, "Law of the test clinic", at=at, by=lead)


def asked_to_erase(patient: Patient, *, at: datetime = NOW, by: User) -> Erasure:
    return erasing.ask(patient, Basis.LETTER, timezone.localdate(at), at=at, by=by)


def erased(patient: Patient, *, at: datetime = NOW) -> Erasure:
    """Asked by one person, approved by another."""
    row = asked_to_erase(patient, at=at, by=make_staff(Role.ADMINISTRATOR))
    version = Patient.objects.get(pk=patient.pk).version
    return erasing.approve(row, version=version, at=at, by=make_staff(Role.CLINICAL_LEAD))
