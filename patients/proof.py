"""Whose phone it is: whoever opens a link says the patient's date of birth before anything else.

Each public function is one transaction.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.messaging.links import LinkDead
from clinic.messaging.models import PatientLink
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients.models import LinkProof, Patient

TRIES = 5


class WrongBirthDate(ClinicError):
    code = "wrong-birth-date"
    text = _("This is not the date of birth that we know. Check day, month and year.")


class NotLocked(ClinicError):
    code = "not-locked"
    text = _("This link is not locked any more. Reload the page.")


class LinkLocked(LinkDead):
    code = "link-locked"
    text = _(
        "The date of birth was wrong too often, so this link is locked. Please call us for a new "
        "one."
    )


@transaction.atomic
def prove(link: PatientLink, said: date, *, at: datetime) -> LinkProof:
    """The right date opens; a wrong one is counted, and the last one locks and asks the desk.

    What is wrong stays counted, so that the refusal is no part of this transaction: see `refused`.
    """
    patient = Patient.objects.get(recipient=link.recipient_id)
    LinkProof.objects.get_or_create(link=link)
    proof = LinkProof.objects.select_for_update(no_key=True).get(link=link)
    if proof.locked_at is not None:
        return proof
    if said == patient.birth_date:
        proof.proved_at = at
    else:
        _count(proof, patient, at=at)
    proof.save()
    return proof


def refused(proof: LinkProof, *, at: datetime) -> ClinicError | None:
    """Why whoever just said a date comes no further; None if they do."""
    if proof.locked_at is not None:
        return LinkLocked(language=proof.link.recipient.language)
    return None if proof.proved_at == at else WrongBirthDate()


def is_locked(link: PatientLink) -> bool:
    return LinkProof.objects.filter(link=link, locked_at__isnull=False).exists()


@transaction.atomic
def free(patient: Patient, *, at: datetime, by: User) -> list[PatientLink]:
    """The desk has made sure who is calling: the patient's links may be tried again."""
    rows = LinkProof.objects.select_for_update(no_key=True, of=("self",)).select_related("link")
    locked = list(rows.filter(link__in=locked_of(patient, at=at)).order_by("pk"))
    if not locked:
        raise NotLocked
    for proof in locked:
        proof.wrong, proof.locked_at, proof.proved_at = 0, None, None
        proof.save(update_fields=["wrong", "locked_at", "proved_at"])
        worklist.settle(_cause(proof.link), at=at)
    audit.record("links.freed", patient, at=at, by=by, patient=patient.uuid, links=len(locked))
    return [proof.link for proof in locked]


def locked_of(patient: Patient, *, at: datetime) -> list[PatientLink]:
    """The patient's living links that too many wrong dates have locked."""
    alive = PatientLink.objects.alive(at=at).filter(recipient=patient.recipient_id)
    return list(alive.filter(proof__locked_at__isnull=False).order_by("pk"))


def _count(proof: LinkProof, patient: Patient, *, at: datetime) -> None:
    proof.wrong += 1
    audit.record("link.birth-date-wrong", proof.link, at=at, by=proof.link, patient=patient.uuid)
    if proof.wrong < TRIES:
        return
    proof.locked_at = at
    worklist.ask(
        TaskKind.CALL_PATIENT,
        f"{_cause(proof.link)}{at.isoformat()}",
        patient,
        role=Role.RECEPTION,
        patient=patient.uuid,
        due_at=at,
        at=at,
        code="link-locked",
    )


def _cause(link: PatientLink) -> str:
    return f"link-locked:{link.uuid}:"
