"""When somebody, a room and the patient are free together: spans of minutes, and starts in them.

Instants are whole minutes of UTC, so that a day of 23 or of 25 hours is as long as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import reduce

Span = tuple[int, int]  # from a minute on, until, half-open
Spans = tuple[Span, ...]
STEP = 5
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Hours of every week on the wall clock of the place."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """Who works when, and what is taken; keys are the caller's own. People in order of liking."""

    zone: tzinfo
    people: Mapping[int, Sequence[Shift]]
    away: Mapping[int, Spans] = field(default_factory=dict)
    busy: Mapping[int, Spans] = field(default_factory=dict)
    rooms: Mapping[int, Spans]
    patient: Spans = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """How long, with how much room around other visits, and when it suits."""

    minutes: int
    pause_before: int = 0
    pause_after: int = 0
    near: time = time(10)
    hours: tuple[time, time] | None = None
    weekdays: frozenset[int] = frozenset(range(7))

    def around(self, spans: Iterable[Span]) -> Spans:
        """What is taken, with the pauses that must lie around it."""
        return tuple((lo - self.pause_after, hi + self.pause_before) for lo, hi in spans)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Opening:
    """A start at which everybody who is needed is free."""

    start: int
    person: int
    room: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.start * 60, UTC)


class Book:
    """A diary that is asked day by day; each day is worked out once."""

    def __init__(self, diary: Diary, ask: Ask) -> None:
        self.diary = diary
        self.ask = ask
        self._rooms = {key: _Taken(ask.around(spans)) for key, spans in diary.rooms.items()}
        self._people = {
            key: _Taken((*ask.around(diary.busy.get(key, ())), *diary.away.get(key, ())))
            for key in diary.people
        }
        self._patient = _Taken(diary.patient)
        self._days: dict[date, dict[int, Spans]] = {}

    def starts(self, day: date) -> dict[int, Spans]:
        """By person: the spans in which a visit may start on this day."""
        if day not in self._days:
            self._days[day] = self._starts(day) if day.weekday() in self.ask.weekdays else {}
        return self._days[day]

    def is_open(self, day: date) -> bool:
        return any(_on_grid(spans) for spans in self.starts(day).values())

    def best(self, day: date) -> Opening | None:
        """The start nearest to the hour that is wanted; of equal ones, the person liked most."""
        found = self.choices(day)
        return found[0] if found else None

    def choices(self, day: date) -> list[Opening]:
        """One start in each free span of each person, the best first."""
        wanted = minute_of(datetime.combine(day, self.ask.near, self.diary.zone))
        ranked = [
            (abs(start - wanted), rank, start, person)
            for rank, (person, spans) in enumerate(self.starts(day).items())
            for span in spans
            if (start := _nearest(span, wanted)) is not None
        ]
        return [
            Opening(start=start, person=person, room=self._room(start))
            for _, _, start, person in sorted(ranked)
        ]

    def _starts(self, day: date) -> dict[int, Spans]:
        whole = day_span(day, self.diary.zone)
        length = self.ask.minutes
        rooms = [starts_in(minus((whole,), one.on(whole)), length) for one in self._rooms.values()]
        somewhere = joined(span for spans in rooms for span in spans)
        free = both(somewhere, starts_in(minus((whole,), self._patient.on(whole)), length))
        if self.ask.hours is not None:
            free = both(free, wall_span(day, *self.ask.hours, self.diary.zone))
        found: dict[int, Spans] = {}
        for person, shifts in self.diary.people.items():
            today = [one for one in shifts if one.weekday == day.weekday()]
            here = joined(
                span
                for one in today
                for span in wall_span(day, one.starts, one.ends, self.diary.zone)
            )
            alone = minus(here, self._people[person].on(whole))
            found[person] = both(free, starts_in(alone, length))
        return found

    def _room(self, start: int) -> int:
        """The first room that is free for as long as it takes."""
        span = (start, start + self.ask.minutes)
        return next(key for key, taken in self._rooms.items() if not taken.on(span))


class _Taken:
    """Spans in order, of which those that touch a stretch are found quickly."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = joined(spans)
        self.ends = [hi for _, hi in self.spans]

    def on(self, span: Span) -> Spans:
        first = bisect_left(self.ends, span[0] + 1)
        found: list[Span] = []
        for lo, hi in self.spans[first:]:
            if lo >= span[1]:
                break
            found.append((lo, hi))
        return tuple(found)


def minute_of(at: datetime) -> int:
    return int(at.timestamp() // 60)


def day_span(day: date, zone: tzinfo) -> Span:
    """From midnight to midnight on the wall clock: 23, 24 or 25 hours."""
    midnight, then = (datetime.combine(one, time.min, zone) for one in (day, day + A_DAY))
    return minute_of(midnight), minute_of(then)


def wall_span(day: date, starts: time, ends: time, zone: tzinfo) -> Spans:
    """The minutes of a day whose wall clock shows something between two hours."""
    lo, hi = day_span(day, zone)
    if hi - lo == A_DAY // timedelta(minutes=1):
        first, last = (minute_of(datetime.combine(day, one, zone)) for one in (starts, ends))
        return ((first, last),) if first < last else ()
    minutes = [one for one in range(lo, hi) if starts <= _wall(one, zone) < ends]
    return joined((one, one + 1) for one in minutes)


def joined(spans: Iterable[Span]) -> Spans:
    """In order, and those that touch made one."""
    found: list[Span] = []
    for lo, hi in sorted(spans):
        if found and lo <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], hi))
        elif lo < hi:
            found.append((lo, hi))
    return tuple(found)


def minus(spans: Spans, holes: Spans) -> Spans:
    """What is left when the holes are taken out."""
    return reduce(_without, holes, spans)


def both(ones: Spans, others: Spans) -> Spans:
    """What lies in both."""
    return tuple(
        (max(a, c), min(b, d)) for a, b in ones for c, d in others if max(a, c) < min(b, d)
    )


def starts_in(spans: Spans, minutes: int) -> Spans:
    """Where a visit of this length may start inside free spans."""
    return tuple((lo, hi - minutes + 1) for lo, hi in spans if hi - lo >= minutes)


def _without(spans: Spans, hole: Span) -> Spans:
    left: list[Span] = []
    for lo, hi in spans:
        if hole[1] <= lo or hole[0] >= hi:
            left.append((lo, hi))
            continue
        left += [one for one in ((lo, hole[0]), (hole[1], hi)) if one[0] < one[1]]
    return tuple(left)


def _wall(minute: int, zone: tzinfo) -> time:
    return datetime.fromtimestamp(minute * 60, zone).time()


def _on_grid(spans: Spans) -> bool:
    return any(_nearest(span, span[0]) is not None for span in spans)


def _nearest(span: Span, wanted: int) -> int | None:
    """The five-minute mark of a span that lies nearest to a minute."""
    low, high = -(-span[0] // STEP) * STEP, (span[1] - 1) // STEP * STEP
    if low > high:
        return None
    return min(max(-(-wanted // STEP) * STEP, low), high)
