"""The rulebook as doctors and colleagues see it, and the way of a draft through its pages."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.knowledge.loader import load
from clinic.staff.models import User
from clinic.staff.roles import Role
from procedures import drafts, rescreening, rulebook
from procedures.domain.changes import ChangeKind
from procedures.models import ClinicCase, Rescreening, RulebookDraft, RulebookVersion
from tests.factories.patients import make_intake
from tests.factories.plans import make_screening
from tests.factories.procedures import book_course, make_bookable_plan, make_place
from tests.factories.rules import make_draft, make_version, make_wish, mild_rule, seen
from tests.factories.staff import make_staff
from tests.procedures.browsing import signed_in

pytestmark = pytest.mark.django_db
LIST = reverse("procedures:rule-list")
CASES = reverse("procedures:case-list")
READERS = [Role.CLINICAL_LEAD, Role.COSMETOLOGIST, Role.ADMINISTRATOR, Role.AUDITOR]
CASE = {
    "id": "pregnant",
    "facts": {
        "on": "2026-03-04", "age": 30, "sex": "F", "conditions": [], "medications": [],
        "allergies": [], "planned_drugs": [], "pregnant": True, "breastfeeding": False,
    },
    "expected": {"decision": "refuse"},
}  # fmt: skip


@pytest.fixture
def doctor() -> User:
    return make_staff(Role.CLINICAL_LEAD, full_name="Dr First")


@pytest.fixture
def second() -> User:
    return make_staff(Role.CLINICAL_LEAD, full_name="Dr Second")


def now() -> datetime:
    return timezone.now()


def page(name: str, *args: object) -> str:
    return reverse(f"procedures:{name}", args=args)


def drafted(by: User) -> RulebookDraft:
    return make_draft(at=now(), by=by)


# Reading


@pytest.mark.parametrize("role", READERS)
def test_every_rule_can_be_found_and_read(role: Role) -> None:
    client = signed_in(role)
    first = client.get(LIST)
    assert first.context["total"] == len(rulebook.known(at=now()))
    found = client.get(LIST, {"q": "pregnancy"}).context["page"].object_list
    assert "CI-PREGNANCY" in {one.id for one in found}
    assert len(found) < 10


def test_the_desk_does_not_read_the_rulebook() -> None:
    assert signed_in(Role.RECEPTION).get(LIST).status_code == 403


def test_a_rule_is_shown_with_its_outcomes_its_source_and_where_sources_disagree() -> None:
    client = signed_in()
    for rule, one in rulebook.known(at=now()).items():
        text = client.get(page("rule-detail", rule)).content.decode()
        assert rule in text
        for source in one.card.sources:
            assert source.file in text, rule
        for conflict in getattr(load().by_id.get(rule), "conflicts", ()):
            assert conflict in text


def test_a_gap_is_shown_where_the_rule_needs_it() -> None:
    text = signed_in().get(page("rule-detail", "CI-HYPERTENSION")).content.decode()
    assert "GAP-BP" in text


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_the_rulebook_speaks_the_language_of_its_reader(language: str) -> None:
    client = signed_in()
    client.cookies["django_language"] = language
    text = client.get(page("rule-detail", "CI-PREGNANCY")).content.decode()
    entry = load().contraindications["CI-PREGNANCY"]
    assert entry.label.in_(language) in text
    assert entry.lifts_when.in_(language) in text


def test_filters_narrow_the_list() -> None:
    client = signed_in()
    inferred = client.get(LIST, {"basis": "inference"}).context["page"].object_list
    assert inferred
    assert {one.rule.card.basis for one in inferred} == {"inference"}
    assert not client.get(LIST, {"basis": "changed"}).context["page"].object_list
    make_version(at=now())
    changed = client.get(LIST, {"basis": "changed"}).context["page"].object_list
    assert [one.id for one in changed] == [mild_rule()]
    assert "No rule says this" in client.get(LIST, {"q": "xyzzy"}).content.decode()


def test_only_a_clinical_lead_is_offered_a_change() -> None:
    url = page("rule-detail", mild_rule())
    assert "Put into the draft" in signed_in(Role.CLINICAL_LEAD).get(url).content.decode()
    assert "Put into the draft" not in signed_in().get(url).content.decode()
    assert signed_in().post(page("rule-change", mild_rule()), {}).status_code == 403


def test_what_nobody_may_decide_against_is_offered_no_relaxation(doctor: User) -> None:
    client = signed_in(doctor)
    for rule, one in rulebook.known(at=now()).items():
        form = client.get(page("rule-detail", rule)).context["form"]
        kinds = {value.partition(":")[0] for value, _label in form.fields["wish"].choices}
        if one.card.override.value in {"none", "off_by_default"}:
            assert not kinds & {"relaxed", "off"}, rule


# Drafting and publishing


def test_a_change_goes_into_the_draft_and_changes_nothing_yet(doctor: User) -> None:
    client, before = signed_in(doctor), rulebook.in_force(at=now())
    answer = client.post(
        page("rule-change", mild_rule()), {"wish": "stricter:block", "reason": "Agreed"}
    )
    draft = RulebookDraft.objects.get()
    assert answer.url == page("draft-detail", draft.uuid)  # type: ignore[attr-defined]
    text = client.get(page("draft-detail", draft.uuid)).content.decode()
    assert "At least: Do not treat" in text
    assert rulebook.in_force(at=now()) is before


@pytest.mark.parametrize(
    "typed", [{"wish": "off", "reason": ""}, {"wish": "nonsense", "reason": "Agreed"}, {}]
)
def test_a_mistake_keeps_the_page(doctor: User, typed: dict[str, str]) -> None:
    answer = signed_in(doctor).post(page("rule-change", mild_rule()), typed)
    assert answer.status_code == 422
    assert not RulebookDraft.objects.exists()


def test_one_doctor_proposes_and_the_other_publishes(doctor: User, second: User) -> None:
    draft, ours, theirs = drafted(doctor), signed_in(doctor), signed_in(second)
    typed = {"reason": "Reviewed", "seen": seen(draft, at=now())}
    ours.post(page("draft-propose", draft.uuid), typed)
    refused = ours.post(page("draft-publish", draft.uuid), typed)
    assert refused.status_code == 422
    assert "Another clinical lead" in refused.content.decode()
    shown = theirs.get(page("draft-detail", draft.uuid))
    assert "Publish as the second doctor" in shown.content.decode()
    answer = theirs.post(page("draft-publish", draft.uuid), {"seen": shown.context["seen"]})
    assert answer.url == page("version-detail", 1)  # type: ignore[attr-defined]
    text = ours.get(page("version-detail", 1)).content.decode()
    assert "Dr First" in text
    assert "Dr Second" in text
    assert RulebookVersion.objects.get().digest in text


def test_a_sole_lead_publishes_alone_and_the_page_says_so(doctor: User) -> None:
    draft, client = drafted(doctor), signed_in(doctor)
    shown = client.get(page("draft-detail", draft.uuid))
    assert "Publish alone" in shown.content.decode()
    typed = {"reason": "Reviewed", "seen": shown.context["seen"]}
    answer = client.post(page("draft-propose", draft.uuid), typed, follow=True)
    assert "Published alone" in answer.content.decode()


def test_what_changed_meanwhile_is_shown_before_it_is_published(doctor: User, second: User) -> None:
    draft = drafted(doctor)
    old = seen(draft, at=now())
    drafts.propose(draft, "Reviewed", seen=old, at=now(), by=doctor)
    answer = signed_in(second).post(page("draft-publish", draft.uuid), {"seen": "0" * 64})
    assert answer.status_code == 422
    assert not RulebookVersion.objects.exists()


def test_a_line_is_taken_out_and_a_draft_is_given_up(doctor: User) -> None:
    draft, client = drafted(doctor), signed_in(doctor)
    line = draft.changes.get()
    client.post(page("draft-line-remove", draft.uuid, line.uuid))
    assert drafts.open_draft() is None
    other = drafted(doctor)
    client.post(page("draft-give-up", other.uuid))
    assert drafts.open_draft() is None
    assert "Given up" in client.get(page("draft-detail", other.uuid)).content.decode()


# Before and after


def booked(**answers: Any) -> Any:
    """Booked next week, with these answers."""
    place = make_place()
    plan = make_bookable_plan(place, at=now() - timedelta(days=1))
    if answers:
        said = {code.replace("_", "-"): reply for code, reply in answers.items()}
        make_intake(plan.patient, said, at=now() - timedelta(hours=1))
    return plan, place


def test_who_is_affected_is_told_before_and_after(
    doctor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched, place = booked(**{mild_rule().replace("-", "_"): "yes"})
    healthy, elsewhere = booked()
    at = now().replace(minute=0, second=0, microsecond=0, hour=9) + timedelta(days=3)
    for plan, where in ((touched, place), (healthy, elsewhere)):
        monkeypatch.setattr("tests.factories.procedures.NOW", at)
        book_course(plan, where, at=now())
    draft = drafted(doctor)
    shown = signed_in(doctor).get(page("draft-affected", draft.uuid))
    patients = {one.session.patient for one in shown.context["affected"]}
    assert patients == {touched.patient}
    assert len(shown.context["affected"]) == touched.sessions
    text = shown.content.decode()
    assert touched.patient.family_name in text
    assert healthy.patient.family_name not in text
    assert "Do not treat as planned" in text


def test_only_doctors_see_who_is_affected(doctor: User) -> None:
    draft = drafted(doctor)
    for role in set(READERS) - {Role.CLINICAL_LEAD}:
        assert signed_in(role).get(page("draft-affected", draft.uuid)).status_code == 403
        assert signed_in(role).get(page("draft-cases", draft.uuid)).status_code == 403
        assert signed_in(role).get(page("draft-detail", draft.uuid)).status_code == 200


def test_the_cases_say_where_a_draft_goes_too_far(doctor: User) -> None:
    client = signed_in(doctor)
    client.post(CASES, {"text": json.dumps(CASE), "keep": "yes"})
    assert ClinicCase.objects.count() == 1
    make_draft(make_wish(kind=ChangeKind.STRICTER, rule=mild_rule()), at=now(), by=doctor)
    draft = RulebookDraft.objects.get()
    shown = client.get(page("draft-cases", draft.uuid))
    assert shown.context["own"] == 1
    assert shown.context["shipped"] >= 100
    assert shown.context["faults"], "stories that expect a caution"
    names = {one.ran.name for one in shown.context["faults"]}
    assert "pregnant" not in names
    rules = {rule for one in shown.context["faults"] for rule in [one.ran.then.data["decision"]]}
    assert rules == {"refuse"}


def test_pasted_cases_are_answered_and_a_broken_line_stops_nobody(doctor: User) -> None:
    lines = [json.dumps(CASE), "no json", json.dumps(CASE | {"expected": {"decision": "proceed"}})]
    shown = signed_in(doctor).post(CASES, {"text": "\n".join(lines)})
    one, broken, wrong = (each.ran for each in shown.context["ran"])
    assert not one.faults
    assert broken.broken
    assert wrong.faults
    assert shown.context["faults"] == 2
    assert not ClinicCase.objects.exists()


@pytest.mark.parametrize("text", ["", json.dumps({"id": "x", "facts": {}})])
def test_what_cannot_be_kept_stays_on_the_page(doctor: User, text: str) -> None:
    answer = signed_in(doctor).post(CASES, {"text": text, "keep": "yes"})
    assert answer.status_code == 422
    assert not ClinicCase.objects.exists()


def test_a_case_is_kept_once_and_dropped(doctor: User) -> None:
    client = signed_in(doctor)
    client.post(CASES, {"text": json.dumps(CASE), "keep": "yes"})
    again = client.post(CASES, {"text": json.dumps(CASE), "keep": "yes"})
    assert again.status_code == 422
    client.post(page("case-drop", ClinicCase.objects.get().uuid))
    assert ClinicCase.objects.get().dropped_at is not None
    client.post(CASES, {"text": json.dumps(CASE), "keep": "yes"})
    assert ClinicCase.objects.filter(dropped_at=None).count() == 1


def test_two_versions_are_compared_by_rule_in_words() -> None:
    client, at = signed_in(), now()
    make_version(at=at)
    make_version(make_wish(kind=ChangeKind.SHIPPED, outcome=None), at=at + timedelta(seconds=1))
    compare = page("version-compare")
    forth = client.get(compare, {"from": 0, "to": 1}).context["differences"]
    assert [(one.rule, one.before) for one in forth] == [(mild_rule(), "As shipped")]
    assert forth[0].after == "At least: Do not treat"
    back = client.get(compare).context["differences"]
    assert [(one.rule, one.after) for one in back] == [(mild_rule(), "As shipped")]
    assert client.get(compare, {"from": 0, "to": 2}).context["differences"] == []
    for number in (1, 2):
        assert client.get(page("version-detail", number)).status_code == 200
    assert client.get(page("version-detail", 3)).status_code == 404


def test_progress_is_asked_again_until_it_is_done() -> None:
    client: Client = signed_in()
    plan, _place = booked(**{mild_rule().replace("-", "_"): "yes"})
    make_screening(plan, at=now())
    make_version(at=now())
    row = Rescreening.objects.get()
    waiting = client.get(page("rescreening-detail", row.uuid), headers={"HX-Request": "true"})
    text = waiting.content.decode()
    assert "every 2s" in text
    assert "<html" not in text
    while rescreening.work(clock=now):
        pass
    done = client.get(page("rescreening-detail", row.uuid))
    text = done.content.decode()
    assert "every 2s" not in text
    assert plan.patient.family_name in text
    auditor = signed_in(Role.AUDITOR).get(page("rescreening-detail", row.uuid)).content.decode()
    assert plan.patient.family_name not in auditor
