"""What a patient says alone, beside what the record says: read only, nothing is decided here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils import formats

from clinic.knowledge.loader import load
from clinic.knowledge.vocabulary import Vocabulary
from clinic.knowledge.wording import normal
from patients import intake as questionnaire
from patients import meaning
from patients.models import (
    ABOUT_ALLERGIES,
    Answer,
    Claim,
    ClinicalStatus,
    HistoryItem,
    HistoryKind,
    Intake,
    Moment,
    Patient,
    Reply,
)

Day = date  # where a field is called `date`
PREGNANT = "can_be_pregnant"


class Standing(StrEnum):
    """How what was said stands to the record."""

    SAME = "same"
    NEW = "new"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer, whoever gave it and when."""

    reply: str
    date: Day | None = None
    note: str = ""
    since: datetime | None = None

    @property
    def content(self) -> tuple[str, Day | None, str]:
        return self.reply, self.date, normal(self.note)

    @property
    def label(self) -> str:
        return str(Reply(self.reply).label)

    @property
    def words(self) -> str:
        day = formats.date_format(self.date, "j E Y") if self.date else ""
        return ", ".join(part for part in (self.label, day, self.note) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """One answer beside the record; `mentions` are statements of the history that it touches."""

    about: str
    said: Told
    record: Told | None
    mentions: tuple[HistoryItem, ...]
    standing: Standing
    sensitive: bool

    @property
    def record_words(self) -> str:
        """In words for the decision; the history is quoted where it speaks against a no."""
        told = [self.record.words] if self.record else []
        return "; ".join([*told, *(item.text for item in self.mentions)])[:700]

    @property
    def said_words(self) -> str:
        return self.said.words[:700]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """One line that the patient wrote in a list."""

    text: str
    standing: Standing
    sensitive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLine:
    """One list beside the record; `others` stand there, and the patient did not name them."""

    kind: str
    none_known: bool
    lines: tuple[Mentioned, ...]
    others: tuple[HistoryItem, ...]
    standing: Standing
    sensitive: bool

    @property
    def about(self) -> str:
        return f"list-{self.kind}"

    @property
    def record_words(self) -> str:
        return "; ".join(item.text for item in self.others)[:700]

    @property
    def said_words(self) -> str:
        return "—" if self.none_known else "; ".join(line.text for line in self.lines)[:700]


def answers_of(filled: Intake, *, at: datetime) -> list[AnswerLine]:
    """Every answer of it beside what the patient said last, and what the history holds."""
    before = questionnaire.answers_now(filled.patient, at=at)
    mentions = _mentions(filled.patient)
    rows = filled.answers.order_by("pk")
    lines = [_answer(row, before.get(row.question), mentions, filled.moment) for row in rows]
    return [*_pregnancy(filled), *lines]


def lists_of(filled: Intake) -> list[ListLine]:
    """Every list that the patient wrote, beside the history."""
    words = meaning.vocabularies()
    items = list(_active(filled.patient))
    order = list(HistoryKind)
    claims = sorted(filled.claims.all(), key=lambda claim: order.index(HistoryKind(claim.kind)))
    return [_list(claim, [i for i in items if i.kind == claim.kind], words) for claim in claims]


def _answer(
    row: Answer, before: Answer | None, mentions: Mapping[str, list[HistoryItem]], moment: str
) -> AnswerLine:
    said = Told(reply=row.reply, date=row.date, note=row.note)
    record = None
    if before is not None:
        record = Told(
            reply=before.reply, date=before.date, note=before.note, since=before.answered_at
        )
    against = tuple(mentions.get(row.question, ())) if row.reply == Reply.NO else ()
    return AnswerLine(
        about=row.question,
        said=said,
        record=record,
        mentions=against,
        standing=Standing.CONFLICT if against else _standing(said, record, moment),
        sensitive=row.sensitive or any(item.sensitive for item in against),
    )


def _standing(said: Told, record: Told | None, moment: str) -> Standing:
    """On the day of a session a change is news, unless it makes something milder."""
    if record is None:
        return Standing.NEW
    if said.content == record.content:
        return Standing.SAME
    milder = said.reply == Reply.NO and record.reply != Reply.NO
    return Standing.NEW if moment == Moment.SESSION and not milder else Standing.CONFLICT


def _pregnancy(filled: Intake) -> Iterator[AnswerLine]:
    """Whether questions are asked at all is compared as well."""
    if filled.can_be_pregnant is None:
        return
    known = filled.patient.can_be_pregnant
    record = None if known is None else Told(reply=Reply.YES if known else Reply.NO)
    said = Told(reply=Reply.YES if filled.can_be_pregnant else Reply.NO)
    standing = _standing(said, record, Moment.INTAKE)
    yield AnswerLine(
        about=PREGNANT, said=said, record=record, mentions=(), standing=standing, sensitive=False
    )


def _active(patient: Patient) -> Iterable[HistoryItem]:
    rows = HistoryItem.objects.filter(patient=patient).current().filter(none_known=False)
    return rows.exclude(status=ClinicalStatus.RESOLVED).order_by("pk")


def _mentions(patient: Patient) -> dict[str, list[HistoryItem]]:
    """Which statements speak of the same thing as a question."""
    rules, words = load().contraindications, meaning.vocabularies()
    found: dict[str, list[HistoryItem]] = {}
    for item in _active(patient):
        concepts = meaning.understood(item.text, item.concept, among=words[item.kind])
        named = {rule for one in concepts for rule in one.rules if rule in rules}
        if item.kind == HistoryKind.ALLERGY:
            named.add(ABOUT_ALLERGIES)
        for rule in named:
            found.setdefault(rule, []).append(item)
    return found


def _list(claim: Claim, items: list[HistoryItem], words: Mapping[str, Vocabulary]) -> ListLine:
    among, named = words[claim.kind], set[int]()
    lines = []
    for text in claim.lines:
        same = [item for item in items if _is_same(text, item, among)]
        named.update(item.pk for item in same)
        probe = meaning.take_in(HistoryItem(kind=claim.kind, text=text))
        standing = Standing.SAME if same else Standing.NEW
        lines.append(Mentioned(text=text, standing=standing, sensitive=probe.sensitive))
    others = tuple(item for item in items if item.pk not in named)
    if claim.none_known and others:
        standing = Standing.CONFLICT
    else:
        known = all(line.standing is Standing.SAME for line in lines)
        standing = Standing.SAME if lines and known else Standing.NEW
    return ListLine(
        kind=claim.kind,
        none_known=claim.none_known,
        lines=tuple(lines),
        others=others,
        standing=standing,
        sensitive=standing is Standing.CONFLICT and any(item.sensitive for item in others),
    )


def _is_same(text: str, item: HistoryItem, among: Vocabulary) -> bool:
    """The same words, or words for the same thing."""
    if normal(text) == item.folded:
        return True
    ours = {one.id for one in meaning.understood(text, among=among)}
    theirs = {one.id for one in meaning.understood(item.text, item.concept, among=among)}
    return bool(ours) and ours == theirs
