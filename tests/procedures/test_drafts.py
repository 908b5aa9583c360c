"""How a clinic changes its rules, and what every version keeps."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from clinic.errors import ClinicError, Stale
from clinic.record.models import AuditEntry, Task
from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import drafts, gate, rulebook, screening
from procedures.domain.changes import ChangeKind
from procedures.domain.outcomes import Outcome
from procedures.models import Rescreening, RulebookDraft, RulebookVersion
from tests.factories.plans import make_plan, make_screening
from tests.factories.procedures import make_ready_session
from tests.factories.rules import make_draft, make_version, make_wish, mild_rule, seen
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


def test_without_any_version_the_rules_are_those_that_were_shipped() -> None:
    book = rulebook.in_force(at=NOW)
    assert not book.changes
    assert rulebook.version_at(at=NOW) is None


def test_a_draft_changes_nothing_until_it_is_published(lead: User) -> None:
    before = rulebook.in_force(at=NOW)
    draft = make_draft(by=lead)
    assert rulebook.in_force(at=LATER) is before
    assert rulebook.with_draft(draft, at=LATER).changes


def test_a_later_line_about_the_same_rule_replaces_the_earlier(lead: User) -> None:
    make_draft(make_wish(outcome=Outcome.HOLD_FOR_DOCTOR), make_wish(outcome=Outcome.BLOCK))
    [line] = RulebookDraft.objects.get().changes.all()
    assert line.outcome == Outcome.BLOCK


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": " "}, "no-reason"),
        ({"rule": "CI-NOTHING"}, "no-such-rule"),
        ({"rule": "not-asked:composition"}, "not-changeable"),
        ({"outcome": Outcome.CAUTION}, "not-changeable"),
        ({"kind": ChangeKind.ON, "outcome": None}, "not-changeable"),
        ({"kind": ChangeKind.CONFIRMED, "outcome": None, "rule": "CI-PREGNANCY"}, "not-changeable"),
    ],
)
def test_what_cannot_be_drafted(changes: dict[str, object], code: str, lead: User) -> None:
    with pytest.raises(ClinicError) as refused:
        drafts.change(make_wish(**changes), at=NOW, by=lead)
    assert refused.value.code == code
    assert not RulebookDraft.objects.exists()


@pytest.mark.parametrize("kind", [ChangeKind.OFF, ChangeKind.RELAXED])
def test_a_rule_against_which_nobody_may_decide_is_never_weakened(
    kind: ChangeKind, lead: User
) -> None:
    fixed = [
        key for key, one in rulebook.known(at=NOW).items() if one.card.override.value == "none"
    ]
    assert len(fixed) > 15
    for rule in fixed:
        outcome = Outcome.CAUTION if kind is ChangeKind.RELAXED else None
        with pytest.raises(drafts.NotChangeable):
            drafts.change(make_wish(kind=kind, rule=rule, outcome=outcome), at=NOW, by=lead)


def test_only_a_clinical_lead_changes_rules() -> None:
    for role in set(Role) - {Role.CLINICAL_LEAD}:
        with pytest.raises(drafts.LeadsOnly):
            drafts.change(make_wish(), at=NOW, by=make_staff(role))


def test_the_second_doctor_publishes_and_the_first_cannot(lead: User) -> None:
    second = make_staff(Role.CLINICAL_LEAD)
    draft = make_draft(by=lead)
    drafts.propose(draft, "Reviewed", seen=seen(draft), at=NOW, by=lead)
    with pytest.raises(drafts.SecondDoctor):
        drafts.publish(draft, seen=seen(draft), at=LATER, by=lead)
    assert Task.objects.open().filter(cause__startswith="rulebook-draft:").count() == 1
    version = drafts.publish(draft, seen=seen(draft), at=LATER, by=second)
    assert (version.number, version.sole_lead) == (1, False)
    assert (version.proposed_by, version.published_by) == (lead, second)
    assert not Task.objects.open().filter(cause__startswith="rulebook-draft:").exists()
    assert AuditEntry.objects.filter(action="rulebook.published").count() == 1


def test_a_sole_lead_publishes_alone_and_the_record_says_so(lead: User) -> None:
    make_staff(Role.CLINICAL_LEAD, is_active=False)
    draft = make_draft(by=lead)
    drafts.propose(draft, "Reviewed", seen=seen(draft), at=NOW, by=lead)
    version = RulebookVersion.objects.get()
    assert version.sole_lead
    entry = AuditEntry.objects.get(action="rulebook.published")
    assert entry.facts["sole_lead"] is True


def test_what_was_not_seen_is_not_agreed_to(lead: User) -> None:
    second = make_staff(Role.CLINICAL_LEAD)
    draft = make_draft(by=lead)
    shown = seen(draft)
    drafts.propose(draft, "Reviewed", seen=shown, at=NOW, by=lead)
    drafts.change(make_wish(outcome=Outcome.HOLD_FOR_DOCTOR), at=LATER, by=lead)
    with pytest.raises(ClinicError) as refused:
        drafts.publish(draft, seen=shown, at=LATER, by=second)
    assert refused.value.code == "wrong-state", "the proposal fell with the change"
    drafts.propose(draft, "Reviewed", seen=seen(draft), at=LATER, by=lead)
    with pytest.raises(Stale):
        drafts.publish(draft, seen=shown, at=LATER, by=second)


def test_without_its_last_line_a_draft_closes(lead: User) -> None:
    draft = make_draft(by=lead)
    drafts.take_back(draft.changes.get().uuid, at=LATER, by=lead)
    assert drafts.open_draft() is None
    assert rulebook.in_force(at=LATER).changes == {}


def test_given_up_a_draft_stays_to_be_read(lead: User) -> None:
    draft = make_draft(by=lead)
    drafts.give_up(draft, at=LATER, by=lead)
    assert drafts.open_draft() is None
    assert RulebookDraft.objects.get().changes.count() == 1
    with pytest.raises(ClinicError):
        drafts.propose(draft, "Reviewed", seen=seen(draft), at=LATER, by=lead)


def test_a_version_never_changes(lead: User) -> None:
    version = make_version()
    with pytest.raises(DatabaseError), transaction.atomic():
        RulebookVersion.objects.filter(pk=version.pk).update(reason="Another")
    with pytest.raises(DatabaseError), transaction.atomic():
        version.delete()


def test_the_next_version_keeps_what_it_does_not_change() -> None:
    first = make_version()
    rule = next(k for k, one in rulebook.known(at=NOW).items() if one.may_be_milder)
    second = make_version(make_wish(kind=ChangeKind.OFF, outcome=None, rule=rule), at=LATER)
    assert {one.rule for one in rulebook.lines_of(second)} >= {mild_rule(), rule}
    assert rulebook.version_at(at=NOW) == first
    third = make_version(
        make_wish(kind=ChangeKind.SHIPPED, outcome=None), at=LATER + timedelta(minutes=1)
    )
    assert mild_rule() not in {one.rule for one in rulebook.lines_of(third)}


def test_a_screening_goes_stale_when_the_rules_change() -> None:
    plan = make_plan()
    made = make_screening(plan)
    assert screening.is_fresh(made, patient=plan.patient, plan=plan, at=NOW)
    version = make_version(at=LATER)
    assert not screening.is_fresh(made, patient=plan.patient, plan=plan, at=LATER)
    again = make_screening(plan, at=LATER)
    assert screening.is_fresh(again, patient=plan.patient, plan=plan, at=LATER)
    assert again.knowledge.endswith(f"-v1.{version.digest[:8]}")


def test_stale_blocks_at_the_gate() -> None:
    session = make_ready_session()
    assert all(check.ok for check in gate.checks(session, at=NOW))
    make_version(at=LATER)
    closed = [check.code for check in gate.checks(session, at=LATER) if not check.ok]
    assert closed == ["screening"]


def test_publishing_begins_the_rescreening_of_everybody() -> None:
    version = make_version()
    assert Rescreening.objects.get().version == version
