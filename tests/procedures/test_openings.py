"""Free times: as a minute-by-minute map of the day says, on days of 23 and of 25 hours too."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from procedures.domain.openings import Ask, Book, Diary, Shift, Span, day_span, minute_of

KYIV = ZoneInfo("Europe/Kyiv")
SHORT, LONG = date(2026, 3, 29), date(2026, 10, 25)  # 23 and 25 hours
CALM = settings(deadline=None, max_examples=120)
on = st.sampled_from([SHORT, LONG, date(2026, 3, 4), date(2026, 12, 31)])
clock = st.builds(time, st.integers(0, 23), st.sampled_from([0, 5, 30, 45]))
shifts = st.lists(
    st.builds(Shift, weekday=st.integers(0, 6), starts=clock, ends=clock), max_size=6
).map(tuple)


@st.composite
def diaries(draw: st.DrawFn) -> tuple[date, Diary, Ask]:
    day = draw(on)
    low, high = day_span(day, KYIV)
    spans = st.lists(
        st.tuples(st.integers(low - 90, high), st.integers(1, 240)).map(lambda s: (s[0], sum(s))),
        max_size=4,
    ).map(tuple)
    diary = Diary(
        zone=KYIV,
        people={1: draw(shifts), 2: (Shift(weekday=day.weekday(), starts=time(0), ends=time(23)),)},
        away={1: draw(spans)},
        busy={1: draw(spans), 2: draw(spans)},
        rooms={7: draw(spans), 8: draw(spans)},
        patient=draw(spans),
    )
    ask = Ask(
        minutes=draw(st.sampled_from([5, 20, 45, 120])),
        pause_before=draw(st.sampled_from([0, 5, 10])),
        pause_after=draw(st.sampled_from([0, 10, 15])),
        hours=draw(st.none() | st.tuples(clock, clock)),
    )
    return day, diary, ask


def _map(spans: tuple[Span, ...], ask: Ask | None = None) -> set[int]:
    before, after = (ask.pause_before, ask.pause_after) if ask else (0, 0)
    return {minute for lo, hi in spans for minute in range(lo - after, hi + before)}


def _by_the_minute(day: date, diary: Diary, ask: Ask, person: int) -> set[int]:
    """Every minute a visit may start at, found by looking at every minute of the day."""
    low, high = day_span(day, KYIV)
    walls = {one: datetime.fromtimestamp(one * 60, KYIV) for one in range(low, high)}
    works = {
        one
        for one, wall in walls.items()
        for shift in diary.people[person]
        if wall.weekday() == shift.weekday and shift.starts <= wall.time() < shift.ends
    }
    works -= _map(diary.busy.get(person, ()), ask) | _map(diary.away.get(person, ()))
    works -= _map(diary.patient)
    rooms = [_map(spans, ask) for spans in diary.rooms.values()]
    found: set[int] = set()
    for start, wall in walls.items():
        needed = set(range(start, start + ask.minutes))
        suits = ask.hours is None or ask.hours[0] <= wall.time() < ask.hours[1]
        if suits and needed <= works and any(not needed & taken for taken in rooms):
            found.add(start)
    return found


@CALM
@given(diaries())
def test_free_starts_are_those_of_a_minute_by_minute_map(asked: tuple[date, Diary, Ask]) -> None:
    day, diary, ask = asked
    starts = Book(diary, ask).starts(day)

    for person in diary.people:
        assert _map(starts[person]) == _by_the_minute(day, diary, ask, person)


@CALM
@given(diaries())
def test_what_is_chosen_is_free_for_everybody_and_on_a_five_minute_mark(
    asked: tuple[date, Diary, Ask],
) -> None:
    day, diary, ask = asked
    book = Book(diary, ask)

    for one in book.choices(day):
        needed = set(range(one.start, one.start + ask.minutes))
        assert one.start in _by_the_minute(day, diary, ask, one.person)
        assert not needed & _map(diary.rooms[one.room], ask)
        assert one.at.minute % 5 == 0
    assert book.is_open(day) == bool(book.choices(day))


def test_the_hour_that_is_wanted_is_taken_before_others() -> None:
    day = date(2026, 3, 4)
    shift = Shift(weekday=day.weekday(), starts=time(8), ends=time(20))
    noon = minute_of(datetime(2026, 3, 4, 12, tzinfo=KYIV))
    diary = Diary(
        zone=KYIV, people={1: (shift,), 2: (shift,)}, busy={1: ((noon, noon + 60),)}, rooms={7: ()}
    )
    best = Book(diary, Ask(minutes=30, near=time(12))).best(day)

    assert best is not None
    assert (best.person, best.start) == (2, noon)


def test_days_of_23_and_25_hours_are_as_long_as_they_are() -> None:
    lengths = [day_span(day, KYIV) for day in (SHORT, LONG, date(2026, 3, 4))]

    assert [(high - low) // 60 for low, high in lengths] == [23, 25, 24]
    assert datetime.fromtimestamp(lengths[0][0] * 60, UTC) == datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert timedelta(minutes=lengths[1][1] - lengths[1][0]) == timedelta(hours=25)
