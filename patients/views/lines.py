"""What the chart says of an answer or a statement, in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from clinic.knowledge.loader import load
from clinic.knowledge.questions import ANYTHING_CHANGED
from clinic.knowledge.vocabulary import Vocabulary
from clinic.staff.models import User
from patients import meaning
from patients.models import Answer, ClinicalStatus, HistoryItem, HistoryKind, Patient, Reply

TITLES = {
    HistoryKind.CONDITION: _("Conditions"),
    HistoryKind.ALLERGY: _("Allergies"),
    HistoryKind.MEDICINE: _("Medicines"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    label: str
    reply: str
    words: str
    date: date | None
    note: str
    sensitive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    item: HistoryItem
    meaning: str  # empty: not recognised, the doctor will review


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """One of the three lists of the history; asked is another thing than empty."""

    kind: str
    title: str
    lines: list[StatementLine]
    past: list[StatementLine]
    none_known: HistoryItem | None
    hidden: int


def answer_lines(answers: Iterable[Answer], language: str) -> list[AnswerLine]:
    return [
        AnswerLine(
            label=label_of(answer.question, language),
            reply=answer.reply,
            words=str(Reply(answer.reply).label),
            date=answer.date,
            note=answer.note,
            sensitive=answer.sensitive,
        )
        for answer in answers
    ]


def label_of(question: str, language: str) -> str:
    """What a question is about; an old code that no rule knows any more stands for itself."""
    knowledge = load()
    if question == ANYTHING_CHANGED:
        return knowledge.extra_questions[question].text.in_(language)
    rule = knowledge.contraindications.get(question)
    return rule.label.in_(language) if rule else question


def lists_of(patient: Patient, user: User, language: str) -> list[List]:
    """Conditions, allergies and medicines; what this user may not see is only counted."""
    current = HistoryItem.objects.filter(patient=patient).current()
    visible = list(current.visible_to(user).select_related("recorded_by").order_by("-pk"))
    hidden = list(current.hidden_from(user))
    words = meaning.vocabularies()
    return [
        _list(
            kind,
            [item for item in visible if item.kind == kind],
            words[kind],
            hidden=sum(item.kind == kind for item in hidden),
            language=language,
        )
        for kind in HistoryKind
    ]


def _list(
    kind: HistoryKind, items: list[HistoryItem], words: Vocabulary, *, hidden: int, language: str
) -> List:
    stated = [_line(item, words, language) for item in items if not item.none_known]
    return List(
        kind=kind.value,
        title=str(TITLES[kind]),
        lines=[line for line in stated if line.item.status != ClinicalStatus.RESOLVED],
        past=[line for line in stated if line.item.status == ClinicalStatus.RESOLVED],
        none_known=next((item for item in items if item.none_known), None),
        hidden=hidden,
    )


def _line(item: HistoryItem, words: Vocabulary, language: str) -> StatementLine:
    concepts = meaning.understood(item.text, item.concept, among=words)
    return StatementLine(item=item, meaning=", ".join(one.label.in_(language) for one in concepts))
