"""What is forbidden until when, and a clinician's release before the strict end."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from aftercare import reminding
from aftercare.models import AftercarePlan, Restriction
from clinic.errors import ClinicError, WrongState
from clinic.messaging import outbox
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission

MOOT_AFTER_RELEASE = ("RP-D4", "RP-D5", "RP-D6")  # the reminders of the general window


class NotReleasable(ClinicError):
    code = "not-releasable"
    text = _(
        "This one holds until its date, whatever the skin looks like. Nobody can end it earlier."
    )


class TooEarly(ClinicError):
    code = "too-early"
    text = _("It is too early: a clinician may look at the skin and end this from day 4 on.")


class CliniciansOnly(ClinicError):
    code = "clinicians-only"
    text = _("Only a clinician who has seen the skin may end this. Ask a colleague who treats.")


@transaction.atomic
def release(restriction: Restriction, *, at: datetime, by: User) -> Restriction:
    """A clinician has looked, and ends one restriction before its strict end."""
    if not by.may(Permission.TREAT):
        raise CliniciansOnly
    row = Restriction.objects.select_for_update(no_key=True).get(pk=restriction.pk)
    if row.released_at is not None:
        raise WrongState(state=_("Released"))
    if row.until <= at:
        raise WrongState(state=_("Over"))
    if row.release_from is None:
        raise NotReleasable
    if at < row.release_from:
        raise TooEarly
    row.released_at, row.released_by = at, by
    row.save(update_fields=["released_at", "released_by"])
    audit.record(
        "restriction.released", row, at=at, by=by, patient=row.plan.patient.uuid, rule=row.rule
    )
    _settle_moot(row.plan, at=at)
    return row


@transaction.atomic
def release_all(plan: AftercarePlan, *, at: datetime, by: User) -> list[Restriction]:
    """A clinician has looked: everything that may be ended by now is."""
    rows = plan.restrictions.releasable().filter(release_from__lte=at, until__gt=at)
    released = [release(row, at=at, by=by) for row in rows.order_by("pk")]
    if not released:
        raise TooEarly
    return released


def _settle_moot(plan: AftercarePlan, *, at: datetime) -> None:
    """Nothing of the general window is left, so nobody is reminded of it."""
    if not plan.restrictions.releasable().filter(until__gt=at).exists():
        subject = reminding.subject_of(plan.session)
        outbox.settle(subject, at=at, reason="released", messages=MOOT_AFTER_RELEASE)
