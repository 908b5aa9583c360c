"""What is other than in the paper the patient read before, block by block, in words.

Things are compared by their ids and numbers, so that another language alone changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping

from consent.content import Change, ConsentContent, Drug

Labels = Mapping[str, str]
Row = tuple[str, str]  # what is compared, and how it is told


def changes(old: ConsentContent, new: ConsentContent, labels: Labels) -> tuple[Change, ...]:
    """In the order in which the document speaks of them."""
    found = [*_facts(old, new, labels), *_drugs(old, new, labels)]
    lists = {
        "results": ("may_improve", _results),
        "risks": ("of_this_plan", _risks),
        "findings": ("override", _findings),
        "health": ("answer", _health),
        "aftercare": ("rule", _aftercare),
        "other": ("other", _other),
    }
    if old.language != new.language:
        del lists["health"]  # answers are compared in their words
    for block, (label, rows) in lists.items():
        pairs = _pairs(dict(rows(old)), dict(rows(new)))
        found += [Change(block=block, what=labels[label], was=a, now=b) for a, b in pairs]
    return tuple(found)


def _facts(old: ConsentContent, new: ConsentContent, labels: Labels) -> Iterator[Change]:
    """What there is one of."""
    before, after = _single(old), _single(new)
    for (block, label), (key, words) in after.items():
        key_before, words_before = before[block, label]
        if key != key_before:
            yield Change(block=block, what=labels[label], was=words_before, now=words)


def _single(content: ConsentContent) -> dict[tuple[str, str], Row]:
    sessions = content.sessions
    return {
        ("people", "practitioner"): (content.practitioner,) * 2,
        ("people", "indication"): (content.indication.id, content.indication.label),
        ("people", "goal"): (content.goal,) * 2,
        ("method", "technique"): (content.technique.id, content.technique.label),
        ("method", "area"): (content.area.id, content.area.label),
        ("method", "pain_relief"): (content.pain_relief,) * 2,
        ("sessions", "sessions"): (str(sessions.count),) * 2,
        ("sessions", "interval"): (str(sessions.interval_days),) * 2,
        ("price", "price"): (content.price,) * 2,
    }


def _drugs(old: ConsentContent, new: ConsentContent, labels: Labels) -> Iterator[Change]:
    """A product that came, went, or is another amount or another mixture."""
    before, after = ({drug.id: drug for drug in content.drugs} for content in (old, new))
    for key in before | after:
        one, other = before.get(key), after.get(key)
        was, now = _drug(one, labels), _drug(other, labels)
        if was != now:
            yield Change(block="drugs", what=labels["product"], was=was, now=now)
        elif one and other and _mixture(one) != _mixture(other):
            what = f"{other.name}: {labels['active']}, {labels['excipient']}"
            yield Change(block="drugs", what=what, was=_mixture(one), now=_mixture(other))


def _drug(drug: Drug | None, labels: Labels) -> str:
    return f"{drug.name}, {drug.volume_ml.normalize():f} {labels['ml']}" if drug else ""


def _mixture(drug: Drug) -> str:
    return ", ".join(sorted(f"{i.name} {i.concentration}".strip() for i in drug.ingredients))


def _pairs(before: dict[str, str], after: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What came, went, or is told with another key under the same id."""
    yield from ((words, "") for key, words in before.items() if key not in after)
    yield from (("", words) for key, words in after.items() if key not in before)


def _results(content: ConsentContent) -> Iterable[Row]:
    same = content.indication.id  # its words follow the indication
    return [(f"{same}:{n}", result.may_improve) for n, result in enumerate(content.expected)]


def _risks(content: ConsentContent) -> Iterable[Row]:
    return [(risk.id, risk.label) for risk in content.risks if risk.of_this_plan]


def _findings(content: ConsentContent) -> Iterable[Row]:
    decided = [
        (f"{one.rule}:{one.reason}", f"{one.label}: {one.reason}") for one in content.overrides
    ]
    return [*decided, *((one.rule, one.label) for one in content.findings)]


def _health(content: ConsentContent) -> Iterable[Row]:
    """By what was answered: a yes that became a no is told as both."""
    return [(f"{one.id}:{one.answer}", f"{one.question} {one.answer}") for one in content.health]


def _aftercare(content: ConsentContent) -> Iterable[Row]:
    return [
        (one.id, f"{one.text} ({one.period})" if one.period else one.text)
        for one in content.aftercare
    ]


def _other(content: ConsentContent) -> Iterable[Row]:
    return [(condition, condition) for condition in content.other_conditions]
