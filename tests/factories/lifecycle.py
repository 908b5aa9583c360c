"""Charts that are one person's, found and merged."""

from datetime import datetime

from clinic.lifecycle import merging
from clinic.lifecycle.models import Merge
from clinic.staff.models import User
from patients import duplicates
from patients.models import DuplicatePair, Patient
from tests.factories.patients import make_patient
from tests.factories.staff import NOW


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
