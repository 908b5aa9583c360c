"""Putting a text before a patient, and taking it back when something newer has its place.

Each public function is one transaction.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from clinic.staff.models import User
from consent import keys
from consent.changes import changes
from consent.content import ConsentContent
from consent.evidence import note
from consent.models import ConsentDocument, ConsentState, ConsentTemplate, SignatureEventKind
from consent.signing import locked, record, refuse_unprintable, settle
from consent.text import compose, fingerprint, latest_template
from patients.models import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is put before a patient, and what the clinic's rules ask of it."""

    content: ConsentContent
    beside: ConsentContent | None = None  # the same in a second language
    replaces: ConsentDocument | None = None  # else the last one of the same subject
    signers: tuple[str, ...] = ()  # who signs beside the patient
    valid_months: int | None = None
    valid_sessions: int | None = None


@transaction.atomic
def offer(
    patient: Patient, subject: str, proposal: Proposal, *, at: datetime, by: User
) -> ConsentDocument:
    """Freeze the text for this patient; the one it follows is superseded in the same moment."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    earlier = proposal.replaces or _last(subject)
    content, template = _frozen(proposal.content, earlier)
    second = None if proposal.beside is None else _frozen(proposal.beside, earlier)
    keys.check(at=at)
    if earlier is not None:
        _supersede(earlier, at=at, by=by)
    document = ConsentDocument.objects.create(
        patient=patient,
        subject=subject,
        template=template,
        language=content.language,
        content=content.as_data(),
        second_template=second[1] if second else None,
        second_content=second[0].as_data() if second else None,
        content_sha256=fingerprint(content, template, beside=second),
        terms_sha256=content.terms_sha256(),
        asked_signers=list(proposal.signers),
        valid_months=proposal.valid_months,
        valid_sessions=proposal.valid_sessions,
        state=ConsentState.OFFERED,
        created_at=at,
        created_by=by,
        offered_at=at,
        supersedes=earlier,
    )
    note(document, SignatureEventKind.CREATED, at=at, by=by, subject=subject)
    record("consent.offered", document, at=at, by=by, language=content.language)
    return document


@transaction.atomic
def supersede(document: ConsentDocument, *, at: datetime, by: User | None) -> ConsentDocument:
    """Something newer has taken its place; it stays readable as it was."""
    return _supersede(document, at=at, by=by)


def _frozen(
    content: ConsentContent, earlier: ConsentDocument | None
) -> tuple[ConsentContent, ConsentTemplate]:
    """With what is other than in the text before, in the words of today's wording."""
    template = latest_template(content.language)
    if earlier is not None:
        before = _as_read(earlier, content.language)
        content = replace(content, changes=changes(before, content, template.texts["labels"]))
    refuse_unprintable([content.as_data(), template.texts])
    compose(content, template)  # a gap without a value is found before anybody reads
    return content, template


def _as_read(document: ConsentDocument, language: str) -> ConsentContent:
    """In that language where it was in it, else in its own."""
    second = document.second_content
    data = second if second and second["language"] == language else document.content
    return ConsentContent.from_data(data)


def _last(subject: str) -> ConsentDocument | None:
    return ConsentDocument.objects.filter(subject=subject).order_by("-pk").first()


def _supersede(document: ConsentDocument, *, at: datetime, by: User | None) -> ConsentDocument:
    document = locked(document)
    if document.state in {ConsentState.SUPERSEDED, ConsentState.WITHDRAWN}:
        return document
    document.move_to(ConsentState.SUPERSEDED)
    document.save()
    note(document, SignatureEventKind.SUPERSEDED, at=at, by=by)
    record("consent.superseded", document, at=at, by=by)
    settle(document, at=at, reason="superseded")
    return document
