"""The clinic's own words: drafted, agreed by a second lead, published for good."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from clinic.errors import Stale, WrongState
from clinic.record.models import AuditEntry, Task, TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent import drafting
from consent.comparing import ADDED, REMOVED, differences
from consent.drafting import Block
from consent.models import ConsentTemplate, WordingDraft
from consent.sandbox import BadWording
from consent.text import ORDER, SIGNATURE, compose, fingerprint, latest_template, text_of
from tests.factories.consent import make_content, make_offered
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
DRAWN = ("drugs", "sessions", "results", "aftercare", "photos")


@pytest.fixture
def lead() -> User:
    return make_staff(Role.CLINICAL_LEAD)


@pytest.fixture
def second(lead: User) -> User:
    return make_staff(Role.CLINICAL_LEAD)


def said(words: str, heading: str = "Your rights") -> dict[str, Block]:
    return {code: Block(heading=heading, text=words) for code in drafting.CODES}


def written(by: User, words: str = "You may say no, {{ patient }}.", key: str = "rights") -> Any:
    draft = drafting.start(at=NOW, by=by)
    return drafting.write(draft, key, said(words), version=draft.version, at=NOW, by=by)


def proposed(by: User, **changes: Any) -> WordingDraft:
    draft = written(by, **changes)
    return drafting.propose(draft, "Plainer", read=False, version=draft.version, at=NOW, by=by)


def test_a_second_lead_publishes_and_new_consents_say_it(lead: User, second: User) -> None:
    before = make_offered()
    draft = proposed(lead)
    assert Task.objects.get(kind=TaskKind.REVIEW).role == Role.CLINICAL_LEAD
    assert latest_template("en").version == draft.based_on
    with pytest.raises(drafting.SecondLead):
        drafting.publish(draft, version=draft.version, at=LATER, by=lead)
    done = drafting.publish(draft, version=draft.version, at=LATER, by=second)
    assert (done.published_as, done.published_by, done.sole_lead) == (3, second, False)
    assert {latest_template(code).version for code in drafting.CODES} == {3}
    assert not Task.objects.open().exists()
    after = make_offered()
    [rights] = [one for one in text_of(after).sections if one.key == "rights"]
    assert rights.paragraphs == (f"You may say no, {after.patient.full_name}.",)
    before.refresh_from_db()
    assert before.template.version == 2
    assert f"say no, {before.patient.full_name}" not in str(text_of(before).sections)


def test_a_sole_lead_publishes_alone_and_the_record_says_so(lead: User) -> None:
    draft = proposed(lead)
    assert (draft.published_as, draft.sole_lead) == (3, True)
    assert AuditEntry.objects.get(action="wording.published").facts["sole_lead"] is True


def test_only_a_lead_writes(lead: User) -> None:
    admin = make_staff(Role.ADMINISTRATOR)
    draft = written(lead)
    acts: tuple[Callable[[], object], ...] = (
        lambda: drafting.start(at=NOW, by=admin),
        lambda: drafting.write(draft, "rights", said("x"), version=2, at=NOW, by=admin),
        lambda: drafting.propose(draft, "x", read=True, version=2, at=NOW, by=admin),
        lambda: drafting.publish(draft, version=2, at=NOW, by=admin),
        lambda: drafting.give_up(draft, at=NOW, by=admin),
    )
    for act in acts:
        with pytest.raises(drafting.LeadsOnly):
            act()


def test_there_is_one_draft_and_nobody_writes_over_anothers_words(lead: User, second: User) -> None:
    draft = drafting.start(at=NOW, by=lead)
    assert drafting.start(at=LATER, by=second) == draft
    drafting.write(draft, "rights", said("One."), version=1, at=NOW, by=lead)
    with pytest.raises(Stale):
        drafting.write(draft, "rights", said("Two."), version=1, at=LATER, by=second)
    with pytest.raises(Stale):
        drafting.propose(draft, "x", read=False, version=1, at=LATER, by=second)


def test_words_written_after_the_proposal_are_proposed_again(lead: User, second: User) -> None:
    draft = proposed(lead)
    stale = draft.version
    draft = drafting.write(draft, "rights", said("More."), version=stale, at=LATER, by=second)
    assert draft.proposed_at is None
    assert not Task.objects.open().exists()
    with pytest.raises(WrongState):
        drafting.publish(draft, version=draft.version, at=LATER, by=second)


def test_nothing_is_proposed_without_a_change_or_a_reason(lead: User) -> None:
    draft = drafting.start(at=NOW, by=lead)
    with pytest.raises(drafting.NothingChanged):
        drafting.propose(draft, "Why", read=False, version=1, at=NOW, by=lead)
    draft = written(lead)
    with pytest.raises(drafting.NoReason):
        drafting.propose(draft, "  ", read=False, version=draft.version, at=NOW, by=lead)


def test_marked_words_are_read_before_they_are_proposed(lead: User) -> None:
    draft = written(lead, "It is painless.")
    assert {one.claim.id for _where, one in drafting.promised(draft)} == {"CL-PAINLESS"}
    with pytest.raises(drafting.PromisesUnread):
        drafting.propose(draft, "Why", read=False, version=draft.version, at=NOW, by=lead)
    drafting.propose(draft, "Why", read=True, version=draft.version, at=NOW, by=lead)
    assert AuditEntry.objects.get(action="wording.proposed").facts["promises"] == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("First.\n\nSecond\nof {{ nobody }}", "Line 4: there is no gap"),
        ("{{ patient.__class__ }}", "Line 1: "),
        ("{% for x in range(9) %}x{% endfor %}", "Line 1: "),
        (" \n ", "Line 1: this part needs"),
        ("One.\n\n" * 21, "at most 20 paragraphs"),
        ("Fine.\n\nA sign \U00013000", "Line 3: these signs cannot be printed"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_its_line(lead: User, words: str, why: str) -> None:
    draft = drafting.start(at=NOW, by=lead)
    with pytest.raises(BadWording) as refused:
        drafting.write(draft, "rights", said(words), version=1, at=NOW, by=lead)
    assert why in str(refused.value)
    draft.refresh_from_db()
    assert (draft.version, drafting.changed(draft)) == (1, [])


@pytest.mark.parametrize("key", DRAWN)
def test_what_is_drawn_from_the_plan_cannot_be_removed(lead: User, key: str) -> None:
    draft = drafting.start(at=NOW, by=lead)
    one_less = said("Our words.")
    del one_less["uk"]
    for blocks in (one_less, {}):
        with pytest.raises(drafting.NoSuchBlock):
            drafting.write(draft, key, blocks, version=1, at=NOW, by=lead)
    with pytest.raises(BadWording):
        drafting.write(draft, key, said("Our words.", heading=" "), version=1, at=NOW, by=lead)
    draft = drafting.write(draft, key, said("Our words."), version=1, at=NOW, by=lead)
    section = {
        one.key: one for one in compose(make_content(), drafting.template_of(draft, "en")).sections
    }
    assert section[key].paragraphs == ("Our words.",)
    assert section[key].part.startswith("consent/text/")
    with pytest.raises(drafting.NoSuchBlock):
        drafting.write(draft, "invented", said("x"), version=2, at=NOW, by=lead)


def test_versions_and_closed_drafts_never_change(lead: User) -> None:
    draft = proposed(lead)
    for rows in (WordingDraft.objects.filter(pk=draft.pk), ConsentTemplate.objects.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(version=9)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(WrongState):
        drafting.give_up(draft, at=LATER, by=lead)


def test_a_draft_that_is_given_up_changes_nothing(lead: User, second: User) -> None:
    drafting.give_up(proposed(lead), at=LATER, by=second)
    assert not Task.objects.open().exists()
    assert latest_template("en").version == 2
    assert drafting.start(at=LATER, by=lead).published_as is None


def test_the_difference_is_told_word_by_word(lead: User) -> None:
    draft = written(lead, "You may ask.")
    found = drafting.changed(draft)
    assert [one.language for one in found] == ["en", "ru", "uk"]
    before = latest_template("en").texts["blocks"]
    [one] = differences(before, draft.blocks["en"], "en")
    assert "".join(p.words for p in one.pieces if p.kind != REMOVED) == "Your rights\nYou may ask."
    whole = "\n".join([before["rights"]["heading"], *before["rights"]["text"]])
    assert "".join(p.words for p in one.pieces if p.kind != ADDED) == whole


def test_every_block_in_every_language_can_be_written_and_made(lead: User) -> None:
    draft = drafting.start(at=NOW, by=lead)
    words = "You, {{ patient }}: {% for one in products %}{{ one }}. {% endfor %}"
    keys = [*(key for key, _part, _needs in ORDER), SIGNATURE]
    random.Random(5).shuffle(keys)
    for key in keys:
        draft = drafting.write(
            draft, key, said(words, heading=key), version=draft.version, at=NOW, by=lead
        )
    for code in drafting.CODES:
        text = compose(make_content(language=code), drafting.template_of(draft, code))
        assert all("Vitafict" in part.paragraphs[0] for part in (*text.sections, text.statement))


def test_two_languages_side_by_side_are_of_one_version(lead: User) -> None:
    proposed(lead)
    beside = make_content(language="uk")
    document = make_offered(asking={"beside": beside})
    assert document.second_template is not None
    assert document.template.version == document.second_template.version == 3
    assert fingerprint(make_content(), document.template) != document.content_sha256
