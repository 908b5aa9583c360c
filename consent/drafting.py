"""How a clinic changes the words of its consents: drafted, seen by a second lead, published.

Each public function that changes something is one transaction. A version never changes; what was
offered keeps the version it was made of. Only headings and paragraphs can be written: the lists of
products, sessions, results, aftercare and photos stand below them and are nobody's to remove.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, WrongState
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff import team
from clinic.staff.models import LANGUAGES, User
from clinic.staff.roles import Permission, Role
from consent import glyphs, sandbox
from consent.comparing import Difference, differences
from consent.content import digest
from consent.gaps import KNOWN
from consent.models import ConsentTemplate, WordingDraft
from consent.proofreading import Promise, promises
from consent.text import latest_template

CODES = tuple(code for code, _name in LANGUAGES)
TO_AGREE = timedelta(days=3)
MOST_PARAGRAPHS = 20
LONGEST_HEADING = 120
Blocks = dict[str, dict[str, Any]]  # heading and text, by block key


class LeadsOnly(ClinicError):
    code = "leads-only"
    text = _("Only a clinical lead changes the wording.")


class NoSuchBlock(ClinicError):
    code = "no-such-block"
    text = _("There is no such part of the consent. Reload the draft.")


class NothingChanged(ClinicError):
    code = "nothing-changed"
    text = _("The draft says the same as the wording in force. Change a part first.")


class NoReason(ClinicError):
    code = "no-reason"
    text = _("Write why the wording changes: whoever agrees reads it, and so do colleagues later.")


class PromisesUnread(ClinicError):
    code = "promises-unread"
    text = _(
        "Some words look like promises that nobody can keep. Change them, or confirm that you "
        "have read them and they promise nothing."
    )


class SecondLead(ClinicError):
    code = "second-lead"
    text = _("Another clinical lead has to publish what you proposed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part in one language as it is typed: an empty line parts the paragraphs."""

    heading: str
    text: str

    @property
    def paragraphs(self) -> list[str]:
        return [words for _line, words in self.numbered()]

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Each paragraph with the line on which it begins."""
        lines = [line.rstrip() for line in self.text.splitlines()]
        start = 0
        for n, line in enumerate([*lines, ""]):
            if not line.strip():
                if n > start:
                    yield start + 1, "\n".join(lines[start:n]).strip()
                start = n + 1

    def as_data(self) -> dict[str, Any]:
        return {"heading": self.heading.strip(), "text": self.paragraphs}


def fault_of(block: Block, *, may_be_empty: bool) -> ClinicError | None:
    """What stands in the way of this text, with its line."""
    try:
        check(block, may_be_empty=may_be_empty)
    except sandbox.BadWording as error:
        return error
    return None


def check(block: Block, *, may_be_empty: bool) -> None:
    """Refuse what cannot be printed in a consent, and say in which line it stands."""
    if not block.paragraphs and not may_be_empty:
        raise sandbox.BadWording(line=1, why=_("this part needs at least one paragraph"))
    if len(block.paragraphs) > MOST_PARAGRAPHS:
        why = _("at most %(most)s paragraphs stand in one part") % {"most": MOST_PARAGRAPHS}
        raise sandbox.BadWording(line=1, why=why)
    for line, words in block.numbered():
        _read(words, line)


def _read(words: str, line: int) -> None:
    try:
        sandbox.check(words, KNOWN)
    except sandbox.BadWording as error:
        within = int(str(error.facts["line"]))
        raise sandbox.BadWording(line=line + within - 1, why=error.facts["why"]) from None
    if strange := glyphs.missing(words):
        why = _("these signs cannot be printed: %(signs)s") % {"signs": glyphs.named(strange)}
        raise sandbox.BadWording(line=line, why=why)


def open_draft() -> WordingDraft | None:
    """The clinic's one open draft."""
    return WordingDraft.objects.open().select_related("started_by", "proposed_by").first()


def template_of(draft: WordingDraft, language: str) -> ConsentTemplate:
    """The draft as the wording it would become; not stored."""
    last = latest_template(language)
    texts = last.texts | {"blocks": draft.blocks[language]}
    return ConsentTemplate(
        language=language, version=last.version + 1, texts=texts, sha256=digest(texts)
    )


def changed(draft: WordingDraft) -> list[Difference]:
    """Against the version it began from, in every language."""
    return [
        one
        for code in CODES
        for one in differences(_blocks(code, draft.based_on), draft.blocks[code], code)
    ]


def promised(draft: WordingDraft) -> list[tuple[Difference, Promise]]:
    """Whatever looks like a promise in the parts that this draft changes."""
    return [
        (one, promise)
        for one in changed(draft)
        for promise in promises(_whole(draft.blocks[one.language][one.key]), one.language)
    ]


@transaction.atomic
def start(*, at: datetime, by: User) -> WordingDraft:
    """Begin from the wording in force, or go on with the draft that is open."""
    _check_lead(by)
    list(ConsentTemplate.objects.select_for_update(no_key=True).filter(version=1))
    if (draft := open_draft()) is not None:
        return draft
    latest = {code: latest_template(code) for code in CODES}
    draft = WordingDraft.objects.create(
        based_on=max(one.version for one in latest.values()),
        blocks={code: one.texts["blocks"] for code, one in latest.items()},
        started_at=at,
        started_by=by,
    )
    audit.record("wording.drafted", draft, at=at, by=by, based_on=draft.based_on)
    return draft


