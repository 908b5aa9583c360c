"""One consent as the staff sees it: through the door, with everything its page shows."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.knowledge.entries import ConsentContent
from clinic.knowledge.loader import load
from clinic.staff.access import StaffRequest
from clinic.staff.roles import Permission
from consent import evidence, reading, signing
from consent.comprehension import questions_of
from consent.forms import AnswerForm
from consent.models import (
    ConsentDocument,
    ConsentDocumentQuerySet,
    ConsentState,
    SignatureEvent,
    SignerRole,
)
from consent.text import SAYS, Text, text_of

NEXT = {
    ConsentState.DRAFT: _("Offer it to the patient."),
    ConsentState.OFFERED: _("The patient reads and signs: hand over the tablet or send the link."),
    ConsentState.SIGNED: _("Whoever treats countersigns it."),
    ConsentState.COUNTERSIGNED: _("It is being sealed. This takes a few seconds."),
    ConsentState.DECLINED: _("The patient said no. Talk about it, or offer a changed plan."),
}


def visible(request: StaffRequest) -> ConsentDocumentQuerySet:
    rows = ConsentDocument.objects.visible_to(request.user)
    return rows.select_related(
        "patient", "template", "second_template", "countersigned_by", "created_by", "supersedes"
    )


def document_of(request: StaffRequest, uuid: UUID) -> ConsentDocument:
    return get_object_or_404(visible(request), uuid=uuid)


def facts_of(request: StaffRequest, row: ConsentDocument) -> dict[str, object]:
    user, text = request.user, text_of(row)
    offered, signed = row.state == ConsentState.OFFERED, row.state == ConsentState.SIGNED
    may_offer = user.may(Permission.OFFER_CONSENT)
    return {
        "document": row,
        "text": text,
        "events": _time_line(row, text),
        "broken": evidence.breaks(row),
        "next_step": NEXT.get(ConsentState(row.state)),
        "may_hand_over": offered and may_offer,
        "may_countersign": signed and user.may(Permission.COUNTERSIGN),
        "may_withdraw": row.state in signing.SIGNED and may_offer,
        "may_hand_on": signed and bool(row.open_signers) and may_offer,
        "may_answer": user.may(Permission.COUNTERSIGN),
        "is_waiting": row.state == ConsentState.COUNTERSIGNED,
        "questions": row.questions.select_related("answered_by").order_by("pk"),
        "answer_form": AnswerForm(),
        "further": _further(row),
        "understood": _understood(row, text),
        "reasons": _reasons(text),
    }


def _further(row: ConsentDocument) -> list[tuple[str, str]]:
    """Who signs beside the patient, and the name of whoever did."""
    names = dict(row.further_signatures.values_list("role", "name"))
    return [(str(SignerRole(role).label), names.get(role, "")) for role in row.asked_signers]


def _understood(row: ConsentDocument, text: Text) -> list[tuple[str, str, bool]]:
    """Each question of understanding that was answered, with the last answer."""
    given = reading.last_answers(row)
    return [
        (one.text, one.options[given[one.key]], given[one.key] == one.right)
        for one in questions_of(text)
        if one.key in given
    ]


def _reasons(text: Text) -> list[tuple[str, str, str]]:
    """Why each part stands in it: the heading, what the knowledge asks for, and from where."""
    headings = text.headings | {"signature": text.statement.heading}
    language = get_language() or "en"
    return [
        (headings[SAYS[key]], part.content.in_(language), _cited(part))
        for key, part in load().consent_contents.items()
        if SAYS[key] in headings
    ]


def _cited(part: ConsentContent) -> str:
    return ", ".join(f"{one['file']}:{one['line']}" for one in load().cite(part))


def _time_line(row: ConsentDocument, text: Text) -> list[tuple[SignatureEvent, str]]:
    """Newest first; a section by its heading."""
    headings = text.headings
    events = row.events.order_by("-number")
    return [(event, headings.get(str(event.facts.get("section")), "")) for event in events]


def refused(request: StaffRequest, row: ConsentDocument, error: ClinicError) -> HttpResponse:
    facts = facts_of(request, row) | {"error": str(error)}
    return render(request, "consent/document_detail.html", facts, status=409)
