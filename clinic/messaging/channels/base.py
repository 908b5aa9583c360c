"""What a way out of the house promises, and what its provider's answers mean."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message as it leaves: composed, and named by a key that never changes."""

    key: UUID
    to: str
    title: str
    text: str
    unsubscribe: str = ""  # where one press ends such messages; empty where nobody may


class NotSent(Exception):
    """Nothing left the house, or nobody knows. `outcome` goes into the attempt."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Unreachable(NotSent):
    """Nobody listened: nothing was handed over."""


class Busy(NotSent):
    """The provider answered: not now."""


class Throttled(Busy):
    """The provider answered: too fast, come back in `after` seconds."""

    def __init__(self, outcome: str, *, after: float) -> None:
        super().__init__(outcome)
        self.after = after


class Refused(NotSent):
    """The provider answered: never. `code` is its own word for why, where it gave one."""

    def __init__(self, outcome: str, *, code: str = "") -> None:
        super().__init__(outcome)
        self.code = code


class OptedOut(Refused):
    """The provider knows that this address wants nothing more."""


class Unclear(NotSent):
    """It was handed over, and no answer came."""


class Adapter(ABC):
    """A provider. What it promises decides what happens after a crash.

    `idempotent`: the same key handed over twice arrives once, so it may be handed over again.
    `queryable`: it reports later what became of a key, so an unclear one may still clear up.
    Neither: an unclear hand-over is a person's to decide. `at_once`: how many are handed over
    together; whoever is not idempotent takes one, so that a crash leaves one unclear.
    """

    idempotent = False
    queryable = False
    at_once = 1
    per_second = 0.0  # nought: as fast as it takes them

    @abstractmethod
    def send(self, letter: Letter) -> str:
        """Hand it over; the name that the provider gave it."""