@transaction.atomic
def write(
    draft: WordingDraft,
    key: str,
    blocks: Mapping[str, Block],
    *,
    version: int,
    at: datetime,
    by: User,
) -> WordingDraft:
    """One part in all languages, over the version that was on the screen."""
    _check_lead(by)
    draft = _locked(draft, version)
    if set(blocks) != set(CODES) or any(key not in draft.blocks[code] for code in CODES):
        raise NoSuchBlock
    for code, block in blocks.items():
        may_be_empty = not draft.blocks[code][key]["text"]
        check(block, may_be_empty=may_be_empty)
        if not block.heading.strip() or glyphs.missing(block.heading):
            raise sandbox.BadWording(line=1, why=_("the heading is missing"))
        draft.blocks[code][key] = block.as_data()
    _unpropose(draft, at=at)
    draft.version += 1
    draft.save()
    audit.record("wording.written", draft, at=at, by=by, block=key)
    return draft


@transaction.atomic
def propose(
    draft: WordingDraft,
    reason: str,
    *,
    read: bool,
    version: int,
    at: datetime,
    by: User,
) -> WordingDraft:
    """Ask for the second lead; a sole lead publishes with this, and the record says so."""
    _check_lead(by)
    draft = _locked(draft, version)
    if not changed(draft):
        raise NothingChanged
    if not reason.strip():
        raise NoReason
    found = len(promised(draft))
    if found and not read:
        raise PromisesUnread
    draft.reason, draft.proposed_at, draft.proposed_by = reason.strip()[:500], at, by
    draft.version += 1
    draft.save()
    audit.record("wording.proposed", draft, at=at, by=by, promises=found)
    if len(team.leads()) == 1:
        return _publish(draft, at=at, by=by, sole_lead=True)
    worklist.ask(
        TaskKind.REVIEW,
        f"{_cause(draft)}:{at.isoformat()}",
        draft,
        role=Role.CLINICAL_LEAD,
        due_at=at + TO_AGREE,
        at=at,
    )
    return draft


@transaction.atomic
def publish(draft: WordingDraft, *, version: int, at: datetime, by: User) -> WordingDraft:
    """The second lead agrees to exactly what was on the screen: from now on it is offered."""
    _check_lead(by)
    draft = _locked(draft, version)
    if draft.proposed_at is None:
        raise WrongState(state=_("not proposed"))
    own = draft.proposed_by_id == by.pk
    if own and [one.pk for one in team.leads()] != [by.pk]:
        raise SecondLead
    return _publish(draft, at=at, by=by, sole_lead=own)


@transaction.atomic
def give_up(draft: WordingDraft, *, at: datetime, by: User) -> WordingDraft:
    """Close it without publishing; it stays to be read."""
    _check_lead(by)
    draft = _locked(draft)
    _unpropose(draft, at=at)
    draft.closed_at = at
    draft.save()
    audit.record("wording.given-up", draft, at=at, by=by)
    return draft


def _publish(draft: WordingDraft, *, at: datetime, by: User, sole_lead: bool) -> WordingDraft:
    """All languages in one version, so that two of them side by side are always of one."""
    made = [template_of(draft, code) for code in CODES]
    number = max(template.version for template in made)
    for template in made:
        template.version, template.created_at = number, at
        template.save()
    draft.closed_at, draft.published_as = at, number
    draft.published_by, draft.sole_lead = by, sole_lead
    draft.save()
    worklist.settle(_cause(draft), at=at)
    audit.record("wording.published", draft, at=at, by=by, number=number, sole_lead=sole_lead)
    return draft


def _blocks(language: str, version: int) -> Blocks:
    template = ConsentTemplate.objects.get(language=language, version=version)
    blocks: Blocks = template.texts["blocks"]
    return blocks


def _whole(block: Mapping[str, Any]) -> str:
    return "\n".join([block["heading"], *block["text"]])


def _locked(draft: WordingDraft, version: int | None = None) -> WordingDraft:
    """The open draft as it stands now, if it is still what was on the screen."""
    draft = WordingDraft.objects.select_for_update(no_key=True).get(pk=draft.pk)
    if draft.closed_at is not None:
        raise WrongState(state=_("no longer open"))
    if version is not None and draft.version != version:
        raise Stale
    return draft


def _unpropose(draft: WordingDraft, *, at: datetime) -> None:
    """Written after it was proposed: the second lead has to be asked again."""
    if draft.proposed_at is not None:
        draft.proposed_at = draft.proposed_by = None
        worklist.settle(_cause(draft), at=at)


def _cause(draft: WordingDraft) -> str:
    return f"wording-draft:{draft.uuid}"


def _check_lead(by: User) -> None:
    if not by.may(Permission.MANAGE_RULES):
        raise LeadsOnly
