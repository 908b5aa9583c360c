"""What reception asks for, and what the knowledge says of such a course: numbers and sources."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from clinic.knowledge.entries import Conflict, Entry, Kind, Protocol, Restriction
from clinic.knowledge.loader import load
from clinic.knowledge.resolver import Concept, resolve
from clinic.knowledge.vocabulary import Vocabulary, vocabulary, with_synonyms
from clinic.knowledge.wording import normal
from procedures.catalogue.cards import words_of
from procedures.domain.course import Ban, Band, Violation
from procedures.domain.findings import Cited

LABEL_PARTS = re.compile(r"[/(),]")
HOME = "CF-HOME"
BREASTFEEDING = "CI-LACTATION"
BEFORE = "RX-ALCOHOL-BEFORE"
# What a patient plans, and the ban it may run into.
BANS = {
    "alcohol_planned": "RX-ALCOHOL",
    "beach_holiday": "RX-SUN",
    "solarium": "RX-SOLARIUM",
    "sauna": "RX-HEAT-SAUNA",
    "other_procedures": "RX-OTHER-PROC",
}
# Where each kind of violation is stated, beside the protocol and the ban themselves.
STATED = {
    "interval_too_short": ("SC-1", "CF-INTERVAL"),
    "interval_too_long": ("CF-INTERVAL",),
    "too_few_sessions": ("CF-SESSIONS",),
    "too_many_sessions": ("CF-SESSIONS",),
    "no_protocol": ("GAP-MAINT-INDIC", "CF-SESSIONS"),
    "repeat_course_too_early": ("SC-8", "CF-MAINTENANCE"),
    "maintenance_too_often": ("CF-MAINTENANCE",),
    "alcohol_window": ("RX-ALCOHOL-BEFORE", "SC-4", "CF-ALCOHOL"),
    "sun_in_restriction_window": ("CF-SUN",),
    "heat_in_restriction_window": ("SC-3", "CF-HEAT-SAUNA"),
    "procedure_in_restriction_window": ("SC-9", "CF-OTHER-PROCEDURES"),
    "session_under_6_weeks_postpartum": ("CI-POSTPARTUM", "CF-POSTPARTUM"),
    "pregnancy": ("CI-PREGNANCY",),
    "breastfeeding": (BREASTFEEDING, "CF-POSTPARTUM"),
    "menstruation_expected": ("CI-MENSTRUATION", "SC-5"),
    "home_procedure_not_allowed": (HOME,),
}
# Those whose numbers are the protocol's own.
OF_THE_PROTOCOL = frozenset(
    {
        "interval_too_short",
        "interval_too_long",
        "too_few_sessions",
        "too_many_sessions",
        "course_span_too_short",
        "course_span_too_long",
        "repeat_course_too_early",
        "maintenance_too_often",
        "home_procedure_not_allowed",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a text names: indications, and the protocol that applies; home courses never do."""

    text: str
    indications: tuple[str, ...]
    protocol: Protocol | None
    home: Protocol | None

    @property
    def known(self) -> bool:
        return bool(self.indications or self.protocol or self.home)

    @property
    def counted(self) -> bool:
        """Whether a source says how many sessions it takes."""
        one = self.protocol
        return one is not None and (one.sessions_min or one.sessions_max) is not None

    @property
    def not_offered(self) -> tuple[Entry, ...]:
        """What a source lists and this clinic never does."""
        found: list[Entry] = [load().indications[key] for key in self.indications]
        found += [self.protocol] if self.protocol else []
        return tuple(one for one in found if not getattr(one, "offered", True))


def asked(text: str) -> Asked:
    """What is meant by an indication as reception types it.

    The protocol whose label the text names, else the first that lists the indication. Of several
    indications, the one whose sessions lie farthest apart decides.
    """
    indications = tuple(
        rule for rule in resolve(text, kinds=[Kind.INDICATION]).rules if rule in load().indications
    )
    said = resolve(text, among=_protocol_words())
    named = [load().protocols[rule] for rule in said.rules] or _entitled(text)
    fits = [one for one in named if set(indications) & set(one.indication_ids)]
    if not indications and not (said.rules and said.leftover):
        fits = named  # "mesolifting" says it all; "hair removal" does not
    home = next((one for one in named if HOME in one.conflicts), None)
    usual = [first_protocol(key) for key in indications]  # "acne" names no protocol of its own
    special = [one for one in fits if HOME not in one.conflicts and one not in usual]
    protocol = special[-1] if special else _strictest(indications)
    return Asked(text=text, indications=indications, protocol=protocol, home=home)


