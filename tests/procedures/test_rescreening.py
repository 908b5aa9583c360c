"""Everybody is looked at again after the rules changed; killed, somebody goes on."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from clinic.record.models import Task, TaskKind
from clinic.staff.roles import Role
from patients.models import Patient
from procedures import rescreening, rulebook, screening, settings
from procedures.domain.outcomes import Decision, Outcome
from procedures.models import Rescreened, Rescreening, RescreeningShare, Screening
from tests.factories.patients import make_healthy_patient, make_intake
from tests.factories.plans import make_plan, make_screening
from tests.factories.procedures import EARLIER, make_session
from tests.factories.rules import make_version, make_wish, mild_rule
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def clock() -> datetime:
    return LATER


def somebody(*, with_yes: bool = False) -> Screening:
    """Screened, with or without a yes to the rule that becomes stricter."""
    patient = make_healthy_patient()
    if with_yes:
        make_intake(patient, {mild_rule(): "yes"})
    return make_screening(make_plan(patient))


def go_through() -> Rescreening:
    while rescreening.work(clock=clock):
        pass
    return Rescreening.objects.latest("pk")


def test_who_would_be_decided_differently_is_kept_with_before_and_after() -> None:
    touched, healthy = somebody(with_yes=True), somebody()
    make_version(at=LATER)
    found = go_through()
    assert found.finished_at == LATER
    assert found.total == 2
    [result] = Rescreened.objects.all()
    assert result.screening == touched != healthy
    assert (result.before, result.after) == (Decision.PROCEED_WITH_CAUTION, Decision.REFUSE)
    assert result.appeared == result.gone == [mild_rule()], "the same rule, another outcome"


def test_only_the_last_screening_of_a_plan_that_is_still_followed_counts() -> None:
    first = somebody(with_yes=True)
    assert first.plan is not None
    again = make_screening(first.plan, at=NOW + timedelta(minutes=1))
    assert list(rescreening.counting()) == [again]
    first.plan.closed_at = NOW
    first.plan.save()
    assert list(rescreening.counting()) == []


def test_the_screening_of_an_intake_counts_until_there_is_a_plan() -> None:
    patient = make_healthy_patient()
    first = screening.screen_patient(patient, plan=None, on=NOW.date(), at=EARLIER, by=None)
    assert list(rescreening.counting()) == [first]
    plan = make_plan(patient)
    assert [made.plan for made in rescreening.counting()] == [plan]


def test_a_booked_session_that_became_unsafe_becomes_a_task() -> None:
    session = make_session()
    make_intake(session.patient, {mild_rule(): "yes"}, at=EARLIER)
    session.patient.refresh_from_db()
    make_screening(session.course.plan, at=NOW - timedelta(hours=1))
    make_version(at=NOW - timedelta(minutes=30))
    before = Task.objects.filter(kind=TaskKind.UNSAFE_SESSION).count()
    while rescreening.work(clock=lambda: NOW - timedelta(minutes=20)):
        pass
    tasks = Task.objects.filter(kind=TaskKind.UNSAFE_SESSION)
    assert before == 0
    assert {task.subject_uuid for task in tasks} >= {session.uuid}
    assert sum(RescreeningShare.objects.values_list("unsafe_sessions", flat=True)) == len(tasks)


def test_killed_in_the_middle_somebody_goes_on_from_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rescreening, "BATCH", 1)
    for _number in range(3):
        somebody(with_yes=True)
    make_version(at=LATER)
    share = rescreening._claim(at=LATER)
    assert share is not None
    rules = rulebook.in_force(at=share.round.started_at)
    assert rescreening._batch_of(share, rules, at=LATER)  # and then the worker is killed
    assert not rescreening.work(clock=clock), "its lease still runs"
    after = LATER + rescreening.LEASE
    assert rescreening.work(clock=lambda: after)
    assert Rescreened.objects.count() == 3
    assert RescreeningShare.objects.get().looked_at == 3
    assert not rescreening._batch_of(share, rules, at=after), "the first one has lost its share"


def test_facts_that_cannot_be_read_stop_nobody_else() -> None:
    broken, fine = somebody(), somebody(with_yes=True)
    facts = {"on": "no day"}
    copy = Screening.objects.create(
        **{
            name: getattr(broken, name)
            for name in (
                "patient", "plan", "on", "findings", "decision", "knowledge", "made_at", "made_by",
            )
        },
        facts=facts,
    )  # fmt: skip
    make_version(at=LATER)
    go_through()
    assert copy.pk > broken.pk
    assert RescreeningShare.objects.get().unreadable == 1
    assert [one.screening for one in Rescreened.objects.all()] == [fine]


def test_a_newer_round_makes_the_one_before_it_moot() -> None:
    somebody(with_yes=True)
    make_version(at=NOW)
    make_version(make_wish(outcome=Outcome.HOLD_FOR_DOCTOR), at=LATER)
    first, second = Rescreening.objects.order_by("pk")
    assert first.finished_at is not None
    assert second.finished_at is None
    go_through()
    assert {one.round for one in Rescreened.objects.all()} == {second}


def test_nobody_screened_is_done_at_once() -> None:
    make_version(at=LATER)
    assert go_through().finished_at == LATER
    assert not RescreeningShare.objects.exists()


def test_a_changed_setting_begins_a_round_by_itself_and_only_once() -> None:
    somebody()
    assert rescreening.catch_up(at=LATER) is None
    lead = make_staff(Role.CLINICAL_LEAD)
    settings.set_value("temperature_limit", "37.0", "Agreed", at=LATER, by=lead)
    assert rescreening.catch_up(at=LATER) is not None
    go_through()
    assert rescreening.catch_up(at=LATER) is None


def test_a_patient_without_a_booked_session_gives_no_task() -> None:
    somebody(with_yes=True)
    make_version(at=LATER)
    go_through()
    assert not Task.objects.filter(kind=TaskKind.UNSAFE_SESSION).exists()
    assert Patient.objects.count() == 1
    assert timezone.is_aware(LATER)
