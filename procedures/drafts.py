"""How a clinic changes its rules: drafted, seen by a second doctor, published.

Each public function is one transaction. What was published never changes: the next change is the
next version.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, WrongState
from clinic.knowledge.loader import load
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff import team
from clinic.staff.models import User
from clinic.staff.roles import Permission, Role
from procedures import rescreening, rulebook
from procedures.domain.changes import ChangeKind
from procedures.domain.described import Described
from procedures.domain.outcomes import Outcome
from procedures.models import DraftChange, RulebookDraft, RulebookVersion

TO_CONFIRM = timedelta(days=3)


class LeadsOnly(ClinicError):
    code = "leads-only"
    text = _("Only a clinical lead changes the rules.")


class NoReason(ClinicError):
    code = "no-reason"
    text = _("Write why, or where it comes from: colleagues read it beside the rule.")


class NoSuchRule(ClinicError):
    code = "no-such-rule"
    text = _("There is no such rule. Reload the rulebook and choose one of the list.")


class NotChangeable(ClinicError):
    code = "not-changeable"
    text = _("This rule cannot be changed so: nobody may decide against it. It can be stricter.")


class NothingChanged(ClinicError):
    code = "nothing-changed"
    text = _("The draft changes nothing yet. Choose a rule and say what shall hold.")


class SecondDoctor(ClinicError):
    code = "second-doctor"
    text = _("Another clinical lead has to publish what you proposed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What shall hold for one rule, and why."""

    kind: ChangeKind
    rule: str
    reason: str
    outcome: Outcome | None = None


def open_draft() -> RulebookDraft | None:
    """The clinic's one open draft."""
    drafts = RulebookDraft.objects.open().select_related("started_by", "proposed_by", "version")
    return drafts.first()


@transaction.atomic
def change(wish: Wish, *, at: datetime, by: User) -> DraftChange:
    """Put a line into the clinic's draft; the first line opens it. A later line replaces."""
    _check_lead(by)
    if not wish.reason.strip():
        raise NoReason
    _check_allowed(wish, at=at)
    draft = _locked_or_new(at=at, by=by)
    slots = {"kind": wish.kind} if wish.kind is ChangeKind.CONFIRMED else {}
    same = draft.changes.filter(rule=wish.rule, text="", **slots)
    if not slots:
        same = same.exclude(kind=ChangeKind.CONFIRMED)
    same.delete()
    row = DraftChange.objects.create(
        draft=draft,
        kind=wish.kind.value,
        rule=wish.rule,
        outcome=wish.outcome.value if wish.outcome else "",
        reason=wish.reason.strip(),
        made_at=at,
        made_by=by,
    )
    audit.record("rulebook.drafted", draft, at=at, by=by, rule=row.rule, kind=row.kind)
    return row


@transaction.atomic
def take_back(change: UUID, *, at: datetime, by: User) -> RulebookDraft:
    """Remove a line of the draft; without any line it closes."""
    _check_lead(by)
    draft = _locked()
    row = draft.changes.filter(uuid=change).first()
    if row is None:
        raise Stale
    row.delete()
    _unpropose(draft, at=at)
    if not draft.changes.exists():
        draft.closed_at = at
        draft.save(update_fields=["closed_at"])
    audit.record("rulebook.draft-line-removed", draft, at=at, by=by, rule=row.rule)
    return draft


@transaction.atomic
def give_up(draft: RulebookDraft, *, at: datetime, by: User) -> RulebookDraft:
    """Close a draft without publishing it; it stays to be read."""
    _check_lead(by)
    draft = _locked(draft)
    _unpropose(draft, at=at)
    draft.closed_at = at
    draft.save(update_fields=["closed_at"])
    audit.record("rulebook.draft-given-up", draft, at=at, by=by)
    return draft


@transaction.atomic
def propose(
    draft: RulebookDraft, reason: str, *, seen: str, at: datetime, by: User
) -> RulebookDraft:
    """Ask for the second doctor; a sole clinical lead publishes with this, and it says so."""
    _check_lead(by)
    draft = _locked(draft)
    if not draft.changes.exists():
        raise NothingChanged
    if not reason.strip():
        raise NoReason
    _check_seen(draft, seen, at=at)
    draft.reason, draft.proposed_at, draft.proposed_by = reason.strip(), at, by
    draft.save(update_fields=["reason", "proposed_at", "proposed_by"])
    audit.record("rulebook.proposed", draft, at=at, by=by, lines=draft.changes.count())
    if len(team.leads()) > 1:
        worklist.ask(
            TaskKind.REVIEW,
            f"rulebook-draft:{draft.uuid}:{at.isoformat()}",
            draft,
            role=Role.CLINICAL_LEAD.value,
            due_at=at + TO_CONFIRM,
            at=at,
            lines=draft.changes.count(),
        )
    else:
        _publish(draft, at=at, by=by, sole_lead=True)
    return draft


