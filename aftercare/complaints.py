"""What a patient notices, in the patient's words, as signs that triage can judge."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from clinic.knowledge import hearing
from clinic.knowledge.entries import Saying, Symptom
from clinic.knowledge.hearing import Heard
from clinic.knowledge.loader import load
from procedures import catalogue
from procedures.domain.triage import Feeling, Reported, Triage, judge

# A sign that belongs to a product or an area that was not treated is another sign.
FEELINGS = {
    Saying.WORSE: Feeling.WORSE,
    Saying.STILL: Feeling.STILL,
    Saying.FADING: Feeling.FADING,
    Saying.GONE: Feeling.NONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """What was treated with what, as far as signs depend on it."""

    ingredients: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The gravest word of all that was said, the rules that ask for it, what nobody understood."""

    triage: Triage
    because: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sign:
    """One sign, and all that was said about it."""

    said: set[Saying] = field(default_factory=set)
    emergency: bool = False


def judged(texts: Iterable[str], hours: float, treated: Treated) -> Judged:
    """Hours are real ones since the end of the session."""
    signs: dict[str, _Sign] = {}
    alone: set[Saying] = set()
    unresolved: list[str] = []
    for text in texts:
        heard = hearing.symptoms(text)
        alone |= _collect(heard, signs, treated)
        unresolved += _not_understood(text, heard)
    for sign in signs.values():
        sign.said |= alone
    reports = [_reported(name, sign) for name, sign in signs.items()]
    if not reports and not alone.isdisjoint({Saying.WORSE, Saying.STILL, Saying.SEVERE}):
        reports = [Reported(sign="", feeling=_feeling(alone), severe=Saying.SEVERE in alone)]
    verdict = judge(reports, hours, catalogue.sign_rules())
    triage = verdict.triage
    if unresolved and triage is not Triage.URGENT:
        triage = Triage.CONTACT_CLINIC
    because = verdict.because if triage is verdict.triage else ()
    return Judged(triage=triage, because=because, unresolved=tuple(unresolved))


def _collect(heard: Iterable[Heard], signs: dict[str, _Sign], treated: Treated) -> set[Saying]:
    """Signs, and what is said about them: in the same breath, else about those named before.
    What is said before any sign is said about all of them."""
    alone: set[Saying] = set()
    before: set[str] = set()
    for one in heard:
        found = [load().symptoms[name] for name in one.named]
        named = {sign for entry in found for sign in _signs(entry, treated)}
        for name in named:
            signs.setdefault(name, _Sign())
        for entry in found:
            for name in _signs(entry, treated):
                signs[name].emergency |= entry.emergency
        said = _said(found, one)
        for name in named or before:
            signs[name].said |= said
        if not named and not before:
            alone |= said
        before |= named
    return alone - {Saying.GONE, Saying.FINE}


def _said(found: Iterable[Symptom], heard: Heard) -> set[Saying]:
    said = {entry.says for entry in found if entry.says is not None}
    if hearing.tells_a_span(heard.words):
        said.discard(Saying.GONE)  # "three days have gone" says nothing about a sign
    if Saying.GONE in said and hearing.says_nearly(heard.words):
        return said - {Saying.GONE} | {Saying.FADING}
    return said


def _signs(entry: Symptom, treated: Treated) -> Iterator[str]:
    if entry.says is Saying.SEVERE:
        return  # there they are the signs it matters for
    fitting = [sign for sign in entry.signs if _fits(sign, treated)]
    yield from fitting or entry.signs


def _fits(sign: str, treated: Treated) -> bool:
    entry = load().side_effects[sign]
    by_area = entry.area is None or entry.area.value in treated.regions
    own = frozenset(entry.ingredient_ids) if entry.applies_to else frozenset()
    return by_area and (not own or not own.isdisjoint(treated.ingredients))


def _reported(name: str, sign: _Sign) -> Reported:
    return Reported(
        sign=name,
        feeling=_feeling(sign.said),
        severe=Saying.SEVERE in sign.said and name in _severe_matters(),
        emergency=sign.emergency,
    )


def _feeling(said: Collection[Saying]) -> Feeling:
    """The worst that was said; whoever says nothing still has it."""
    return next((feeling for word, feeling in FEELINGS.items() if word in said), Feeling.STILL)


def _severe_matters() -> frozenset[str]:
    known = load().symptoms.values()
    return frozenset(sign for one in known if one.says is Saying.SEVERE for sign in one.signs)


def _not_understood(text: str, heard: tuple[Heard, ...]) -> list[str]:
    if not any(one.named or one.denied for one in heard):
        return [text.strip()]
    return [one.text for one in heard if not one.understood]
