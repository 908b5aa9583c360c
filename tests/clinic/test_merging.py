"""Two charts become one without losing anything, and can be taken apart again."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.errors import Stale
from clinic.lifecycle import belongings, comparing, merging
from clinic.lifecycle.belongings import MOVED
from clinic.lifecycle.models import Merge
from clinic.messaging import links
from clinic.messaging.models import Message, PatientLink, Purpose
from clinic.record.models import AuditEntry, Task
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients.intake import answers_now
from patients.models import DuplicatePair, HistoryKind, Intake, Patient, Reply
from tests.factories.lifecycle import make_pair, merged
from tests.factories.patients import (
    make_healthy_patient,
    make_history,
    make_intake,
    make_none_known,
    make_patient,
)
from tests.factories.procedures import book_visit, make_completed_session, make_place
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def belongs(patient: Patient) -> dict[str, list[int]]:
    """All that names this patient, by rule."""
    return {
        rule.key: sorted(rule.rows(patient).values_list("pk", flat=True))
        for rule in MOVED
        if rule.rows(patient).exists()
    }


def test_every_model_that_names_a_patient_has_a_rule() -> None:
    """Whoever adds such a model says in `belongings` what a merge does with it. R-55."""
    ruled = {(rule.model, rule.column) for rule in MOVED}
    found = set(belongings.named())
    assert found - ruled - belongings.LEFT == set(), "has no merge rule"
    assert (ruled | belongings.LEFT) - found == set(), "names no patient any more"
    assert ruled & belongings.LEFT == set()


def test_everything_of_a_treated_patient_moves_and_comes_back(lead: User) -> None:
    """R-56: one transaction that can be taken back."""
    session = make_completed_session(at=NOW)
    treated, fresh = session.patient, make_patient()
    before = belongs(treated)
    assert len(before) >= 11, "a treated patient has almost everything"
    row = merged(fresh, treated, at=LATER, by=lead)
    assert belongs(treated) == {}
    here = belongs(fresh)
    assert [key for key, keys in before.items() if not set(keys) <= set(here[key])] == []
    merging.undo(row, at=LATER, by=lead)
    assert belongs(treated) == before
    assert not AuditEntry.objects.filter(patient_uuid=None, action="patient.merged").exists()


def test_the_other_chart_is_found_no_more_and_leads_to_the_one_that_goes_on(
    lead: User, client: Client
) -> None:
    kept, other = make_patient(), make_patient()
    merged(kept, other, by=lead)
    assert other not in Patient.objects.visible_to(lead).search(other.family_name)
    client.force_login(lead)
    answer = client.get(reverse("chart:patient-chart", args=[other.uuid]))
    assert answer.status_code == 302
    assert answer["Location"] == kept.get_absolute_url()


def test_allergies_are_united_and_a_contradiction_is_kept_and_asked_about(lead: User) -> None:
    """R-56: the union of allergies."""
    kept, other = make_healthy_patient(), make_patient()
    make_history(other, HistoryKind.ALLERGY, "lidocaine")
    row = merged(kept, other, by=lead)
    allergies = kept.history.current().filter(kind=HistoryKind.ALLERGY)
    assert sorted(allergies.values_list("text", "none_known")) == [
        ("", True),
        ("lidocaine", False),
    ]
    assert row.contradictions == ["allergy"]
    task = Task.objects.get(cause=row.cause)
    assert (task.role, task.patient_uuid) == (Role.CLINICAL_LEAD, kept.uuid)


def test_of_two_answers_the_stricter_holds_though_the_other_is_newer(lead: User) -> None:
    kept, other = make_patient(), make_patient()
    make_intake(kept, {"CI-FEVER": "yes"}, at=NOW - timedelta(days=20))
    make_intake(other, at=NOW - timedelta(days=2))
    assert answers_now(other, at=NOW)["CI-FEVER"].reply == Reply.NO
    row = merged(kept, other, by=lead)
    made = kept.intakes.get(uuid=row.intake or row.uuid)
    now = answers_now(kept, at=NOW)
    assert now["CI-FEVER"].reply == Reply.YES
    assert row.contradictions == ["CI-FEVER"]
    merging.undo(row, at=LATER, by=lead)
    assert not Intake.objects.filter(pk=made.pk).exists()
    assert answers_now(other, at=LATER)["CI-FEVER"].reply == Reply.NO


def test_what_the_kept_chart_lacks_is_filled_in_with_its_agreement(lead: User) -> None:
    kept = make_patient(email="", email_allowed=False)
    other = make_patient(email="only@patients.example")
    row = merged(kept, other, by=lead)
    kept.refresh_from_db()
    assert kept.email == kept.recipient.email == "only@patients.example"
    assert kept.recipient.email_allowed_at is not None
    merging.undo(row, at=LATER, by=lead)
    kept = Patient.objects.get(pk=kept.pk)
    assert (kept.email, kept.recipient.email_allowed_at) == ("", None)


def test_links_of_the_other_chart_open_nothing_any_more(lead: User) -> None:
    """R-56: the access of the chart that ends is revoked."""
    kept, other = make_patient(), make_patient()
    until = NOW + timedelta(days=3)
    link = links.make(other.recipient, Purpose.INTAKE, "intake:1", expires_at=until, at=NOW)
    merged(kept, other, by=lead)
    assert not PatientLink.objects.alive(at=NOW).filter(pk=link.pk).exists()


def test_reminders_go_to_the_one_person_once(lead: User) -> None:
    session = make_completed_session(at=NOW)
    messages = Message.objects.filter(recipient=session.patient.recipient)
    assert messages.exists()
    kept = make_patient()
    merged(kept, session.patient, by=lead)
    assert not Message.objects.filter(recipient=session.patient.recipient).exists()
    assert Message.objects.filter(recipient=kept.recipient, patient_uuid=kept.uuid).exists()


def test_two_visits_at_once_stop_the_merge_whole(lead: User) -> None:
    place, kept, other = make_place(), make_patient(), make_patient()
    make_history(other, HistoryKind.ALLERGY, "latex")
    book_visit(place, kept)
    book_visit(make_place(), other)
    with pytest.raises(merging.VisitsAtOnce):
        merged(kept, other, by=lead)
    assert Patient.objects.get(pk=other.pk).merged_into is None
    assert other.history.count() == 1
    assert Merge.objects.count() == 0


def test_an_open_questionnaire_of_both_stays_where_it_is(lead: User) -> None:
    kept, other = make_patient(), make_patient()
    own, theirs = make_intake(kept, complete=False), make_intake(other, complete=False)
    merged(kept, other, by=lead)
    assert Intake.objects.get(pk=own.pk).patient == kept
    assert Intake.objects.get(pk=theirs.pk).patient == other


def test_what_was_recorded_since_keeps_the_charts_together(lead: User) -> None:
    kept, other = make_patient(), make_patient()
    row = merged(kept, other, by=lead)
    make_none_known(kept, at=LATER)
    with pytest.raises(merging.WorkedWith):
        merging.undo(row, at=LATER, by=lead)
    assert Patient.objects.get(pk=other.pk).merged_into == kept


def test_of_three_charts_the_later_merge_is_taken_apart_first(lead: User) -> None:
    one, two, three = make_patient(), make_patient(), make_patient()
    first = merged(two, three, by=lead)
    second = merged(one, two, at=LATER, by=lead)
    assert Patient.objects.get(pk=three.pk).merged_into == one
    with pytest.raises(merging.MergedFurther):
        merging.undo(first, at=LATER, by=lead)
    merging.undo(second, at=LATER, by=lead)
    assert Patient.objects.get(pk=three.pk).merged_into == two
    merging.undo(first, at=LATER, by=lead)
    assert Patient.objects.standing().count() == 3


def test_a_chart_that_changed_on_the_screen_is_not_merged(lead: User) -> None:
    kept, other = make_patient(), make_patient()
    with pytest.raises(Stale):
        merging.merge(kept, other, versions=[kept.version, 7], at=NOW, by=lead)
    with pytest.raises(merging.SameChart):
        merging.merge(kept, kept, versions=[1, 1], at=NOW, by=lead)
    merged(kept, other, by=lead)
    with pytest.raises(merging.NotStanding):
        merged(kept, other, by=lead)


def test_the_stricter_answer_keeps_what_was_written_beside_both() -> None:
    kept, other = make_patient(), make_patient()
    make_intake(kept, {"CI-POSTPARTUM": ("yes", date(2026, 2, 1))}, at=NOW - timedelta(days=4))
    make_intake(other, {"CI-POSTPARTUM": "unsure"}, at=NOW - timedelta(days=2))
    said, _sensitive = comparing.strictest(kept, other, at=NOW)["CI-POSTPARTUM"]
    assert (said.reply, said.date) == (Reply.YES, date(2026, 2, 1))


# The pages


@pytest.fixture
def pair() -> DuplicatePair:
    return make_pair()


def test_the_desk_lists_and_dismisses_but_does_not_merge(
    pair: DuplicatePair, client: Client
) -> None:
    client.force_login(make_staff(Role.RECEPTION))
    page = client.get(reverse("lifecycle:duplicate-list"))
    assert pair.first.full_name in page.content.decode()
    assert client.get(reverse("lifecycle:patient-merge", args=[pair.uuid])).status_code == 403
    client.post(reverse("lifecycle:duplicate-dismiss", args=[pair.uuid]))
    assert not DuplicatePair.objects.open().exists()


def test_whoever_treats_sees_what_comes_together_and_merges_it(
    pair: DuplicatePair, client: Client
) -> None:
    make_none_known(pair.first)
    make_history(pair.second, HistoryKind.ALLERGY, "latex")
    client.force_login(make_staff(Role.COSMETOLOGIST))
    url = reverse("lifecycle:patient-merge", args=[pair.uuid])
    page = client.get(url)
    assert "latex" in page.content.decode()
    chosen = {"keep": pair.second.number, "first_version": 1, "second_version": 1}
    assert client.post(url, chosen | {"first_version": 9}).status_code == 422
    answer = client.post(url, chosen, follow=True)
    assert "The charts are merged." in answer.content.decode()
    row = Merge.objects.get()
    assert (row.kept, row.merged) == (pair.second, pair.first)
    assert client.get(url).status_code == 404
    undone = client.post(reverse("lifecycle:merge-undo", args=[row.uuid]), follow=True)
    assert "Taken apart" in undone.content.decode()


def test_what_only_doctors_may_know_is_not_told_to_others(
    pair: DuplicatePair, client: Client
) -> None:
    make_none_known(pair.first)
    make_history(pair.second, HistoryKind.CONDITION, "HIV")
    client.force_login(make_staff(Role.COSMETOLOGIST))
    text = client.get(reverse("lifecycle:patient-merge", args=[pair.uuid])).content.decode()
    assert "HIV" not in text
    assert "Needs doctor" in text
    client.force_login(make_staff(Role.CLINICAL_LEAD))
    assert (
        "HIV" in client.get(reverse("lifecycle:patient-merge", args=[pair.uuid])).content.decode()
    )
