"""Charts that look like one person's are found as they change, and decided by people."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from clinic.errors import Stale
from clinic.record.models import AuditEntry
from clinic.staff.roles import Role
from patients import duplicates
from patients.models import DuplicatePair, DuplicateSearch, Patient
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
BORN = date(1984, 5, 6)


def looked(*, at: datetime | None = None) -> list[set[int]]:
    """The pairs after the changes were compared; the database's own clock dates the changes."""
    while duplicates.look(at=at or timezone.now() + timedelta(minutes=1)):
        pass
    return [{pair.first_id, pair.second_id} for pair in DuplicatePair.objects.order_by("pk")]


def test_the_same_name_in_another_script_on_the_same_birthday_is_found() -> None:
    one = make_patient(family_name="Щербакова", given_name="Анна", birth_date=BORN)
    other = make_patient(family_name="Scherbakova", given_name="Anna", birth_date=BORN)
    make_patient(family_name="Scherbakova", given_name="Anna", birth_date=date(1990, 1, 1))
    make_patient(family_name="Kovalenko", given_name="Petro", birth_date=BORN)
    assert looked() == [{one.pk, other.pk}]
    assert DuplicatePair.objects.get().same == ["birth_date"]


def test_the_same_phone_is_found_unless_the_name_is_quite_another() -> None:
    one = make_patient(family_name="Melnyk", given_name="Olena", phone="+380441111111")
    other = make_patient(family_name="Melnyk", given_name="Lena", phone="+380441111111")
    make_patient(family_name="Zubov", given_name="Taras", phone="+380441111111")
    assert looked() == [{one.pk, other.pk}]


def test_the_same_mail_in_another_case_is_found() -> None:
    one = make_patient(family_name="Melnyk", given_name="Olena", email="m@patients.example")
    other = make_patient(family_name="Melnykova", given_name="Olena", email="M@patients.example")
    assert looked() == [{one.pk, other.pk}]
    assert DuplicatePair.objects.get().same == ["email"]


def test_only_what_changed_since_the_last_time_is_compared() -> None:
    make_patient()
    looked()
    before = DuplicateSearch.objects.get().event
    assert duplicates.look(at=timezone.now() + timedelta(minutes=1)) == 0
    make_patient()
    assert duplicates.look(at=timezone.now() + timedelta(minutes=1)) == 1
    assert DuplicateSearch.objects.get().event > before


def test_a_change_makes_a_pair_of_charts_that_were_apart() -> None:
    one = make_patient(family_name="Melnyk", given_name="Olena", birth_date=BORN)
    other = make_patient(family_name="Melnyk", given_name="Olena", birth_date=date(1985, 5, 6))
    assert looked() == []
    Patient.objects.filter(pk=other.pk).update(birth_date=BORN)
    assert looked() == [{one.pk, other.pk}]


def test_at_most_so_many_changes_are_compared_in_one_go() -> None:
    for _number in range(3):
        make_patient()
    later = timezone.now() + timedelta(minutes=1)
    assert [duplicates.look(at=later, most=2) for _round in range(3)] == [2, 1, 0]


def test_two_people_stay_two_people_however_often_they_are_compared() -> None:
    one, other = (make_patient(family_name="Melnyk", birth_date=BORN) for _ in range(2))
    looked()
    desk = make_staff(Role.RECEPTION)
    duplicates.dismiss(DuplicatePair.objects.get(), at=NOW, by=desk)
    duplicates.compare(one, at=NOW)
    assert DuplicatePair.objects.count() == 1
    assert not DuplicatePair.objects.open().exists()
    assert AuditEntry.objects.about(one.uuid).filter(action="duplicate.dismissed").exists()
    with pytest.raises(Stale):
        duplicates.dismiss(DuplicatePair.objects.get(), at=NOW, by=desk)
    assert other.merged_into is None
