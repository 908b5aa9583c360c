"""A patient's "Can I ...?": answered by the rules at once, or by a clinician afterwards."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from aftercare import asking, check_ins, complaints
from aftercare.asking import Answer, Circumstances
from aftercare.complaints import Treated
from aftercare.models import AftercarePlan, Feeling, May, Question, Restriction
from clinic.errors import ClinicError, WrongState
from clinic.knowledge import hearing
from clinic.messaging.models import PatientLink
from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.models import User
from clinic.staff.roles import Permission, Role
from procedures import catalogue
from procedures.domain.restrictions import Window, by_rule, calendar
from procedures.domain.triage import Triage

SAME_TAP = timedelta(minutes=2)
AN_HOUR = timedelta(hours=1)
AN_HOUR_HOLDS = 20  # more than anybody types; a program would
LONGEST = 300
EMERGENCY = "SE-ALLERGY-ACUTE"


class NothingAsked(ClinicError):
    code = "nothing-asked"
    text = _("Write what you would like to do, in a few words.")


class TooManyQuestions(ClinicError):
    code = "too-many-questions"
    text = _("That were many questions in a short time. Please call us instead.")


class CliniciansAnswer(ClinicError):
    code = "clinicians-answer"
    text = _("Only somebody who treats may answer a patient. Ask a colleague.")


class NothingAnswered(ClinicError):
    code = "nothing-answered"
    text = _("Write the answer in words that the patient understands.")


@transaction.atomic
def ask(plan: AftercarePlan, text: str, *, at: datetime, by: PatientLink) -> Question:
    """Answer from the rules; what they leave open becomes a task for a clinician."""
    asked = text.strip()[:LONGEST]
    if not asked:
        raise NothingAsked
    plan = AftercarePlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    recent = plan.questions.filter(asked_at__gt=at - AN_HOUR)
    same = recent.filter(asked=asked, asked_at__gt=at - SAME_TAP).first()
    if same is not None:
        return same
    if recent.count() >= AN_HOUR_HOLDS:
        raise TooManyQuestions
    question = _kept(plan, asked, asking.answer(asked, "", _circumstances(plan, at=at)), at=at)
    patient = plan.patient.uuid
    audit.record("question.asked", question, at=at, by=by, patient=patient, may=question.may)
    if question.is_open:
        _ask_a_clinician(question, at=at)
    if _is_emergency(plan, asked):
        check_ins.check_in(plan, Feeling.WORSE, [EMERGENCY], asked, at=at, by=by)
    return question


@transaction.atomic
def reply(question: Question, text: str, *, at: datetime, by: User) -> Question:
    """A clinician answers; the patient reads it on the page."""
    if not by.may(Permission.TREAT):
        raise CliniciansAnswer
    row = Question.objects.select_for_update(no_key=True).get(pk=question.pk)
    if row.answered_at is not None:
        raise WrongState(state=_("Answered"))
    if not text.strip():
        raise NothingAnswered
    row.answer, row.answered_at, row.answered_by = text.strip(), at, by
    row.save(update_fields=["answer", "answered_at", "answered_by"])
    audit.record("question.answered", row, at=at, by=by, patient=row.plan.patient.uuid)
    worklist.settle(_cause(row), at=at)
    return row


def _kept(plan: AftercarePlan, asked: str, found: Answer, *, at: datetime) -> Question:
    return Question.objects.create(
        plan=plan,
        asked=asked,
        asked_at=at,
        may=May(found.may.value),
        until=found.until,
        conditions=[words.model_dump() for words in found.conditions],
        without=[words.model_dump() for words in found.without],
        rules=list(found.rules),
        is_open=bool(found.unresolved),
    )


def _circumstances(plan: AftercarePlan, *, at: datetime) -> Circumstances:
    return Circumstances(
        at=at,
        ended_at=plan.session_ended_at,
        windows=by_rule(_windows(plan)),
        area=_area(plan),
    )


def _windows(plan: AftercarePlan) -> Iterator[Window]:
    """Every ban of every session as it was copied; a clinician's release ends it. What nobody is
    told of by himself is reckoned from this session."""
    for row in Restriction.objects.filter(plan__patient=plan.patient):
        until = min(row.until, row.released_at or row.until)
        yield Window(rule=row.rule, starts_at=row.starts_at, until=until)
    told = set(plan.restrictions.values_list("rule", flat=True))
    untold = [rule for rule in catalogue.every_restriction() if rule.id not in told]
    for area in hearing.regions(_area(plan)) | {""}:
        yield from calendar(untold, ended_at=plan.session_ended_at, area=area)


def _area(plan: AftercarePlan) -> str:
    return plan.session.plan.area if plan.session.plan else ""


def _is_emergency(plan: AftercarePlan, asked: str) -> bool:
    """Somebody who cannot breathe may ask for a tablet."""
    treated = Treated(regions=hearing.regions(_area(plan)))
    return complaints.judged([asked], 0, treated).triage is Triage.URGENT


def _ask_a_clinician(question: Question, *, at: datetime) -> None:
    worklist.ask(
        TaskKind.REVIEW,
        _cause(question),
        question,
        role=Role.COSMETOLOGIST,
        patient=question.plan.patient.uuid,
        due_at=at,
        at=at,
    )


def _cause(question: Question) -> str:
    return f"question:{question.uuid}"