@transaction.atomic
def publish(draft: RulebookDraft, *, seen: str, at: datetime, by: User) -> RulebookVersion:
    """The second doctor agrees: from now on it holds, and everybody is screened again."""
    _check_lead(by)
    draft = _locked(draft)
    if draft.proposed_at is None:
        raise WrongState(state=_("not proposed"))
    _check_seen(draft, seen, at=at)
    sole = [one.pk for one in team.leads()] == [by.pk]
    if draft.proposed_by_id == by.pk and not sole:
        raise SecondDoctor
    return _publish(draft, at=at, by=by, sole_lead=draft.proposed_by_id == by.pk)


def _publish(draft: RulebookDraft, *, at: datetime, by: User, sole_lead: bool) -> RulebookVersion:
    lines = rulebook.after(draft, at=at)
    last = RulebookVersion.objects.order_by("-number").first()
    version = RulebookVersion.objects.create(
        number=last.number + 1 if last else 1,
        changes=[one.as_data() for one in lines],
        digest=rulebook.digest(lines),
        knowledge=load().version,
        reason=draft.reason,
        proposed_by=draft.proposed_by or by,
        published_at=at,
        published_by=by,
        sole_lead=sole_lead,
    )
    draft.version, draft.closed_at = version, at
    draft.save(update_fields=["version", "closed_at"])
    worklist.settle(f"rulebook-draft:{draft.uuid}:", at=at)
    audit.record(
        "rulebook.published",
        version,
        at=at,
        by=by,
        number=version.number,
        digest=version.digest,
        sole_lead=sole_lead,
    )
    rescreening.start(at=at, by=by)
    return version


def _locked(draft: RulebookDraft | None = None) -> RulebookDraft:
    """The open draft as it stands now."""
    rows = RulebookDraft.objects.select_for_update(no_key=True)
    found = rows.filter(pk=draft.pk).first() if draft else rows.filter(closed_at=None).first()
    if found is None:
        raise NothingChanged
    if found.closed_at is not None:
        raise WrongState(state=_("no longer open"))
    return found


def _locked_or_new(*, at: datetime, by: User) -> RulebookDraft:
    rows = RulebookDraft.objects.select_for_update(no_key=True)
    draft = rows.filter(closed_at=None).first()
    if draft is None:
        return RulebookDraft.objects.create(started_at=at, started_by=by)
    _unpropose(draft, at=at)
    return draft


def _unpropose(draft: RulebookDraft, *, at: datetime) -> None:
    """Changed after it was proposed: the second doctor has to be asked again."""
    if draft.proposed_at is None:
        return
    draft.proposed_at = draft.proposed_by = None
    draft.save(update_fields=["proposed_at", "proposed_by"])
    worklist.settle(f"rulebook-draft:{draft.uuid}:", at=at)


def _check_lead(by: User) -> None:
    if not by.may(Permission.MANAGE_RULES):
        raise LeadsOnly


def _check_seen(draft: RulebookDraft, seen: str, *, at: datetime) -> None:
    """What is agreed to is what was on the screen."""
    if rulebook.digest(rulebook.after(draft, at=at)) != seen:
        raise Stale


def _check_allowed(wish: Wish, *, at: datetime) -> None:
    rule = rulebook.known(at=at).get(wish.rule)
    if rule is None:
        raise NoSuchRule
    if not _allows(rule, wish):
        raise NotChangeable


def _allows(rule: Described, wish: Wish) -> bool:
    allowed = {
        ChangeKind.STRICTER: wish.outcome in rule.stricter,
        ChangeKind.RELAXED: wish.outcome in rule.milder,
        ChangeKind.OFF: rule.may_be_milder,
        ChangeKind.ON: rule.may_be_opened,
        ChangeKind.CONFIRMED: rule.card.basis == "inference",
        ChangeKind.SHIPPED: True,
    }
    return allowed.get(wish.kind, False)
