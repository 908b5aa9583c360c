"""Questions and complaints a clinician can read: who asks when, and what the answer is."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare import cases
from clinic.errors import Broken
from clinic.knowledge.loader import load
from clinic.knowledge.phrases import CONJUNCTIONS, STAR

FOLDER = Path(__file__).parent / "cases"
ENDED_AT = datetime(2026, 12, 1, 18, 0)  # noqa: DTZ001  local, as a case writes it
CALM = settings(deadline=None, max_examples=150)  # how long it takes proves nothing
ACTS = load().activities
FORBIDDEN_PHRASES = sorted(
    {
        phrase.replace(STAR, "")
        for act in ACTS.values()
        if act.forbidden_by
        for phrase in act.terms.all()
        if act.forbidden_by != ("RX-SUNGLASSES",) and not act.vague
    }
)
ANY_PHRASES = sorted(
    {phrase.replace(STAR, "") for act in ACTS.values() for phrase in act.terms.all()}
)

WHAT_FOLLOWS = {"RX-WASH": "RE-WATERWASH"}  # what answers as soon as the ban has ended


def _read(kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted(FOLDER.glob(f"{kind}*.toml")):
        yield from tomllib.loads(path.read_text())["case"]


QUESTIONS = list(_read("ask"))
COMPLAINTS = list(_read("symptom"))


def ask(text: str, *, hours: float = 24, area: str = "face", detail: str = "") -> dict[str, Any]:
    """A question so many real hours after a session that ended on 1 December at 18:00."""
    case = {
        "kind": "ask",
        "session_at": ENDED_AT.isoformat(),
        "timezone": "Europe/Kyiv",
        "area": area,
        "drugs": [],
        "ask": text,
        "detail": detail,
        "at": (ENDED_AT + timedelta(hours=hours)).isoformat(),
    }
    return cases.answer(case)


def report(*texts: str, hours: float = 5, area: str = "face", drugs: tuple[str, ...] = ()) -> Any:
    case = {
        "kind": "symptom",
        "session_at": ENDED_AT.isoformat(),
        "timezone": "Europe/Kyiv",
        "area": area,
        "drugs": list(drugs),
        "days_after": hours / 24,
        "symptoms": list(texts),
    }
    return cases.answer(case)


@pytest.mark.parametrize("one", QUESTIONS, ids=[f"{q['ask']} +{q['hours']}h" for q in QUESTIONS])
def test_a_question(one: dict[str, Any]) -> None:
    found = ask(one["ask"], hours=one["hours"], **one.get("about", {}))

    assert found["answer"] == one["answer"]
    assert set(one.get("rules", ())) <= set(found["rules"])
    assert bool(found["unresolved"]) is one.get("unresolved", False)
    if "until_hours" in one:
        until = ENDED_AT + timedelta(hours=one["until_hours"])
        assert found["until"].startswith(until.isoformat())


@pytest.mark.parametrize(
    "one", COMPLAINTS, ids=[f"{' / '.join(q['says'])} +{q['hours']}h" for q in COMPLAINTS]
)
def test_a_complaint(one: dict[str, Any]) -> None:
    found = report(*one["says"], hours=one["hours"], **one.get("about", {}))

    assert found["triage"] == one["triage"]
    assert set(one.get("because", ())) <= set(found["because"])
    assert bool(found["unresolved"]) is one.get("unresolved", False)


def test_every_question_is_asked_once_and_there_are_enough() -> None:
    asked = Counter((q["ask"], q["hours"], str(q.get("about"))) for q in QUESTIONS)
    said = Counter((tuple(q["says"]), q["hours"], str(q.get("about"))) for q in COMPLAINTS)
    decoys = [q for q in (*QUESTIONS, *COMPLAINTS) if q.get("decoy")]
    mixed = [q for q in (*QUESTIONS, *COMPLAINTS) if q.get("mixed")]

    assert {*asked.values(), *said.values()} == {1}
    assert len(QUESTIONS) + len(COMPLAINTS) >= 250
    assert len(decoys) >= 50
    assert len(mixed) >= 30


def test_every_restriction_is_asked_for_before_at_and_after_its_end() -> None:
    for rule, entry in load().restrictions.items():
        names = {rule, WHAT_FOLLOWS.get(rule, rule)}
        hours = {q["hours"] for q in QUESTIONS if names & set(q.get("rules", ()))}
        end = entry.until_hours
        assert any(hour < end for hour in hours), rule
        # once a session has begun, a ban on what came before it has nothing to say any more
        assert end == 0 or ({end} <= hours and any(hour > end for hour in hours)), rule


def test_every_advice_is_asked_for() -> None:
    asked = {rule for q in QUESTIONS for rule in q.get("rules", ())}
    not_an_act = {"RE-ALCOHOL-PRE"}  # RX-ALCOHOL-BEFORE answers it

    assert set(load().recommendations) - not_an_act <= asked


def test_every_side_effect_is_complained_of_on_both_sides_of_its_limits() -> None:
    for sign, entry in load().side_effects.items():
        about = [q for q in COMPLAINTS if sign in q.get("because", ())]
        assert about, sign
        for limit in (entry.red_flag and entry.red_flag.hours, _late(sign)):
            if limit:
                assert any(q["hours"] < limit for q in about), sign
                assert any(q["hours"] == limit for q in about), sign


def _late(sign: str) -> int | None:
    flag = load().side_effects[sign].red_flag
    return flag.late_limit_hours if flag else None


@CALM
@given(st.sampled_from(FORBIDDEN_PHRASES), st.sampled_from(ANY_PHRASES), st.integers(0, 23))
def test_whatever_names_a_forbidden_act_is_never_allowed(
    phrase: str, other: str, hour: int
) -> None:
    """However it is wrapped, denied or mixed: in the first day everything of it is forbidden."""
    for text in (
        phrase,
        f"can I {phrase} please",
        f"можно ли {phrase} завтра вечером",
        f"{other} {phrase}",
        f"{phrase} {other}",
        f"{other}, but no {phrase}",
        f"{other} without {phrase}",
        f"{other} без {phrase}",
    ):
        assert ask(text, hours=hour)["answer"] != "allowed", text


def test_no_phrase_is_lost_to_a_conjunction_or_stands_twice() -> None:
    for section in ("activities", "symptoms", "regions"):
        for key, entry in load()[section].items():
            for phrase in entry.terms.all():
                assert CONJUNCTIONS.isdisjoint(phrase.casefold().split()), (key, phrase)


def test_a_day_has_24_hours_when_the_clocks_change() -> None:
    case = {
        "kind": "ask",
        "session_at": "2026-10-24T18:00",
        "timezone": "Europe/Kyiv",
        "area": "face",
        "drugs": [],
        "ask": "tap water on my face",
    }

    assert cases.answer({**case, "at": "2026-10-31T16:59"})["answer"] == "forbidden"
    assert cases.answer({**case, "at": "2026-10-31T16:59"})["until"] == "2026-10-31T17:00:00+02:00"
    assert cases.answer({**case, "at": "2026-10-31T17:00"})["answer"] == "allowed"


def test_hours_of_a_complaint_are_real_ones_and_win_over_the_days() -> None:
    told = {
        "kind": "symptom",
        "session_at": "2026-10-24T18:00",
        "timezone": "Europe/Kyiv",
        "area": "face",
        "drugs": [],
        "days_after": 0,
        "symptoms": ["redness"],
    }

    assert cases.answer({**told, "reported_at": "2026-10-26T16:59"})["triage"] == "normal"
    assert cases.answer({**told, "reported_at": "2026-10-26T17:00"})["triage"] == "contact_clinic"


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"kind": "wish"},
        {"kind": "ask", "session_at": "yesterday", "timezone": "Europe/Kyiv"},
        {"kind": "ask", "session_at": "2026-12-01", "timezone": "Mars/Olympus"},
        {"kind": "symptom", "session_at": "2026-12-01", "symptoms": [4], "days_after": 1},
        {"kind": "symptom", "session_at": "2026-12-01", "symptoms": ["red"]},
    ],
)
def test_a_case_that_cannot_be_read_says_so(broken: dict[str, Any]) -> None:
    with pytest.raises(Broken):
        cases.answer(broken)
