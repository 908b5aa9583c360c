"""The link that opens the questionnaire at home. Each public function is one transaction."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging import links, outbox
from clinic.messaging.models import Channel, Message, PatientLink, Purpose
from clinic.messaging.recipients import channel_for
from clinic.record import audit
from clinic.staff.models import Location, User
from patients.intake import subject_of
from patients.models import Intake, Moment, Patient
from patients.models.people import PatientQuerySet

OPEN = timedelta(days=14)
ON_TABLET = timedelta(hours=2)
MESSAGE = "intake-link"


class NoWay(ClinicError):
    code = "no-way"
    text = _(
        "The patient has not allowed us to write by mail or SMS. Hand over the tablet, or ask for "
        "the address and enter it under “Edit”."
    )


class WaitsForReview(ClinicError):
    code = "waits-for-review"
    text = _("A questionnaire was handed in already. Review it first.")


@transaction.atomic
def invite(
    patient: Patient,
    *,
    location: Location | None,
    until: datetime | None = None,
    at: datetime,
    by: User | None,
) -> PatientLink:
    """Owe the patient a link; one that was sent before opens nothing any more."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    if patient.intakes.to_review().filter(moment=Moment.INTAKE).exists():
        raise WaitsForReview
    channel = way_to(patient)
    if channel is None:
        raise NoWay
    subject, until = subject_of(patient, Moment.INTAKE), until or at + OPEN
    links.revoke(subject, at=at)
    link = links.make(patient.recipient, Purpose.INTAKE, subject, expires_at=until, at=at)
    outbox.owe(
        outbox.Owed(
            subject=subject,
            occasion=Message.objects.filter(subject=subject, message=MESSAGE).count(),
            message=MESSAGE,
            recipient=patient.recipient,
            channel=channel,
            due_at=at,
            not_after=until,
            patient_uuid=patient.uuid,
            link=link,
            location=location,
        ),
        at=at,
    )
    audit.record(
        "intake.invited", patient, at=at, by=by, patient=patient.uuid, channel=channel.value
    )
    return link


@transaction.atomic
def open_here(patient: Patient, moment: str, *, at: datetime, by: User) -> PatientLink:
    """On the clinic's own device, for the time of a visit; a link sent home goes on working."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    if patient.intakes.to_review().filter(moment=moment).exists():
        raise WaitsForReview
    link = links.make(
        patient.recipient,
        Purpose.INTAKE,
        subject_of(patient, moment),
        expires_at=at + ON_TABLET,
        at=at,
    )
    audit.record("intake.opened-on-tablet", patient, at=at, by=by, patient=patient.uuid)
    return link


@transaction.atomic
def take_back(patient: Patient, *, at: datetime, by: User) -> int:
    """The links to the questionnaire open nothing any more; how many did."""
    subject = subject_of(patient, Moment.INTAKE)
    count = links.revoke(subject, at=at)
    outbox.settle(subject, at=at, reason="link-dead")
    audit.record("intake.link-revoked", patient, at=at, by=by, patient=patient.uuid, links=count)
    return count


def way_to(patient: Patient) -> Channel | None:
    """How the patient may be written to; None where they allowed nothing."""
    channel = channel_for(patient.recipient)
    return channel if patient.recipient.allows(channel) else None


def open_link(patient: Patient, *, at: datetime) -> PatientLink | None:
    """The link that the patient may still open."""
    rows = PatientLink.objects.alive(at=at).filter(subject=subject_of(patient, Moment.INTAKE))
    return rows.order_by("-created_at", "-pk").first()


def never_asked(patients: PatientQuerySet) -> PatientQuerySet:
    """Those who answered nothing yet, and whom nobody has ever sent the link."""
    filled = Intake.objects.filter(patient=OuterRef("pk"), moment=Moment.INTAKE)
    sent = Message.objects.filter(patient_uuid=OuterRef("uuid"), message=MESSAGE)
    return patients.filter(~Exists(filled), ~Exists(sent))
