"""What a rule can ask for, before anybody stands in front of it: for whoever reads the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from procedures.domain.changes import OPEN_TO_DOCTORS
from procedures.domain.findings import GRAVITY, UNASKED
from procedures.domain.outcomes import Outcome, OverrideKind
from procedures.domain.rules import Asked, Card, Rule

CAUTION, POSTPONE, HOLD = Outcome.CAUTION, Outcome.POSTPONE, Outcome.HOLD_FOR_DOCTOR
# Rules whose outcome stands in what they do, not in a value of theirs.
FIXED: Mapping[str, tuple[Outcome, ...]] = {
    "AfterProcedure": (HOLD,),
    "AgeNote": (CAUTION,),
    "ByTechnique": (CAUTION,),
    "Component": (Outcome.BLOCK_PRODUCT, HOLD, CAUTION),
    "Fever": (POSTPONE,),
    "InArea": (HOLD, CAUTION),
    "Interval": (POSTPONE,),
    "Licensed": (Outcome.BLOCK_PRODUCT,),
    "Mixed": (HOLD,),
    "Origin": (HOLD, CAUTION),
    "Pair": (Outcome.BLOCK_PRODUCT_COMBINATION,),
    "Pressure": (Outcome.BLOCK,),
    "Route": (Outcome.BLOCK_PRODUCT,),
    "Topical": (Outcome.BLOCK_PRODUCT,),
    "UnderAge": (Outcome.BLOCK,),
    "Unidentified": (Outcome.BLOCK_PRODUCT,),
    "Unmatched": (HOLD,),
    "Unopened": (Outcome.BLOCK_PRODUCT,),
    "Unread": (HOLD,),
}
UNKNOWN_IS_NEVER_NO = (UNASKED, "unresolved:", "setting:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """All rules of one id: its card, and everything it may ask for, the gravest first."""

    card: Card
    outcomes: tuple[Outcome, ...]

    @property
    def changeable(self) -> bool:
        """What nobody asked or understood holds in every clinic."""
        return not self.card.rule.startswith(UNKNOWN_IS_NEVER_NO)

    @property
    def may_be_milder(self) -> bool:
        return self.changeable and self.card.override in OPEN_TO_DOCTORS

    @property
    def may_be_opened(self) -> bool:
        return self.card.override is OverrideKind.OFF_BY_DEFAULT

    @property
    def stricter(self) -> tuple[Outcome, ...]:
        """What the clinic may ask for at least."""
        about_products = self.card.category == "product"
        gravest = Outcome.BLOCK_PRODUCT if about_products else Outcome.BLOCK
        now = min((GRAVITY[one] for one in self.outcomes), default=0)
        wanted = (HOLD, gravest)
        return tuple(one for one in wanted if self.changeable and GRAVITY[one] > now)

    @property
    def milder(self) -> tuple[Outcome, ...]:
        """What the clinic may ask for at most."""
        now = max((GRAVITY[one] for one in self.outcomes), default=0)
        return tuple(one for one in (CAUTION, HOLD) if self.may_be_milder and GRAVITY[one] < now)


def described(rules: Iterable[Rule]) -> dict[str, Described]:
    """Every rule by its id; several rules of one id are one for whoever reads."""
    found: dict[str, Described] = {}
    for rule in rules:
        card = rule.card
        before = found[card.rule].outcomes if card.rule in found else ()
        every = sorted({*before, *outcomes_of(rule)}, key=lambda one: -GRAVITY[one])
        found[card.rule] = Described(card=card, outcomes=tuple(every))
    return found


def outcomes_of(rule: Rule) -> tuple[Outcome, ...]:
    """Everything this rule may ask for."""
    if isinstance(rule, Asked):
        told = (rule.stated, rule.past)
        return (*rule.replies.values(), *(one for one in told if one is not None))
    outcome = getattr(rule, "outcome", None)
    return (outcome,) if isinstance(outcome, Outcome) else FIXED[type(rule).__name__]