def first_protocol(indication: str) -> Protocol | None:
    """The first in the knowledge that lists the indication; None: no source gives numbers."""
    known = (one for one in load().protocols.values() if one.offered)
    return next((one for one in known if indication in one.indication_ids), None)


def band_of(protocol: Protocol | None) -> Band:
    """What a protocol allows, with the floor under every interval."""
    floor = floor_days()
    if protocol is None or not protocol.offered:
        return Band(floor_days=floor, sessions_limit=most_sessions())
    return Band(
        floor_days=max(floor, protocol.interval_min_days or floor),
        sessions_min=protocol.sessions_min,
        sessions_max=protocol.sessions_max,
        sessions_limit=most_sessions(),
        interval_min_days=protocol.interval_min_days,
        interval_max_days=protocol.interval_max_days,
        span_min_months=protocol.span_min_months,
        span_max_months=protocol.span_max_months,
        repeat_after_months=protocol.repeat_after_min_months or protocol.maintenance_every_months,
        maintenance_every_months=protocol.maintenance_every_months,
    )


def floor_days() -> int:
    """How many days lie between two sessions whatever the protocol."""
    return load().scheduling_rules["SC-1"].least_days or 0


def most_sessions() -> int | None:
    """More than this no source covers."""
    known = [one.sessions_max for one in load().protocols.values() if one.offered]
    return max((one for one in known if one is not None), default=None)


def rest_days() -> int:
    """How many days must pass after a birth."""
    return load().contraindications["CI-POSTPARTUM"].lift_rule.days or 0


@cache
def bans() -> Mapping[str, Ban]:
    """By what a patient may plan: on which days around a session it is forbidden."""
    return {key: _ban(load().restrictions[rule]) for key, rule in BANS.items()}


def sources_of(found: Violation, protocol: Protocol | None) -> tuple[Entry, ...]:
    """The entries of the knowledge that a violation rests on, the most particular first."""
    known = load().by_id
    ids = [protocol.id] if protocol and found.code in OF_THE_PROTOCOL else []
    ids += [found.rule] if found.rule else []
    return tuple(known[key] for key in dict.fromkeys((*ids, *STATED.get(found.code, ()))))


def cited(entries: Iterable[Entry]) -> tuple[Cited, ...]:
    """Where these entries are stated, each line once; a conflict stands where its sides stand."""
    found = [one for entry in entries for one in load().cite(entry)]
    for entry in entries:
        if isinstance(entry, Conflict):
            found += [one for side in entry.positions for one in load().cite(side.source)]
    lines = (Cited(file=str(one["file"]), line=_line(one["line"])) for one in found)
    return tuple(dict.fromkeys(one for one in lines if one.line is not None))


def _line(value: str | int | None) -> int | None:
    return None if value is None else int(value)


def _ban(entry: Restriction) -> Ban:
    alcohol = entry.id == BANS["alcohol_planned"]
    before = load().restrictions[BEFORE].from_hours
    code = "alcohol_window" if alcohol else f"{entry.category}_in_restriction_window"
    return Ban(
        rule=entry.id,
        code=code,
        label=words_of(entry.forbidden),
        before_days=-before // 24 if alcohol else 0,
        until_days=entry.until_days,
        firm_days=entry.release_from_day or 0,
    )


def _strictest(indications: Iterable[str]) -> Protocol | None:
    """The first protocol of each indication; of several, the one that asks for the most time."""
    found = [one for key in indications if (one := first_protocol(key)) is not None]
    order = list(load().protocols)
    found.sort(key=lambda one: (-band_of(one).least_days, order.index(one.id)))
    return found[0] if found else None


def _entitled(text: str) -> list[Protocol]:
    """Protocols of whose label the whole text is a part: "hair" of "Hair / scalp"."""
    wanted = normal(text)
    return [
        one
        for one in load().protocols.values()
        for label in (one.label.en, one.label.ru, one.label.uk)
        if wanted and wanted in {normal(part) for part in LABEL_PARTS.split(label)}
    ]


@cache
def _protocol_words() -> Vocabulary:
    """The names of protocols, beside their own labels."""
    bare = replace(vocabulary(), concepts=(), index=MappingProxyType({}))
    return with_synonyms(bare, {}, more=[_named(one) for one in load().protocols.values()])


def _named(protocol: Protocol) -> Concept:
    label = protocol.label
    names = (label.en, label.ru, label.uk, *protocol.terms.all())
    return Concept(
        id=f"{protocol.id} protocol",
        kind=Kind.INDICATION,
        label=label,
        rules=(protocol.id,),
        phrases=tuple(dict.fromkeys(normal(name) for name in names)),
    )
