"""Opening a chart, and changing who somebody is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from clinic.errors import Stale
from clinic.messaging.recipients import NoAddress
from clinic.record.models import AuditEntry
from clinic.staff.models import Location, User
from patients import registration
from patients.models import Patient
from patients.phones import NoPhone
from patients.registration import FIRST_NUMBER, NotBornYet, ProbableDuplicate
from patients.signals import history_changed
from tests.factories.patients import LONG_AGO, make_identity, make_patient
from tests.factories.staff import NOW, make_location, make_staff

SPRING = date(1990, 5, 17)


def register(location: Location, by: User, **changes: Any) -> Patient:
    return registration.register(
        make_identity(**changes),
        location=location,
        email_allowed=True,
        sms_allowed=False,
        at=NOW,
        by=by,
    )


@pytest.fixture
def location(db: None) -> Location:
    return make_location()


@pytest.fixture
def desk(db: None) -> User:
    return make_staff()


def test_the_first_chart_is_1001_and_the_next_counts_on(location: Location, desk: User) -> None:
    first, second = register(location, desk), register(location, desk)
    assert (first.number, second.number) == (FIRST_NUMBER, FIRST_NUMBER + 1)


def test_a_patient_is_written_to_as_they_allowed(location: Location, desk: User) -> None:
    patient = register(location, desk, email="nobody@patients.example", language="uk")
    recipient = patient.recipient
    assert recipient.email == "nobody@patients.example"
    assert recipient.email_allowed_at == NOW
    assert recipient.sms_allowed_at is None
    assert (recipient.language, recipient.time_zone) == ("uk", location.time_zone)


def test_registering_is_on_record_without_a_name(location: Location, desk: User) -> None:
    patient = register(location, desk)
    entry = AuditEntry.objects.get(action="patient.registered")
    assert entry.subject_uuid == entry.patient_uuid == patient.uuid
    assert patient.family_name not in str(entry.facts)


@pytest.mark.parametrize(
    "other",
    [
        {"family_name": "Shcherbakova", "given_name": "Olena"},
        {"family_name": "Щербакова", "given_name": "Олена"},
        {"family_name": "Олена", "given_name": "Щербакова"},
        {"family_name": "Scherbakov", "given_name": "Olena"},
    ],
)
def test_same_birth_date_and_a_similar_name_is_probably_the_same(
    location: Location, desk: User, other: dict[str, str]
) -> None:
    """R-57: warned of on the server."""
    known = register(location, desk, family_name="Щербакова", given_name="Олена", birth_date=SPRING)
    with pytest.raises(ProbableDuplicate) as caught:
        register(location, desk, birth_date=SPRING, **other)
    assert caught.value.patients == [known]
    assert Patient.objects.count() == 1


def test_the_same_phone_is_probably_the_same(location: Location, desk: User) -> None:
    """R-57."""
    known = register(location, desk, phone="+380440000001")
    with pytest.raises(ProbableDuplicate) as caught:
        register(location, desk, phone="+380 44 000 00 01")
    assert caught.value.patients == [known]


def test_a_namesake_of_another_day_is_another_person(location: Location, desk: User) -> None:
    name = {"family_name": "Testova", "given_name": "Anna"}
    register(location, desk, birth_date=SPRING, **name)
    register(location, desk, birth_date=SPRING + timedelta(days=1), **name)
    assert Patient.objects.count() == 2


def test_somebody_else_born_that_day_is_another_person(location: Location, desk: User) -> None:
    register(location, desk, family_name="Testova", given_name="Anna", birth_date=SPRING)
    register(location, desk, family_name="Коваленко", given_name="Ілля", birth_date=SPRING)
    assert Patient.objects.count() == 2


def test_no_phone_is_nobodys_phone(location: Location, desk: User) -> None:
    register(location, desk, phone="")
    register(location, desk, phone="")
    assert Patient.objects.count() == 2


def test_who_insists_opens_a_second_chart_and_it_is_on_record(
    location: Location, desk: User
) -> None:
    identity = make_identity()
    for accept in (False, True):
        registration.register(
            identity,
            location=location,
            email_allowed=False,
            sms_allowed=False,
            accept_duplicate=accept,
            at=NOW,
            by=desk,
        )
    entries = AuditEntry.objects.filter(action="patient.registered").order_by("pk")
    assert [entry.facts["insisted"] for entry in entries] == [False, True]


@pytest.mark.parametrize("born", [date(1899, 12, 31), NOW.date() + timedelta(days=1)])
def test_nobody_is_born_tomorrow(location: Location, desk: User, born: date) -> None:
    with pytest.raises(NotBornYet):
        register(location, desk, birth_date=born)


def test_what_cannot_be_saved_leaves_nothing(location: Location, desk: User) -> None:
    with pytest.raises(NoPhone):
        register(location, desk, phone="12")
    with pytest.raises(NoAddress):
        register(location, desk, email="")
    assert not Patient.objects.exists()
    assert not AuditEntry.objects.exists()


def test_an_edit_counts_up_and_finds_by_the_new_name(desk: User) -> None:
    patient = make_patient(family_name="Testova")
    identity = make_identity(family_name="Щербакова", birth_date=patient.birth_date)
    edited = registration.edit(patient, identity, version=1, at=NOW, by=desk)
    assert edited.version == 2
    assert list(Patient.objects.search("shcherbakova")) == [patient]
    assert not Patient.objects.search("testova").exists()


def test_an_edit_of_what_somebody_else_changed_is_refused(desk: User) -> None:
    patient = make_patient()
    registration.edit(patient, make_identity(), version=1, at=NOW, by=desk)
    with pytest.raises(Stale):
        registration.edit(patient, make_identity(), version=1, at=NOW, by=desk)


def test_an_edit_leaves_what_is_allowed_unless_told(desk: User) -> None:
    patient = make_patient(email="old@patients.example")
    identity = make_identity(email="old@patients.example", language="ru")
    edited = registration.edit(patient, identity, version=1, at=NOW, by=desk)
    assert edited.recipient.language == "ru"
    assert edited.recipient.email_allowed_at == LONG_AGO
    again = registration.edit(edited, identity, version=2, email_allowed=False, at=NOW, by=desk)
    assert again.recipient.email_allowed_at is None


def same(patient: Patient, **changes: Any) -> registration.Identity:
    names = ("family_name", "given_name", "birth_date", "sex", "can_be_pregnant", "phone", "email")
    identity = registration.Identity(
        **{name: getattr(patient, name) for name in names}, language=patient.language
    )
    return replace(identity, **changes)


@pytest.mark.parametrize(
    ("change", "is_clinical"),
    [
        ({"birth_date": date(2010, 1, 1)}, True),
        ({"can_be_pregnant": False}, True),
        ({"given_name": "Another"}, False),
    ],
)
def test_screenings_go_stale_by_what_they_depend_on_only(
    desk: User,
    django_capture_on_commit_callbacks: Callable[..., Any],
    change: dict[str, Any],
    is_clinical: bool,
) -> None:
    patient, heard = make_patient(), []
    listener = lambda sender, patient_id, **kwargs: heard.append(patient_id)  # noqa: E731
    history_changed.connect(listener, weak=False)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            edited = registration.edit(patient, same(patient, **change), version=1, at=NOW, by=desk)
    finally:
        history_changed.disconnect(listener)
    assert heard == ([patient.pk] if is_clinical else [])
    assert edited.history_changed_at == (NOW if is_clinical else LONG_AGO)


@pytest.mark.django_db(transaction=True)
def test_two_desks_at_once_register_one_person_once() -> None:
    location, desk, identity = make_location(), make_staff(), make_identity()
    start, outcomes = Barrier(4), []

    def try_it() -> None:
        start.wait()
        try:
            registration.register(
                identity, location=location, email_allowed=True, sms_allowed=False, at=NOW, by=desk
            )
            outcomes.append("registered")
        except ProbableDuplicate:
            outcomes.append("duplicate")
        finally:
            connection.close()

    threads = [Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["duplicate", "duplicate", "duplicate", "registered"]
