"""Two charts of one person become one, and can be taken apart again.

Each public function is one transaction.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, WrongState, constraints_as
from clinic.knowledge.loader import load
from clinic.lifecycle import comparing
from clinic.lifecycle.belongings import MOVED, Rule
from clinic.lifecycle.comparing import Contradiction
from clinic.lifecycle.models import Merge
from clinic.messaging.models import Message, MessageState, PatientLink
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients.models import Answer, Intake, IntakeSource, Moment, Patient
from patients.signals import tell_history_changed


class SameChart(ClinicError):
    code = "same-chart"
    text = _("This is the same chart. Choose another one to merge it with.")


class NotStanding(ClinicError):
    code = "not-standing"
    text = _("One of these charts was merged or erased meanwhile. Go back to the list.")


class VisitsAtOnce(ClinicError):
    code = "visits-at-once"
    text = _(
        "Both charts have a visit at the same time. Move or cancel one of them, then merge again."
    )


class WorkedWith(ClinicError):
    code = "worked-with"
    text = _(
        "Something new was recorded in the merged chart (%(what)s). It can no longer be taken "
        "apart by itself: correct the entries that belong to the other person."
    )


class MergedFurther(ClinicError):
    code = "merged-further"
    text = _("This chart was merged again since. Take the later merge apart first.")


@transaction.atomic
def merge(
    kept: Patient, merged: Patient, *, versions: Sequence[int], at: datetime, by: User
) -> Merge:
    """Everything moves to the chart that is kept; contradictions stay, the stricter one holds."""
    if kept.pk == merged.pk:
        raise SameChart
    kept, merged = _locked(kept, merged)
    if [kept.version, merged.version] != list(versions):
        raise Stale
    found = comparing.contradictions(kept, merged, at=at)
    answers = comparing.strictest(kept, merged, at=at)
    newest = {rule.key: _newest(rule) for rule in MOVED}
    filled = comparing.filled(kept, merged)
    revoked = _revoke_links(merged, at=at)
    with constraints_as(appointment_patient_free=VisitsAtOnce):
        moved = {rule.key: _move(rule, merged, kept) for rule in MOVED}
    _links_follow(moved, kept)
    row = Merge(
        kept=kept,
        merged=merged,
        moved=moved,
        newest=newest,
        filled={name: list(pair) for name, pair in filled.items()},
        links=revoked,
        contradictions=[one.code for one in found],
        merged_at=at,
        merged_by=by,
    )
    if any(not one.is_list for one in found):
        row.intake = _state_again(kept, answers, at=at, by=by).uuid
    row.save(force_insert=True)
    _close(merged, into=kept, at=at)
    _carry_agreements(merged, kept, filled)
    _fill_in(kept, {name: after for name, (_before, after) in filled.items()}, at=at)
    audit.record("patient.merged", kept, at=at, by=by, patient=kept.uuid, other=str(merged.uuid))
    _ask_for_review(row, found, at=at)
    return row


@transaction.atomic
def undo(row: Merge, *, at: datetime, by: User) -> Merge:
    """They are two people after all: every row goes back to where it was."""
    row = Merge.objects.select_for_update(no_key=True).get(pk=row.pk)
    if row.undone_at is not None:
        raise WrongState(state=_("taken apart"))
    kept, merged = _locked(row.kept, row.merged, closed=True)
    if kept.erased_at is not None:
        raise NotStanding
    _check_untouched(row, kept)
    _take_back_answers(row)
    with constraints_as(appointment_patient_free=VisitsAtOnce):
        for rule in MOVED:
            _put(rule, row.moved.get(rule.key, []), kept, merged)
    _links_follow(row.moved, merged)
    unchanged = {
        name: before for name, (before, after) in row.filled.items() if getattr(kept, name) == after
    }
    merged.merged_into = None
    merged.version += 1
    merged.save(update_fields=["merged_into", "version"])
    _fill_in(kept, unchanged, at=at)
    theirs = Merge.objects.standing().filter(kept=merged).values("merged")
    Patient.objects.filter(pk__in=theirs).update(merged_into=merged)
    tell_history_changed(Patient, merged.pk)
    row.undone_at, row.undone_by = at, by
    row.save(update_fields=["undone_at", "undone_by"])
    audit.record("patient.unmerged", kept, at=at, by=by, patient=kept.uuid, other=str(merged.uuid))
    worklist.settle(row.cause, at=at)
    return row


def new_since(row: Merge) -> list[str]:
    """What was recorded in the kept chart after the merge: names of the kinds of rows."""
    return [
        str(rule.model._meta.verbose_name)
        for rule in MOVED
        if rule.news and _added(rule, row).exists()
    ]


def _added(rule: Rule, row: Merge) -> Any:
    rows = rule.rows(row.kept).filter(pk__gt=row.newest.get(rule.key, 0))
    return rows.exclude(uuid=row.intake) if rule.model is Intake and row.intake else rows


def _check_untouched(row: Merge, kept: Patient) -> None:
    later = Merge.objects.standing().filter(kept=kept, pk__gt=row.pk)
    if later.exists() or kept.merged_into_id is not None:
        raise MergedFurther
    if added := new_since(row):
        raise WorkedWith(what=", ".join(added))


def _locked(kept: Patient, merged: Patient, *, closed: bool = False) -> tuple[Patient, Patient]:
    """Both charts under lock, the older first, so that two merges at once wait for each other."""
    rows = Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("recipient")
    found = {one.pk: one for one in rows.filter(pk__in=[kept.pk, merged.pk]).order_by("pk")}
    kept, merged = found[kept.pk], found[merged.pk]
    used = (kept,) if closed else (kept, merged)
    if any(one.erased_at or one.merged_into_id for one in used) and not closed:
        raise NotStanding
    return kept, merged


def _newest(rule: Rule) -> int:
    found: int | None = rule.model._default_manager.aggregate(newest=Max("pk"))["newest"]
    return found or 0


def _move(rule: Rule, merged: Patient, kept: Patient) -> list[int]:
    """The keys of the rows that now belong to the kept chart."""
    rows = rule.rows(merged)
    if rule.stays is not None:
        rows = rows.exclude(rule.stays(kept))
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    _put(rule, keys, merged, kept)
    return keys


def _put(rule: Rule, keys: list[int], source: Patient, target: Patient) -> None:
    """The guards watch over what was decided; whom it is about is put right here, and only here."""
    rows = rule.rows(source).filter(pk__in=keys)
    if not rule.triggers:
        rows.update(**{rule.column: rule.value(target)})
        return
    with pgtrigger.ignore(*rule.triggers):
        rows.update(**{rule.column: rule.value(target)})


def _revoke_links(merged: Patient, *, at: datetime) -> list[int]:
    """What was handed out opens nothing any more; links in messages not sent yet move with them."""
    unsent = Message.objects.filter(
        recipient=merged.recipient, state__in=[MessageState.OWED, MessageState.LEASED]
    )
    carried = set(unsent.exclude(link=None).values_list("link", flat=True))
    alive = PatientLink.objects.alive(at=at).filter(recipient=merged.recipient)
    keys = list(alive.exclude(pk__in=carried).order_by("pk").values_list("pk", flat=True))
    PatientLink.objects.filter(pk__in=keys).update(revoked_at=at)
    return keys


def _links_follow(moved: dict[str, list[int]], patient: Patient) -> None:
    """A link opens for whom its message is written to."""
    keys = moved.get("messaging.Message.recipient", [])
    links = PatientLink.objects.filter(messages__in=keys, revoked_at=None)
    links.update(recipient=patient.recipient)


def _state_again(
    kept: Patient, answers: dict[str, tuple[Any, bool]], *, at: datetime, by: User
) -> Intake:
    """A questionnaire of its own, in which of two answers the stricter stands."""
    intake = Intake.objects.create(
        patient=kept,
        moment=Moment.INTAKE,
        source=IntakeSource.DESK,
        knowledge=load().version,
        started_at=at,
        completed_at=at,
        recorded_by=by,
    )
    Answer.objects.bulk_create(
        Answer(
            intake=intake,
            question=question,
            reply=said.reply,
            date=said.date,
            note=said.note,
            sensitive=sensitive,
            answered_at=at,
        )
        for question, (said, sensitive) in answers.items()
    )
    return intake


def _take_back_answers(row: Merge) -> None:
    """Nobody ever gave these answers: they were put together by the merge."""
    if row.intake is not None:
        Answer.objects.filter(intake__uuid=row.intake).delete()
        Intake.objects.filter(uuid=row.intake).delete()


def _close(merged: Patient, *, into: Patient, at: datetime) -> None:
    merged.merged_into = into
    merged.version += 1
    merged.save(update_fields=["merged_into", "version"])
    Patient.objects.filter(merged_into=merged).update(merged_into=into)


def _carry_agreements(merged: Patient, kept: Patient, names: Collection[str]) -> None:
    """An agreement belongs to an address, and comes with it."""
    for name, agreed in (("email", "email_allowed_at"), ("phone", "sms_allowed_at")):
        if name in names:
            setattr(kept.recipient, agreed, getattr(merged.recipient, agreed))


def _fill_in(kept: Patient, columns: dict[str, Any], *, at: datetime) -> None:
    """Earlier screenings are stale: the history is another one now."""
    recipient = kept.recipient
    for name, value in columns.items():
        setattr(kept, name, value)
        if name in {"email", "phone"}:
            setattr(recipient, name, value)
    if columns.get("email") == "":
        recipient.email_allowed_at = None
    if columns.get("phone") == "":
        recipient.sms_allowed_at = None
    recipient.save()
    kept.history_changed_at = max(at, kept.history_changed_at)
    kept.version += 1
    kept.save()
    tell_history_changed(Patient, kept.pk)


def _ask_for_review(row: Merge, found: list[Contradiction], *, at: datetime) -> None:
    if found:
        worklist.ask(
            TaskKind.REVIEW,
            row.cause,
            row,
            role=Role.CLINICAL_LEAD,
            patient=row.kept.uuid,
            due_at=at,
            at=at,
            contradictions=len(found),
        )
