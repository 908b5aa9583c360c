"""The pages on which a lead writes: who sees them, what is refused beside its field."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.record.models import AuditEntry
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent import drafting
from consent.models import WordingDraft
from tests.factories.plans import make_signed_plan
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


@pytest.fixture
def draft(lead: User) -> WordingDraft:
    return drafting.start(at=NOW, by=lead)


def page(by: User, url: str, **data: Any) -> Any:
    client = Client()
    client.force_login(by)
    return client.post(url, data["post"]) if data else client.get(url)


def address(name: str, draft: WordingDraft, *more: str) -> str:
    return reverse(f"consent:wording-{name}", args=[draft.uuid, *more])


def typed(draft: WordingDraft, **changes: str) -> dict[str, Any]:
    words: dict[str, Any] = {"version": draft.version}
    for code in drafting.CODES:
        words |= {f"heading_{code}": "Rights", f"text_{code}": "You may ask."}
    return words | changes


def test_a_lead_writes_proposes_and_it_is_offered(lead: User) -> None:
    begun = page(lead, reverse("consent:wording-start"), post={})
    draft = WordingDraft.objects.get()
    assert begun["Location"] == address("draft", draft)
    write = address("write", draft, "rights")
    assert page(lead, write, post=typed(draft)).status_code == 302
    html = page(lead, address("draft", draft)).content.decode()
    assert "<ins>" in html
    assert "Publish alone" in html
    draft.refresh_from_db()
    asked = {"version": draft.version, "reason": "Plainer"}
    assert page(lead, address("propose", draft), post=asked).status_code == 302
    assert "Plainer" in page(lead, reverse("consent:wording-list")).content.decode()
    detail = page(lead, reverse("consent:wording-detail", args=[3]))
    assert "You may ask." in detail.content.decode()
    compared = page(lead, reverse("consent:wording-compare") + "?from=2&to=3").content.decode()
    assert "<del>" in compared
    assert page(lead, reverse("consent:wording-detail", args=[9])).status_code == 404


def test_the_second_lead_publishes_what_was_on_the_screen(lead: User, draft: WordingDraft) -> None:
    second = make_staff(Role.CLINICAL_LEAD)
    page(lead, address("write", draft, "rights"), post=typed(draft))
    page(lead, address("propose", draft), post={"version": 2, "reason": "Plainer"})
    publish = address("publish", draft)
    own = page(lead, publish, post={"version": 3})
    assert own.status_code == 422
    assert "Another clinical lead has to publish" in own.content.decode()
    assert page(second, publish, post={"version": 2}).status_code == 422
    assert page(second, publish, post={"version": 3}).status_code == 302
    draft.refresh_from_db()
    assert draft.published_by == second


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Fine.\n\n{{ patient.__class__ }}", "Line 3: “patient.__class__” is no name of a gap"),
        ("{% while 1 %}", "Line 1: “while 1” is not known here"),
        ("{{ secret_key }}", "Line 1: there is no gap “secret_key”"),
        ("", "Line 1: this part needs at least one paragraph"),
    ],
)
def test_what_is_refused_stands_beside_its_field_and_the_words_are_kept(
    lead: User, draft: WordingDraft, text: str, why: str
) -> None:
    answer = page(lead, address("write", draft, "rights"), post=typed(draft, text_uk=text))
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"text_uk"}
    assert why in answer.context["form"].errors["text_uk"][0]
    assert answer.context["form"]["text_uk"].value() == text
    draft.refresh_from_db()
    assert draft.version == 1


def test_old_screens_and_hostile_words_are_answered_kindly(lead: User, draft: WordingDraft) -> None:
    write = address("write", draft, "rights")
    evil = "<img src=x onerror=alert(1)> painless"
    assert page(lead, write, post=typed(draft, text_en=evil)).status_code == 302
    html = page(lead, write).content.decode()
    assert "<img src=x" not in html
    assert "look like a promise" in html
    assert page(lead, write, post=typed(draft)).status_code == 422
    propose = address("propose", draft)
    asked = {"version": 2, "reason": "Why"}
    assert page(lead, propose, post=asked).status_code == 422
    assert page(lead, address("write", draft, "unknown")).status_code == 404


def test_hard_english_is_told(lead: User, draft: WordingDraft) -> None:
    hard = "Notwithstanding aforementioned contraindications, practitioners determine. " * 6
    write = address("write", draft, "rights")
    page(lead, write, post=typed(draft, text_en=hard))
    assert "Plain English is grade 8 or less" in page(lead, write).content.decode()


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.COSMETOLOGIST, Role.ADMINISTRATOR])
def test_others_read_at_most(role: Role, draft: WordingDraft) -> None:
    somebody = make_staff(role)
    may_read = 403 if role == Role.RECEPTION else 200
    assert page(somebody, reverse("consent:wording-list")).status_code == may_read
    assert page(somebody, address("draft", draft)).status_code == may_read
    assert page(somebody, address("write", draft, "rights")).status_code == 403
    assert page(somebody, address("give-up", draft), post={}).status_code == 403
    preview = reverse("chart:wording-preview", args=[draft.uuid])
    assert page(somebody, preview).status_code == 403


def test_the_draft_is_tried_on_any_plan_and_says_what_is_missing(
    lead: User, draft: WordingDraft
) -> None:
    plan = make_signed_plan(by=lead)
    words = "Dear {{ patient }}: {{ session_count }}."
    page(lead, address("write", draft, "rights"), post=typed(draft, text_en=words))
    preview = reverse("chart:wording-preview", args=[draft.uuid])
    assert str(plan.uuid) in page(lead, preview).content.decode()
    assert str(plan.uuid) not in page(lead, preview + "?q=nobody").content.decode()
    shown = page(lead, f"{preview}?plan={plan.uuid}&language=en").content.decode()
    assert f"Dear {plan.patient.full_name}: {plan.sessions}." in shown
    seen = AuditEntry.objects.get(action="wording.previewed")
    assert seen.patient_uuid == plan.patient.uuid
    draft.refresh_from_db()
    page(lead, address("write", draft, "rights"), post=typed(draft, text_en="{{ price }}"))
    missing = page(lead, f"{preview}?plan={plan.uuid}&language=en").content.decode()
    assert "this plan says nothing there" in missing


def test_parts_stand_in_the_order_in_which_they_are_read(lead: User, draft: WordingDraft) -> None:
    for block in ("rights", "about"):
        draft.refresh_from_db()
        page(lead, address("write", draft, block), post=typed(draft))
    shown = page(lead, address("draft", draft)).context
    keys = [key for key, _heading, _touched in shown["blocks"]]
    assert (keys[0], keys[-1]) == ("about", "signature")
    assert [one.key for one in shown["differences"]] == ["about"] * 3 + ["rights"] * 3


def test_a_draft_is_given_up(lead: User, draft: WordingDraft) -> None:
    assert page(lead, address("give-up", draft), post={}).status_code == 302
    assert "Given up" in page(lead, address("draft", draft)).content.decode()
    assert page(lead, address("write", draft, "rights")).status_code == 404
