"""What happens while a patient reads: how far, how well it was understood, what is asked.

Each public function is one transaction; none of it ever keeps anybody from signing.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from clinic.messaging.models import PatientLink
from clinic.record import worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Role
from consent.comprehension import Question, questions_of
from consent.evidence import Evidence, note
from consent.models import ConsentDocument, ConsentState, PatientQuestion, SignatureEventKind
from consent.refusals import AlreadyAnswered, NoAnswer, NoQuestion, TooManyQuestions
from consent.signing import locked, record, refuse_unprintable
from consent.text import ORDER, text_of

SECTIONS = frozenset(key for key, _part, _needs in ORDER)
MOST_QUESTIONS = 10
MOST_ANSWERS = 40  # of the check of understanding, repeated ones included
Kind = SignatureEventKind


@transaction.atomic
def opened(
    document: ConsentDocument, evidence: Evidence, *, at: datetime, by: PatientLink
) -> ConsentDocument:
    """The patient sees it; the first time per link is kept."""
    document = locked(document)
    seen = document.events.filter(kind=Kind.OPENED, actor_uuid=by.uuid)
    if document.state == ConsentState.OFFERED and not seen.exists():
        note(document, Kind.OPENED, at=at, by=by, evidence=evidence)
        record("consent.opened", document, at=at, by=by)
    return document


@transaction.atomic
def section_reached(
    document: ConsentDocument, section: str, *, at: datetime, by: PatientLink
) -> ConsentDocument:
    """How far the patient came; each section once per link, and only before signing."""
    document = locked(document)
    seen = document.events.filter(
        kind=Kind.SECTION_REACHED, actor_uuid=by.uuid, facts__section=section
    )
    if document.state == ConsentState.OFFERED and section in SECTIONS and not seen.exists():
        note(document, Kind.SECTION_REACHED, at=at, by=by, section=section)
        record("consent.section-reached", document, at=at, by=by, section=section)
    return document


@transaction.atomic
def check_answered(
    document: ConsentDocument, chosen: Mapping[str, int], *, at: datetime, by: PatientLink
) -> ConsentDocument:
    """What the patient answered to the questions on this plan; right or wrong, it is kept."""
    document = locked(document)
    given, asked = last_answers(document), questions_of(text_of(document))
    new = [one for one in asked if _is_new(one, chosen.get(one.key), given.get(one.key))]
    room = MOST_ANSWERS - document.events.filter(kind=Kind.CHECK_ANSWERED).count()
    if document.state != ConsentState.OFFERED or not new or len(new) > room:
        return document
    for question in new:
        answer = chosen[question.key]
        right = answer == question.right
        kind, key = Kind.CHECK_ANSWERED, question.key
        note(document, kind, at=at, by=by, question=key, answer=answer, right=right)
    record("consent.check-answered", document, at=at, by=by, answers=len(new))
    return document


def _is_new(question: Question, answer: int | None, before: int | None) -> bool:
    """An answer that there is, and another one than the last."""
    return answer is not None and answer != before and 0 <= answer < len(question.options)


def last_answers(document: ConsentDocument) -> dict[str, int]:
    """The last answer to each question, by its key."""
    events = document.events.filter(kind=Kind.CHECK_ANSWERED).order_by("number")
    return {str(event.facts["question"]): int(event.facts["answer"]) for event in events}


@transaction.atomic
def ask(
    document: ConsentDocument, words: str, evidence: Evidence, *, at: datetime, by: PatientLink
) -> PatientQuestion:
    """The patient wants to know something; whoever treats has it among the tasks."""
    document = locked(document)
    if document.state != ConsentState.OFFERED or not words.strip():
        raise NoQuestion
    if document.questions.count() >= MOST_QUESTIONS:
        raise TooManyQuestions
    refuse_unprintable([words])
    question = PatientQuestion.objects.create(
        document=document, text=words.strip()[:1000], asked_at=at
    )
    note(document, Kind.QUESTION_ASKED, at=at, by=by, evidence=evidence)
    record("consent.question-asked", document, at=at, by=by)
    worklist.ask(
        TaskKind.CONSENT_PROBLEM,
        question.cause,
        document,
        role=Role.COSMETOLOGIST,
        patient=document.patient.uuid,
        due_at=at,
        at=at,
        code="question",
    )
    return question


@transaction.atomic
def answer(question: PatientQuestion, words: str, *, at: datetime, by: User) -> PatientQuestion:
    """Answered in writing, or what was answered in the talk; once, and it stays."""
    document = locked(question.document)
    question = PatientQuestion.objects.get(pk=question.pk)
    if question.answered_at is not None:
        raise AlreadyAnswered
    if not words.strip():
        raise NoAnswer
    refuse_unprintable([words])
    question.answer, question.answered_at, question.answered_by = words.strip()[:2000], at, by
    question.save()
    note(document, Kind.QUESTION_ANSWERED, at=at, by=by)
    record("consent.question-answered", document, at=at, by=by)
    worklist.settle(question.cause, at=at)
    return question
