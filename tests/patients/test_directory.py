"""Looking somebody up: the likeliest first, a screenful, and never for long."""

import pytest
from django.db import connection

from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import directory
from patients.directory import TooWide
from patients.models import Patient
from tests.factories.patients import make_patient
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> User:
    return make_staff(Role.RECEPTION)


def test_a_family_that_begins_so_comes_before_names_that_contain_it(desk: User) -> None:
    contains = make_patient(family_name="Abromarina", given_name="Fictiona")
    given = make_patient(family_name="Bezimenna", given_name="Maryna")
    begins = make_patient(family_name="Marynenko", given_name="Fictiona")
    assert directory.find("marin", by=desk).patients == [begins, contains, given]


def test_the_chart_of_that_number_comes_before_phones_with_those_digits(desk: User) -> None:
    chart = make_patient(family_name="Yakovenko")
    phone = make_patient(family_name="Andrusenko", phone=f"+38067{chart.number}123")
    assert directory.find(str(chart.number), by=desk).patients == [chart, phone]


def test_nobody_comes_twice_though_two_ways_lead_to_her(desk: User) -> None:
    patient = make_patient(family_name="Marynenko", given_name="Maryna")
    assert directory.find("marin marin", by=desk).patients == [patient]


def test_a_screenful_comes_and_it_says_that_there_are_more(desk: User) -> None:
    for _number in range(directory.ROWS + 1):
        make_patient(family_name="Marynenko")
    found = directory.find("marin", by=desk)
    assert len(found.patients) == directory.ROWS
    assert found.there_are_more


def test_a_screenful_exactly_is_all(desk: User) -> None:
    for _number in range(directory.ROWS):
        make_patient(family_name="Marynenko")
    assert not directory.find("marin", by=desk).there_are_more


def test_who_may_not_see_patients_finds_nobody(desk: User) -> None:
    make_patient(family_name="Marynenko")
    assert directory.find("marin", by=make_staff(Role.RECEPTION, is_active=False)).patients == []


def test_the_erased_are_not_found(desk: User) -> None:
    patient = make_patient(family_name="Marynenko")
    Patient.objects.filter(pk=patient.pk).update(erased_at=NOW)
    assert directory.find("marin", by=desk).patients == []


def test_a_search_that_takes_too_long_is_given_up_with_advice(
    desk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = Patient.objects.extra(where=["pg_sleep(5) IS NULL"])
    make_patient(family_name="Marynenko")
    monkeypatch.setattr(directory, "PATIENCE_MS", 50)
    monkeypatch.setattr("patients.models.people.PatientQuerySet.search", lambda *_, **__: asleep)
    with pytest.raises(TooWide, match="Type more"):
        directory.find("marin", by=desk)
    assert Patient.objects.count() == 1, "the connection is still of use"


@pytest.mark.parametrize("typed", ["щербакова", "ол", "ol sc", "067 123 45", "17.05.1990", "1042"])
def test_no_way_of_looking_reads_the_whole_table(typed: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "Seq Scan" not in Patient.objects.search(typed).explain()
