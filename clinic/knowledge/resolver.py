"""From what people write to what the knowledge knows: "СД2", "Eliquis 5 mg", "denies asthma".

Whatever nothing matches is unresolved and waits for a person: unknown is never no.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from clinic.knowledge import codes
from clinic.knowledge.clauses import Clause, Kinds, Match, Sense, read
from clinic.knowledge.entries import Kind, Words
from clinic.knowledge.marks import Mark
from clinic.knowledge.suggestions import suggest
from clinic.knowledge.vocabulary import Concept, Vocabulary, vocabulary
from clinic.knowledge.wording import GENERIC, clauses, normal, stems, words

__all__ = ["Concept", "Resolution", "Said", "Sense", "resolve", "suggest"]

ALL_KINDS = frozenset(Kind)
REMEMBERED = 20_000  # texts whose meaning is kept: people write the same things
DESCRIBED = frozenset({Kind.CONDITION, Kind.ALLERGEN})  # beside which other words only describe
AND = frozenset({"and", "и", "та", "й"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that a text names, and how it is meant."""

    concept: Concept
    sense: Sense = Sense.CURRENT
    year: int | None = None  # in which it was so
    allergy: bool = False  # somebody reacted to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a text means. Not `resolved`: somebody has to look at it."""

    text: str
    said: tuple[Said, ...] = ()
    leftover: str = ""
    nothing: bool = False  # it says that there is nothing

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """What the text says of the patient, now or in the past."""
        own = {Sense.CURRENT, Sense.PAST}
        return tuple(one.concept for one in self.said if one.sense in own)

    @property
    def negated(self) -> tuple[Concept, ...]:
        return tuple(one.concept for one in self.said if one.sense is Sense.DENIED)

    @property
    def resolved(self) -> bool:
        """Something that stops was named, or there is nothing left that nobody understood."""
        stops = any(one.concept.stops and one.sense is Sense.CURRENT for one in self.said)
        return stops or ((bool(self.said) or self.nothing) and not self.leftover)

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule the text touches, each once."""
        return tuple(dict.fromkeys(rule for concept in self.concepts for rule in concept.rules))


def resolve(
    text: str, kinds: Collection[str] | None = None, *, among: Vocabulary | None = None
) -> Resolution:
    """Every concept of these kinds that a text names, and how each is meant.

    A denied concept counts as denied only where its clause says nothing else: "no asthma" does,
    "not well controlled hypertension" does not. A word that names no particular thing ("allergy")
    resolves nothing unless it is denied.
    """
    wanted = ALL_KINDS if kinds is None else frozenset(Kind(kind) for kind in kinds)
    return _resolve(text, wanted, among or vocabulary())


@lru_cache(maxsize=REMEMBERED)
def _resolve(text: str, wanted: Kinds, among: Vocabulary) -> Resolution:
    spoken = words(text)
    whole = _whole(text, wanted, among)
    if whole is not None:
        return whole
    if spoken in among.marks.nothing:
        return Resolution(text=text, nothing=True)
    read_text, concepts = _without_codes(text, wanted, among)
    parts = [read(part, joint, wanted, among, concepts) for joint, part in clauses(read_text)]
    said = tuple(_said(parts))
    leftover = " ".join(_leftover(parts))
    if leftover and not said and (code := codes.titled(text)) and Kind.CONDITION in wanted:
        return _titled(text, code, among)
    return Resolution(text=text, said=said, leftover=leftover)


def _whole(text: str, wanted: Kinds, among: Vocabulary) -> Resolution | None:
    """What is one phrase of the vocabulary, or one title of the list of illnesses."""
    key = stems(text)
    if exact := tuple(one for one in among.index.get(key, ()) if one.kind in wanted):
        if key in GENERIC:
            return Resolution(text=text)
        allergy = not {Mark.ALLERGIC}.isdisjoint(
            one.mark for one in among.marks.found_in(words(text), frozenset())
        )
        return Resolution(
            text=text, said=tuple(Said(concept=one, allergy=allergy) for one in exact)
        )
    title = text.isascii() and Kind.CONDITION in wanted
    return _titled(text, code, among) if title and (code := codes.titled(text)) else None


def _titled(text: str, code: str, among: Vocabulary) -> Resolution:
    concepts = _of_code(code, among)
    said = tuple(Said(concept=concept) for concept in concepts)
    return Resolution(text=text, said=said, leftover="" if concepts else text)


def _without_codes(
    text: str, wanted: Kinds, among: Vocabulary
) -> tuple[str, tuple[tuple[Concept, ...], ...]]:
    """The text with a mark in place of every code, and what each code names."""
    found: list[tuple[str, tuple[Concept, ...]]] = []
    if Kind.CONDITION in wanted:
        found += ((code, _of_code(code, among)) for code in codes.codes_in(text))
    if Kind.MEDICINE in wanted:
        found += ((code, _of_medicine(code, among)) for code in codes.medicine_codes_in(text))
    found = [one for one in found if stems(one[0]) not in among.index]
    for n, (code, _) in enumerate(found):
        text = codes.replaced(code, f" xxcode{n}xx ", text)
    return text, tuple(concepts for _, concepts in found)


def _of_code(code: str, among: Vocabulary) -> tuple[Concept, ...]:
    """The rules that an ICD-10 code names; a code that none names is an illness without a rule."""
    named = [among.by_rule[rule] for rule in among.icd10.rules(code) if rule in among.by_rule]
    if not named and any(among.undecided.rules(code)):
        return ()
    return tuple(named) or (_harmless(codes.title(code), Kind.CONDITION),)


def _of_medicine(code: str, among: Vocabulary) -> tuple[Concept, ...]:
    named = [among.by_rule[rule] for rule in among.atc.rules(code) if rule in among.by_rule]
    return tuple(named) or (_harmless(f"medicine {code}", Kind.MEDICINE),)


def _harmless(name: str, kind: Kind) -> Concept:
    return Concept(id=normal(name), kind=kind, label=Words(en=name, ru=name, uk=name))


def _said(parts: list[Clause]) -> Iterator[Said]:
    """Every match once, in the gravest of its senses: what is so counts before what was."""
    order = (Sense.CURRENT, Sense.PAST, Sense.FAMILY, Sense.DENIED)
    found: dict[str, Said] = {}
    for clause, senses in zip(parts, _senses(parts), strict=True):
        for match in clause.matches:
            for said in _of_match(match, clause, senses[match]):
                key = said.concept.id
                known = found.get(key)
                if known is None or order.index(said.sense) < order.index(known.sense):
                    found[key] = said
    yield from found.values()


def _of_match(match: Match, clause: Clause, sense: Sense | None) -> Iterator[Said]:
    if match.generic and sense is not Sense.DENIED:
        return
    for concept in match.concepts:
        own = sense
        if own is None and clause.is_of_somebody_else(concept):
            own = Sense.FAMILY
        if own is None and clause.is_over(concept):
            own = Sense.PAST
        yield Said(
            concept=concept,
            sense=own or Sense.CURRENT,
            year=clause.year if concept.passes and own is None else None,
            allergy=clause.of_an_allergy,
        )


def _senses(parts: list[Clause]) -> list[dict[Match, Sense | None]]:
    """How each match is meant, as far as clauses say it of each other; None: see the clause."""
    found: list[dict[Match, Sense | None]] = [
        {one: Sense.DENIED if part.denies(one) else None for one in part.matches} for part in parts
    ]
    heading = bool(parts) and parts[0].has(Mark.FAMILY_HEADING)
    for n, part in enumerate(parts):
        if heading and not part.has(Mark.OWN_AFTER_ALL):
            found[n] = {one: sense or Sense.FAMILY for one, sense in found[n].items()}
        if n and part.just_says and (sense := _afterthought(part)):
            found[n - 1] = {one: _unless_lasting(one, sense, part) for one in found[n - 1]}
        if n and part.bare and part.joint in AND and _is_family(parts[n - 1], found[n - 1]):
            found[n] = dict.fromkeys(part.matches, Sense.FAMILY)
    for n, part in enumerate(parts):
        if Sense.DENIED in found[n].values():
            _deny_the_list(n, part, parts, found)
    return found


def _is_family(part: Clause, senses: dict[Match, Sense | None]) -> bool:
    return any(
        senses[match] is Sense.FAMILY or part.is_of_somebody_else(concept)
        for match in part.matches
        for concept in match.concepts
    )


def _afterthought(part: Clause) -> Sense | None:
    """What a clause without a name says of the one before: "asthma, ruled out"."""
    if part.has(Mark.UNCERTAIN, Mark.STILL):
        return Sense.CURRENT
    if part.has(Mark.OVER, Mark.STOPPED):
        return Sense.PAST
    if part.has(Mark.RELATIVES, Mark.CHILDREN) and not part.has(Mark.OWN_AFTER_ALL):
        return Sense.FAMILY
    return Sense.DENIED if part.has(Mark.DENIES, Mark.DENIES_AFTER) else None


def _unless_lasting(match: Match, sense: Sense, part: Clause) -> Sense | None:
    """To stop something ends a medicine and not an illness."""
    if sense is not Sense.PAST or part.has(Mark.OVER):
        return sense
    medicine = all(one.kind is not Kind.CONDITION for one in match.concepts)
    nursing = any("CI-LACTATION" in one.rules for one in match.concepts)
    return sense if medicine or nursing else None


def _deny_the_list(
    n: int, part: Clause, parts: list[Clause], found: list[dict[Match, Sense | None]]
) -> None:
    """ "No diabetes, hypertension or epilepsy", "asthma and epilepsy ruled out"."""
    if part.has(Mark.DENIES_AFTER) and not part.has(Mark.DENIES):
        before = n - 1
        while before >= 0 and parts[before].bare and parts[before + 1].joint in AND:
            found[before] = dict.fromkeys(parts[before].matches, Sense.DENIED)
            before -= 1
        return
    rest = []
    for m in range(n + 1, len(parts)):
        if not parts[m].bare:
            break
        rest.append(m)
    listed = [m for m in rest if parts[m].has(Mark.ALTERNATIVES) or _in_the_genitive(parts[m])]
    for m in rest[: rest.index(listed[-1]) + 1] if listed else ():
        found[m] = dict.fromkeys(parts[m].matches, Sense.DENIED)


def _in_the_genitive(part: Clause) -> bool:
    """Whether Russian or Ukrainian words stand as after "нет": nobody writes a diagnosis so."""
    first = part.matches[0]
    typed = " ".join(part.spoken[first.start : first.end])
    named = {phrase for concept in first.concepts for phrase in concept.phrases}
    return (
        not typed.isascii()
        and typed not in named
        and typed.endswith(("а", "я", "и", "ы", "і", "ї"))
    )


def _leftover(parts: list[Clause]) -> Iterator[str]:
    """What nobody understood. Beside what a rule names, other words describe it."""
    for part in parts:
        concepts = [concept for match in part.matches for concept in match.concepts]
        if not any(one.stops or (one.rules and one.kind in DESCRIBED) for one in concepts):
            yield from part.unexplained
            yield from part.alarming
