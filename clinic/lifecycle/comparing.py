"""Two charts beside each other: what is filled in, and where they contradict each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from patients.intake import Said, answers_now
from patients.models import Answer, ClinicalStatus, HistoryItem, HistoryKind, Patient, Reply

FILLED = ("sex", "can_be_pregnant", "phone", "email")  # taken from the other chart where empty
# Of two answers the one that holds: unknown is never no, and yes is what was said once.
STRICTEST = (
    Reply.YES,
    Reply.UNSURE,
    Reply.NOT_ASSESSED,
    Reply.ASSESSED,
    Reply.SAID,
    Reply.NO,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """The charts disagree: about a list of the history, or about an answer."""

    code: str
    sensitive: bool
    kept: HistoryItem | Answer | None = None
    merged: HistoryItem | Answer | None = None

    @property
    def is_list(self) -> bool:
        return self.code in HistoryKind.values


def filled(kept: Patient, merged: Patient) -> dict[str, tuple[object, object]]:
    """What the kept chart lacks and the other has: before and after, by column."""
    return {
        name: (getattr(kept, name), getattr(merged, name))
        for name in FILLED
        if getattr(kept, name) in {"", None} and getattr(merged, name) not in {"", None}
    }


def contradictions(kept: Patient, merged: Patient, *, at: datetime) -> list[Contradiction]:
    """Lists that one chart calls empty and the other does not, and answers that differ."""
    return [*_of_history(kept, merged), *_of_answers(kept, merged, at)]


def strictest(kept: Patient, merged: Patient, *, at: datetime) -> dict[str, tuple[Said, bool]]:
    """Of every question that either chart has answered, the answer that is safer to believe."""
    both = (answers_now(kept, at=at), answers_now(merged, at=at))
    found: dict[str, tuple[Said, bool]] = {}
    for question in sorted({*both[0], *both[1]}):
        rows = [said[question] for said in both if question in said]
        rows.sort(key=lambda row: row.answered_at, reverse=True)
        row = min(rows, key=lambda row: STRICTEST.index(Reply(row.reply)))
        notes = "; ".join(dict.fromkeys(one.note for one in rows if one.note))[:300]
        said = Said(reply=row.reply, date=row.date, note=notes)
        found[question] = (said, any(one.sensitive for one in rows))
    return found


def _of_history(kept: Patient, merged: Patient) -> Iterator[Contradiction]:
    for kind in HistoryKind.values:
        for one, other in ((kept, merged), (merged, kept)):
            none = one.history.current().filter(kind=kind, none_known=True).first()
            stated = other.history.current().filter(kind=kind, none_known=False)
            stated = stated.exclude(status=ClinicalStatus.RESOLVED)
            if none is None or not (rows := list(stated.order_by("pk"))):
                continue
            pair = (none, rows[0]) if one is kept else (rows[0], none)
            hidden = all(row.sensitive for row in rows)
            yield Contradiction(code=kind, sensitive=hidden, kept=pair[0], merged=pair[1])


def _of_answers(kept: Patient, merged: Patient, at: datetime) -> Iterator[Contradiction]:
    here, there = answers_now(kept, at=at), answers_now(merged, at=at)
    for question in sorted(here.keys() & there.keys()):
        one, other = here[question], there[question]
        if (one.reply, one.date) != (other.reply, other.date):
            sensitive = one.sensitive or other.sensitive
            yield Contradiction(code=question, sensitive=sensitive, kept=one, merged=other)
