"""Somebody is forgotten: two people, a preview, and what the law keeps under a number."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from aftercare import follow_up
from clinic.errors import Stale, WrongState
from clinic.lifecycle import belongings, erasing, extents, fates, merging
from clinic.lifecycle.fates import PARTS
from clinic.lifecycle.models import Erasure, Retention
from clinic.messaging import links
from clinic.messaging.models import Message, MessageState, PatientLink, Purpose
from clinic.record.models import AuditEntry, Task
from clinic.staff.models import User
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent.models import ConsentDocument
from patients import photos
from patients.models import (
    Area,
    DuplicatePair,
    HistoryItem,
    HistoryKind,
    Patient,
    Photo,
    PhotoUse,
    View,
)
from procedures import booking
from procedures.models import Appointment, Plan, Session
from tests.factories.lifecycle import (
    asked_to_erase,
    erased,
    make_pair,
    merged,
    set_retention,
)
from tests.factories.patients import (
    make_healthy_patient,
    make_history,
    make_intake,
    make_patient,
    make_photo,
)
from tests.factories.procedures import book_visit, make_completed_session, make_place
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
ONLY_A_NUMBER = {"Patient", "Recipient", "Erasure", "AuditEntry", "AuditLink", "Task"}
TEN_YEARS_ON = NOW.replace(year=NOW.year + 10)


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


@pytest.fixture
def administrator() -> User:
    return make_staff(Role.ADMINISTRATOR)


@pytest.fixture
def treated() -> Patient:
    """Treated on that day, nothing booked any more."""
    patient = make_completed_session(at=NOW).patient
    make_history(patient, HistoryKind.ALLERGY, "latex")
    desk = make_staff(Role.RECEPTION)
    for visit in Appointment.objects.ahead().filter(patient=patient):
        booking.cancel(visit, "stops", at=LATER, by=desk)
    return Patient.objects.get(pk=patient.pk)


def left_of(patient: Patient) -> set[str]:
    """Which kinds of rows still lead to this patient."""
    return {part.model.__name__ for part in PARTS if part.rows([patient]).exists()}


def test_every_model_that_leads_to_a_patient_has_a_fate() -> None:
    """Whoever adds such a model says in `fates` what an erasure does with it."""
    ruled = {part.model for part in PARTS}
    assert fates.leading() - ruled == set(), "has no fate"
    assert ruled - fates.leading() == set(), "leads to no patient any more"


def test_every_fate_is_read_by_a_way_that_exists() -> None:
    for part in PARTS:
        assert part.rows([make_patient()]).count() >= 0
    ways = {(part.model, way) for part in PARTS for way in part.ways}
    columns = {(model, column) for model, column in belongings.named() if column != "merged_into"}
    direct = {(model, way.removesuffix("__patient")) for model, way in ways}
    assert columns - direct - {(Patient, "recipient")} == set(), "a column that no way starts at"


def test_whoever_was_never_treated_goes_at_once_and_whole(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    patient = make_healthy_patient(family_name="Vergessova", phone="+380441234567")
    make_intake(patient)
    photo = make_photo(patient)
    photos.make_thumbnail(photo, at=NOW)
    storage = EncryptedStorage()
    assert storage.exists(photo.file) and storage.exists(photo.thumbnail)  # noqa: PT018
    with django_capture_on_commit_callbacks(execute=True):
        row = erased(patient)
    assert row.finished_at == NOW
    assert left_of(patient) <= ONLY_A_NUMBER
    assert not storage.exists(photo.file)
    assert not storage.exists(photo.thumbnail)
    patient = Patient.objects.get(pk=patient.pk)
    assert (patient.full_name, patient.phone, patient.email) == (f"— {patient.number}", "", "")
    assert (patient.birth_date, patient.sex) == (date(1900, 1, 1), "")


def test_the_person_is_nowhere_in_the_database_any_more(treated: Patient) -> None:
    """But for the consent that was signed: under its seal, it stays as it was."""
    set_retention(10)
    name, phone, mail = treated.family_name, treated.phone, treated.email
    erased(treated, at=LATER)
    holding = {
        part.model.__name__
        for part in PARTS
        for row in part.rows([treated])
        for text in [repr({one.attname: getattr(row, one.attname) for one in row._meta.fields})]
        if name in text or phone in text or mail in text
    }
    assert holding <= {"ConsentDocument", "SignatureEvent"}
    events = fates.history_of(Patient)
    assert events is not None
    assert not events._default_manager.filter(pgh_obj_id=treated.pk).exists()


def test_search_and_every_page_find_the_person_no_more(
    treated: Patient, client: Client, lead: User
) -> None:
    set_retention(10)
    session, document = treated.sessions.get(number=1), ConsentDocument.objects.get(patient=treated)
    erased(treated, at=LATER)
    found = Patient.objects.visible_to(lead)
    for typed in (treated.family_name, treated.phone[-7:], str(treated.number), "—"):
        assert treated not in found.search(typed)
    client.force_login(lead)
    for url in (
        treated.get_absolute_url(),
        reverse("procedures:session-detail", args=[session.uuid]),
        reverse("consent:document-detail", args=[document.uuid]),
        reverse("lifecycle:patient-erase", args=[treated.uuid]),
    ):
        assert client.get(url).status_code == 404, url


def test_what_the_law_keeps_is_locked_until_its_day_and_then_goes(
    treated: Patient, administrator: User
) -> None:
    set_retention(10)
    row = erased(treated, at=LATER)
    assert row.locked_until == date(2036, 3, 4)
    assert row.finished_at is None
    kept = left_of(treated)
    assert {"Session", "ConsentDocument", "HistoryItem", "Answer", "Photo"} <= kept
    assert not kept & {"Message", "Attempt", "CalendarFeed", "SessionDraft"}
    with pytest.raises(erasing.StillLocked, match="4 March 2036"):
        erasing.finish(row, at=TEN_YEARS_ON - timedelta(days=1), by=administrator)
    assert Erasure.objects.over(on=date(2036, 3, 3)).count() == 0
    assert Erasure.objects.over(on=date(2036, 3, 4)).get() == row
    erasing.finish(row, at=TEN_YEARS_ON, by=administrator)
    assert left_of(treated) <= ONLY_A_NUMBER
    assert not Session.objects.exists()
    for model in (HistoryItem, Session, Plan, Appointment):
        events = fates.history_of(model)
        assert events is not None
        assert not events._default_manager.exists()
    with pytest.raises(WrongState):
        erasing.finish(row, at=TEN_YEARS_ON, by=administrator)


def test_once_the_term_is_over_everything_goes_at_once(treated: Patient) -> None:
    set_retention(1)
    row = erased(treated, at=TEN_YEARS_ON)
    assert row.finished_at == TEN_YEARS_ON
    assert not ConsentDocument.objects.exists()


def test_without_a_term_nobody_who_was_treated_is_erased(
    treated: Patient, administrator: User, lead: User
) -> None:
    with pytest.raises(erasing.RetentionUnset, match="A clinical lead sets it first"):
        asked_to_erase(treated, at=LATER, by=administrator)
    set_retention(10)
    row = asked_to_erase(treated, at=LATER, by=administrator)
    set_retention(None, at=LATER)
    with pytest.raises(erasing.RetentionUnset):
        erasing.approve(row, version=treated.version, at=LATER, by=lead)
    assert Patient.objects.standing().filter(pk=treated.pk).exists()


def test_only_a_clinical_lead_sets_the_term_and_says_which_law(
    administrator: User, lead: User
) -> None:
    with pytest.raises(erasing.LeadsOnly):
        erasing.set_retention(10, "A law", at=NOW, by=administrator)
    with pytest.raises(erasing.NoReason):
        erasing.set_retention(10, "  ", at=NOW, by=lead)
    set_retention(10)
    set_retention(12, at=LATER)
    assert Retention.objects.years_now() == 12


def test_it_takes_two_people(administrator: User) -> None:
    patient = make_patient()
    row = asked_to_erase(patient, by=administrator)
    with pytest.raises(erasing.TheSamePerson):
        erasing.approve(row, version=patient.version, at=NOW, by=administrator)
    assert Patient.objects.standing().filter(pk=patient.pk).exists()
    task = Task.objects.get(cause=row.cause)
    assert (task.role, task.done_at) == (Role.CLINICAL_LEAD, None)


def test_the_request_can_be_taken_back_and_made_again(administrator: User, lead: User) -> None:
    patient = make_patient()
    row = asked_to_erase(patient, by=administrator)
    with pytest.raises(erasing.AlreadyAsked):
        asked_to_erase(patient, by=lead)
    erasing.cancel(row, at=NOW, by=lead)
    with pytest.raises(WrongState):
        erasing.approve(row, version=patient.version, at=NOW, by=lead)
    assert Task.objects.get(cause=row.cause).done_at == NOW
    asked_to_erase(patient, by=lead)
    with pytest.raises(erasing.NotYet):
        erasing.ask(make_patient(), "letter", date(2026, 3, 6), at=NOW, by=lead)


def test_a_chart_that_changed_since_the_preview_is_not_erased(
    administrator: User, lead: User
) -> None:
    patient = make_patient()
    row = asked_to_erase(patient, by=administrator)
    with pytest.raises(Stale):
        erasing.approve(row, version=patient.version + 1, at=NOW, by=lead)


def test_visits_still_booked_and_a_message_on_its_way_come_first(administrator: User) -> None:
    visitor = make_patient()
    book_visit(make_place(), visitor)
    with pytest.raises(erasing.VisitsAhead):
        asked_to_erase(visitor, by=administrator)
    written_to = make_completed_session(at=NOW).patient
    message = Message.objects.filter(recipient=written_to.recipient).latest("pk")
    Appointment.objects.ahead().update(status="cancelled", ended_at=NOW)
    Message.objects.filter(pk=message.pk).update(state=MessageState.LEASED, lease_until=LATER)
    set_retention(10)
    with pytest.raises(erasing.BeingSent):
        asked_to_erase(written_to, at=LATER, by=administrator)


def test_links_open_nothing_and_nothing_is_owed_any_more(treated: Patient) -> None:
    set_retention(10)
    until = LATER + timedelta(days=3)
    link = links.make(treated.recipient, Purpose.INTAKE, "intake:1", expires_at=until, at=NOW)
    assert Message.objects.filter(patient_uuid=treated.uuid).owed().exists()
    erased(treated, at=LATER)
    assert not PatientLink.objects.alive(at=LATER).filter(recipient=treated.recipient).exists()
    with pytest.raises(links.LinkDead):
        links.open(links.token(link), at=LATER)
    follow_up.catch_up(at=LATER + timedelta(days=2))
    assert not Message.objects.filter(recipient=treated.recipient).exists()
    assert not Task.objects.open().filter(patient_uuid=treated.uuid).exists()


def test_photos_of_treated_areas_stay_for_the_record_only_and_the_others_go(
    treated: Patient,
) -> None:
    set_retention(10)
    lead = make_staff(Role.CLINICAL_LEAD)
    of_session = Photo.objects.filter(patient=treated, area=Area.FACE)
    for one in of_session:
        photos.allow(one, PhotoUse.MARKETING, at=NOW, by=lead)
    loose = make_photo(treated, area=Area.HANDS, view=View.TOP, at=NOW)
    count = of_session.count()
    assert count > 0
    erased(treated, at=LATER)
    assert not Photo.objects.filter(pk=loose.pk).exists()
    assert of_session.count() == count
    assert not Photo.objects.filter(marketing_allowed_at__isnull=False).exists()


def test_charts_merged_into_it_are_forgotten_as_well(lead: User) -> None:
    kept, other = make_patient(), make_patient(email="other@patients.example")
    row = merged(kept, other, by=lead)
    erased(kept, at=LATER)
    other = Patient.objects.get(pk=other.pk)
    assert (other.family_name, other.email, other.erased_at) == ("—", "", LATER)
    with pytest.raises(merging.NotStanding):
        merging.undo(row, at=LATER, by=lead)
    assert "patients.example" not in str(list(type(row).objects.values()))


def test_a_pair_of_doubles_is_listed_no_more() -> None:
    pair = make_pair()
    erased(pair.first)
    assert not DuplicatePair.objects.exists()


def test_it_is_on_the_record_and_the_record_stays(administrator: User) -> None:
    patient = make_patient()
    before = AuditEntry.objects.filter(patient_uuid=patient.uuid).count()
    erased(patient)
    actions = AuditEntry.objects.filter(patient_uuid=patient.uuid).order_by("pk")
    assert actions.count() > before
    said = [one.action for one in actions]
    assert said.index("patient.erasure-asked") < said.index("patient.erased")


def test_the_preview_counts_what_goes_and_what_stays_and_changes_nothing(treated: Patient) -> None:
    make_photo(treated, area=Area.HANDS, view=View.TOP, at=NOW)
    unset = extents.of(treated, on=LATER.date())
    assert (unset.unset, unset.until) == (True, None)
    set_retention(10)
    before = {part: part.rows([treated]).count() for part in PARTS}
    extent = extents.of(treated, on=LATER.date())
    going = {str(one.label): one.count for one in extent.going}
    staying = {str(one.label): one.count for one in extent.staying}
    assert (going["Photos"], staying["Sessions"], staying["Consents"]) == (1, before_of(treated), 1)
    assert extent.until == date(2036, 3, 4)
    assert {str(one.label) for one in extent.holds} >= {"Treatment", "Signed consent"}
    assert before == {part: part.rows([treated]).count() for part in PARTS}


def before_of(patient: Patient) -> int:
    return Session.objects.filter(patient=patient).count()


def test_a_term_that_begins_on_a_leap_day_ends_on_the_last_of_february() -> None:
    assert extents.years_later(date(2028, 2, 29), 1) == date(2029, 2, 28)


# The pages


def test_one_asks_and_another_approves_in_the_browser(
    treated: Patient, client: Client, administrator: User, lead: User
) -> None:
    set_retention(10)
    client.force_login(administrator)
    url = reverse("lifecycle:patient-erase", args=[treated.uuid])
    assert "Locked until 4 March 2036" in client.get(url).content.decode()
    assert client.post(url, {"basis": "letter"}).status_code == 422
    asked = client.post(url, {"basis": "letter", "asked_on": "2026-03-01"}, follow=True)
    assert "Somebody else has to look and approve" in asked.content.decode()
    row = Erasure.objects.get()
    approve = reverse("lifecycle:erasure-approve", args=[row.uuid])
    assert client.post(approve, {"version": treated.version}).status_code == 422
    client.force_login(lead)
    page = client.get(reverse("lifecycle:erasure-detail", args=[row.uuid])).content.decode()
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    assert client.post(approve, {"version": ""}).status_code == 422
    done = client.post(approve, {"version": version}, follow=True).content.decode()
    assert f"Chart no. {treated.number} is erased" in done
    assert treated.family_name not in done
    listed = client.get(reverse("lifecycle:erasure-list")).content.decode()
    assert f"№ {treated.number}" in listed
    finish = client.post(reverse("lifecycle:erasure-finish", args=[row.uuid]))
    assert finish.status_code == 422


def test_the_unset_term_is_said_on_the_pages_and_set_by_the_lead(
    treated: Patient, client: Client, administrator: User, lead: User
) -> None:
    client.force_login(administrator)
    page = client.get(reverse("lifecycle:patient-erase", args=[treated.uuid])).content.decode()
    assert "The clinic has not set how long treatment records are kept." in page
    assert client.get(reverse("lifecycle:retention-set")).status_code == 403
    client.force_login(lead)
    url = reverse("lifecycle:retention-set")
    assert client.post(url, {"years": "0", "reason": "A law"}).status_code == 422
    assert client.post(url, {"years": "10", "reason": "A law"}).status_code == 302
    assert "10 years" in client.get(url).content.decode()


def test_a_request_is_taken_back_on_its_page(client: Client, administrator: User) -> None:
    row = asked_to_erase(make_patient(), by=administrator)
    client.force_login(administrator)
    page = client.post(reverse("lifecycle:erasure-cancel", args=[row.uuid]), follow=True)
    assert "Taken back. Nothing was erased." in page.content.decode()


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.COSMETOLOGIST, Role.AUDITOR])
def test_nobody_else_comes_near(role: Role, client: Client, administrator: User) -> None:
    row = asked_to_erase(make_patient(), by=administrator)
    client.force_login(make_staff(role))
    assert client.get(reverse("lifecycle:erasure-list")).status_code == 403
    assert client.post(reverse("lifecycle:erasure-approve", args=[row.uuid])).status_code == 403
