"""The dates in a calendar: the same events for ever, and nothing about health."""

import pytest
from icalendar import Calendar

from aftercare import dates
from aftercare.models import AftercarePlan
from clinic.knowledge.loader import load
from clinic.staff.roles import Role
from tests.factories.aftercare import A_DAY, make_aftercare
from tests.factories.staff import make_staff

pytestmark = pytest.mark.django_db


def events(plan: AftercarePlan, language: str = "en") -> list[dict[str, object]]:
    calendar = Calendar.from_ical(dates.calendar_file(plan, language))
    return [dict(event) for event in calendar.walk("VEVENT")]


def test_every_hour_at_which_something_ends_is_one_event() -> None:
    plan = make_aftercare()
    ends = set(plan.restrictions.values_list("until", flat=True))
    assert {event["DTSTART"].dt for event in events(plan)} == ends  # type: ignore[attr-defined]
    assert len({str(event["UID"]) for event in events(plan)}) == len(ends)


def test_the_file_is_the_same_whenever_it_is_asked_for() -> None:
    plan = make_aftercare()
    assert dates.calendar_file(plan, "uk") == dates.calendar_file(plan, "uk")
    assert b"\r\n" in dates.calendar_file(plan, "uk")


def test_what_was_released_is_cancelled_under_its_own_name() -> None:
    plan = make_aftercare()
    before = {str(event["UID"]): event for event in events(plan)}
    week = plan.restrictions.filter(until=plan.session_ended_at + 7 * A_DAY)
    at = plan.session_ended_at + 5 * A_DAY
    week.exclude(release_from=None).update(
        released_at=at, released_by=make_staff(Role.COSMETOLOGIST)
    )
    held = week.filter(released_at=None).exists()
    after = {str(event["UID"]): event for event in events(plan)}
    assert before.keys() == after.keys()
    (name,) = [uid for uid in after if uid.startswith(f"{plan.uuid}-168@")]
    assert after[name]["STATUS"] == ("CONFIRMED" if held else "CANCELLED")
    assert after[name]["SEQUENCE"] == (0 if held else 1)


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_a_calendar_that_others_see_names_no_health(language: str) -> None:
    file = dates.calendar_file(make_aftercare(), language).decode().casefold()
    for rule in load().restrictions.values():
        assert rule.forbidden.in_(language).casefold() not in file
    for word in ("aftercare for", "inject", "инъек", "ін’єк", "sauna", "сауна", "skin", "кож"):
        assert word not in file
