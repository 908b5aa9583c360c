"""The consent to a plan: offered for it, on its way, in force for exactly it."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.record import worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent import offering
from consent.models import Asked, ConsentDocument, ConsentRules
from consent.offering import Proposal
from consent.sandbox import BadWording, TooLong, Unfilled
from patients.models import Patient
from procedures.disclosure import content_of
from procedures.models import Plan, Session
from procedures.terms import terms_of


class NotSignedOff(ClinicError):
    code = "not-signed-off"
    text = _("A doctor has to sign off this plan before the patient is asked to agree to it.")


class NotCurrent(ClinicError):
    code = "not-current"
    text = _("This plan was changed or closed. Open the plan that holds now and offer that one.")


class NoPrice(ClinicError):
    code = "no-price"
    text = _(
        "This location prints a price in each consent. Open the plan and write the price there."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Besides:
    """What whoever offers a consent may add to it."""

    second: str = ""  # a second language, printed beside the first
    price: str = ""  # one line
    signers: tuple[str, ...] = ()  # who is needed today, of those the clinic's rules leave open


ALONE = Besides()


@transaction.atomic
def offer(
    plan: Plan, *, language: str, besides: Besides = ALONE, at: datetime, by: User
) -> ConsentDocument:
    """Put the consent to exactly this plan before the patient, in the patient's language."""
    Patient.objects.select_for_update(no_key=True).get(pk=plan.patient_id)
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if plan.superseded_at is not None or plan.closed_at is not None:
        raise NotCurrent
    if plan.signed_off_at is None:
        raise NotSignedOff
    proposal = _proposal(plan, language, besides, at)
    document = offering.offer(plan.patient, plan.subject, proposal, at=at, by=by)
    worklist.settle(_wording_cause(plan), at=at)
    return document


def offer_or_ask(
    plan: Plan, *, language: str, besides: Besides = ALONE, at: datetime, by: User
) -> ConsentDocument:
    """Offer it; where the clinic's own wording does not fit this plan, a lead learns of it."""
    try:
        return offer(plan, language=language, besides=besides, at=at, by=by)
    except (BadWording, TooLong, Unfilled) as error:
        worklist.ask(
            TaskKind.CONSENT_PROBLEM,
            _wording_cause(plan),
            plan,
            role=Role.CLINICAL_LEAD,
            patient=plan.patient.uuid,
            due_at=at,
            at=at,
            code=error.code,
            gap=str(error.facts.get("name", "")),
        )
        raise


def _wording_cause(plan: Plan) -> str:
    return f"consent-wording:{plan.uuid}"


def rules_of(plan: Plan, *, at: datetime) -> ConsentRules:
    """What the plan's location has decided about its consents."""
    return ConsentRules.objects.all().of(plan.location, at=at)


def in_force(plan: Plan, *, at: datetime) -> ConsentDocument | None:
    """The consent that names exactly this plan and holds at that moment, if there is one."""
    consents = ConsentDocument.objects.in_force(at=at).naming(terms_of(plan))
    found = consents.filter(patient=plan.patient, subject=plan.subject).order_by("pk").last()
    return found if found is not None and not used_up(found) else None


def used_up(document: ConsentDocument) -> bool:
    """It was for so many sessions, and they were given."""
    if document.valid_sessions is None:
        return False
    given = Session.objects.performed().filter(consent=document)
    return given.count() >= document.valid_sessions


def on_its_way(plan: Plan) -> ConsentDocument | None:
    """The document for exactly this plan that somebody still has to sign or seal."""
    consents = ConsentDocument.objects.unfinished().naming(terms_of(plan))
    return consents.filter(patient=plan.patient, subject=plan.subject).order_by("pk").last()


def _proposal(plan: Plan, language: str, besides: Besides, at: datetime) -> Proposal:
    rules = rules_of(plan, at=at)
    price = besides.price.strip() if rules.price_line else ""
    if rules.price_line and not price:
        raise NoPrice
    always, open_ones = rules.signers(Asked.ALWAYS), rules.signers(Asked.WHEN_NEEDED)
    needed = [role for role in open_ones if role in besides.signers]

    contents = [
        replace(content_of(plan, language=one, at=at), price=price)
        for one in dict.fromkeys((language, besides.second))
        if one
    ]
    return Proposal(
        content=contents[0],
        beside=contents[1] if len(contents) > 1 else None,
        signers=(*always, *needed),
        valid_months=rules.valid_months,
        valid_sessions=rules.valid_sessions,
    )
