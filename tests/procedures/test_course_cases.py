"""Courses a clinician can read: what was asked for, what is wrong with it, which dates are not."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clinic.errors import Broken
from clinic.knowledge.entries import Protocol
from clinic.knowledge.loader import load
from procedures import course_cases
from procedures.catalogue import courses
from procedures.domain.course import Band

FOLDER = Path(__file__).parent / "course_cases"
FIRST = date(2026, 3, 2)
OF_THE_DESIGN = {
    "interval_too_short",
    "interval_too_long",
    "too_few_sessions",
    "too_many_sessions",
    "course_span_too_short",
    "course_span_too_long",
    "repeat_course_too_early",
    "maintenance_too_often",
    "alcohol_window",
    "sun_in_restriction_window",
    "session_under_6_weeks_postpartum",
    "home_procedure_not_allowed",
    "unknown_indication",
    "indication_not_offered",
}
MORE = {
    "heat_in_restriction_window",
    "procedure_in_restriction_window",
    "pregnancy",
    "breastfeeding",
    "menstruation_expected",
    "in_blackout",
    "no_protocol",
    "unknown_context",
}


def _read() -> Iterator[dict[str, Any]]:
    for path in sorted(FOLDER.glob("*.toml")):
        yield from tomllib.loads(path.read_text())["case"]


STORIES = list(_read())
ASKED = ("indication", "sessions_asked", "start", "interval_days", "schedule", "context")


def _answer(story: dict[str, Any]) -> dict[str, Any]:
    case = {"start": FIRST} | {key: value for key, value in story.items() if key in ASKED}
    return course_cases.answer(case)


def _holds(story: dict[str, Any]) -> bool:
    found = _answer(story)
    codes = {one["code"] for one in found["violations"]}
    sessions = {
        code: [one.get("session") for one in found["violations"] if one["code"] == code]
        for code in story.get("sessions", {})
    }
    levels = {one["code"]: one["level"] for one in found["violations"]}
    wanted = story.get("proposed")
    dates = None if wanted == "none" else [day.isoformat() for day in wanted or ()]
    return (
        codes == set(story.get("fires", ()))
        and found["ok"] == (not codes)
        and sessions == story.get("sessions", {})
        and story.get("levels", {}).items() <= levels.items()
        and (wanted is None or found["proposed_dates"] == dates)
    )


@pytest.mark.parametrize("story", STORIES, ids=[one["story"] for one in STORIES])
def test_what_is_wrong_with_a_course_and_which_dates_are_not(story: dict[str, Any]) -> None:
    found = _answer(story)
    codes = {one["code"] for one in found["violations"]}

    assert codes == set(story.get("fires", ()))
    assert _holds(story), found
    assert not set(story.get("spares", ())) & codes


def test_a_hundred_stories_are_told_once_each() -> None:
    told = [one["story"] for one in STORIES]

    assert len(told) == len(set(told)) >= 100


def test_every_code_fires_in_one_story_and_is_spared_in_another() -> None:
    fired = {code for one in STORIES for code in one.get("fires", ())}
    spared = {code for one in STORIES for code in one.get("spares", ())}

    assert fired == OF_THE_DESIGN | MORE
    assert spared == fired


def test_what_is_proposed_is_in_order_itself() -> None:
    for story in STORIES:
        dates = _answer(story)["proposed_dates"]
        if dates:
            asked = {key: story[key] for key in ("indication", "context") if key in story}
            again = asked | {"sessions_asked": len(dates), "schedule": dates}
            assert course_cases.answer(again)["ok"], story["story"]


@pytest.mark.parametrize(
    "protocol",
    ["CP-FACE-GENERAL", "CP-ACNE", "CP-ACNE-SEVERE", "CP-POSTACNE-SCAR", "CP-MESOLIFT", "CP-HAIR"],
)
def test_a_number_of_a_protocol_that_is_wrong_by_one_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    band = courses.band_of(load().protocols[protocol])
    told = courses.band_of
    for number in sorted({field.name for field in fields(Band)} - {"sessions_limit"}):
        value = getattr(band, number)
        for other in () if value is None else (-1, 1):
            wrong = replace(band, **{number: value + other})
            if (wrong.least_days, number) == (band.least_days, "interval_min_days"):
                continue  # the floor is as high
            if (wrong.least_days, number) == (band.least_days, "floor_days"):
                continue  # the interval is as high

            def changed(known: Protocol | None, wrong: Band = wrong) -> Band:
                return wrong if known and known.id == protocol else told(known)

            monkeypatch.setattr(course_cases, "band_of", changed)
            assert not _all_hold(), f"nobody would notice {number} = {value + other}"


@pytest.mark.parametrize("key", sorted(courses.BANS))
def test_a_window_that_is_wrong_by_a_day_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    ban = courses.bans()[key]
    for number in ("until_days", "before_days", *(["firm_days"] if ban.firm_days else [])):
        for other in (-1, 1):
            wrong = replace(ban, **{number: getattr(ban, number) + other})
            if wrong.before_days < 0:
                continue
            monkeypatch.setattr(
                course_cases, "bans", lambda wrong=wrong: dict(courses.bans()) | {key: wrong}
            )
            assert not _all_hold(), f"nobody would notice {number} of {ban.rule}"


def _all_hold() -> bool:
    return all(_holds(story) for story in STORIES)


def test_every_violation_says_where_it_is_written_unless_nobody_wrote_it() -> None:
    ours = {"unknown_indication", "unknown_context", "in_blackout"}
    for story in STORIES:
        for one in _answer(story)["violations"]:
            assert bool(one["sources"]) == (one["code"] not in ours), one
            assert all(source["line"] for source in one["sources"])


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"indication": "acne", "sessions_asked": 5},
        {"indication": "acne", "sessions_asked": "five", "start": "2026-03-02"},
        {"indication": "acne", "sessions_asked": True, "start": "2026-03-02"},
        {"indication": "acne", "sessions_asked": -1, "start": "2026-03-02"},
        {"indication": "acne", "sessions_asked": 5, "start": "2026-02-30"},
        {"indication": "acne", "sessions_asked": 5, "start": "9999-12-30"},
        {"indication": None, "sessions_asked": 5, "start": "2026-03-02"},
        {"indication": "acne", "sessions_asked": 5, "start": "2026-03-02", "interval_days": -7},
        {
            "indication": "acne",
            "sessions_asked": 5,
            "start": "2026-03-02",
            "context": {"blackouts": [["2026-03-09", "2026-03-01"]]},
        },
    ],
)
def test_a_case_that_cannot_be_read_says_so(case: dict[str, Any]) -> None:
    with pytest.raises(Broken):
        course_cases.answer(case)


def test_an_answer_is_plain_data() -> None:
    story = {"indication": "wrinkles", "sessions_asked": 4, "start": "2026-03-02T09:00"}

    (one,) = json.loads(json.dumps(course_cases.answer(story)))["violations"]
    assert one["sources"][0] == {"file": "003_023dcdcc2760be36.txt", "line": 59}
    assert one["rules"] == ["CP-FACE-GENERAL", "CF-SESSIONS"]
