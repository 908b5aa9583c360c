"""A few questions on this very plan: was the paper clear? Made of the paper alone, in its words.

The same document always asks the same, so that an answer kept as a number can be read later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.content import AftercareItem, ConsentContent, digest
from consent.text import Text

MOST = 5
MOST_OPTIONS = 4
FEW_DRUGS = 3  # named in one answer; of more the area is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its answers, the right one among them, and where the paper says so."""

    key: str
    text: str
    options: tuple[str, ...]
    right: int
    section: str

    @property
    def answer(self) -> str:
        return self.options[self.right]


def questions_of(text: Text) -> tuple[Question, ...]:
    """Three to five; none where the wording of that version had none."""
    if not text.check:
        return ()
    content = text.content
    asked = [
        *_sessions(content, text.check),
        *_aftercare(content, text.check),
        *_treatment(content, text.check),
        *_contact(content, text.check),
        *_rights(text.check),
    ]
    return tuple(asked[:MOST])


def _sessions(content: ConsentContent, check: Mapping[str, Any]) -> Iterator[Question]:
    count = content.sessions.count
    others = [str(n) for n in (count + 2, max(1, count - 1), count + 4) if n != count]
    yield _question("sessions", check["sessions"]["text"], str(count), others, "sessions")


def _aftercare(content: ConsentContent, check: Mapping[str, Any]) -> Iterator[Question]:
    """Wrong answers are the periods of other rules, so that only reading tells."""
    item = _rule(content)
    if item is None:
        return
    periods = dict.fromkeys(one.period for one in content.aftercare if one.period)
    others = [period for period in periods if period != item.period]
    if others:
        words = f"{check['aftercare']['text']} {item.text}"
        yield _question("aftercare", words, item.period, others, "aftercare")


def _rule(content: ConsentContent) -> AftercareItem | None:
    """The one that was marked for it, else the first that ends."""
    timed = [item for item in content.aftercare if item.period]
    return next((item for item in timed if item.asked), timed[0] if timed else None)


def _treatment(content: ConsentContent, check: Mapping[str, Any]) -> Iterator[Question]:
    """What is injected, where that fits into one answer; else which area."""
    if 0 < len(content.drugs) <= FEW_DRUGS:
        names = ", ".join(drug.name for drug in content.drugs)
        asked = check["drugs"]
        yield _question("drugs", asked["text"], names, asked["wrong"], "drugs")
    else:
        asked = check["method"]
        yield _question("method", asked["text"], content.area.label, asked["wrong"], "method")


def _contact(content: ConsentContent, check: Mapping[str, Any]) -> Iterator[Question]:
    asked = check["contact"]
    right = f"{asked['answer']} {content.clinic.urgent_phone}"
    yield _question("contact", asked["text"], right, asked["wrong"], "contact")


def _rights(check: Mapping[str, Any]) -> Iterator[Question]:
    asked = check["rights"]
    yield _question("rights", asked["text"], asked["answer"], asked["wrong"], "rights")


def _question(key: str, text: str, right: str, others: list[str], section: str) -> Question:
    """Turned by a number that only the words decide: the right answer has no usual place."""
    wrong = [option for option in dict.fromkeys(others) if option != right]
    options = [right, *wrong[: MOST_OPTIONS - 1]]
    turn = int(digest([key, text, right])[:8], 16) % len(options)
    turned = (*options[turn:], *options[:turn])
    return Question(key=key, text=text, options=turned, right=turned.index(right), section=section)
