"""What a report after a session means."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedures import catalogue
from procedures.domain.triage import Feeling, Triage, triage

RULES = catalogue.sign_rules()
GRAVITY = {one: number for number, one in enumerate(Triage)}
CALM = settings(deadline=None)  # how long it takes on a busy machine proves nothing
signs = st.frozensets(st.sampled_from(sorted(RULES)), max_size=4)
hours = st.integers(0, 24 * 20)


@pytest.mark.parametrize(
    ("feeling", "sign", "after", "expected"),
    [
        (Feeling.STILL, "SE-REDNESS", 10, Triage.NORMAL),
        (Feeling.FADING, "SE-REDNESS", 47, Triage.NORMAL),
        (Feeling.STILL, "SE-REDNESS", 47, Triage.NORMAL),
        (Feeling.STILL, "SE-REDNESS", 48, Triage.CONTACT_CLINIC),
        (Feeling.FADING, "SE-REDNESS", 48, Triage.WATCH),
        (Feeling.FADING, "SE-REDNESS", 72, Triage.CONTACT_CLINIC),
        (Feeling.WORSE, "SE-REDNESS", 1, Triage.CONTACT_CLINIC),
        (Feeling.FADING, "SE-BRUISE", 100, Triage.WATCH),
        (Feeling.FADING, "SE-BRUISE", 336, Triage.CONTACT_CLINIC),
        (Feeling.STILL, "SE-PAPULES-72", 72, Triage.CONTACT_CLINIC),
        (Feeling.FADING, "SE-INFECTION", 1, Triage.CONTACT_CLINIC),
        (Feeling.FADING, "SE-ALLERGY-ACUTE", 1, Triage.URGENT),
        (Feeling.STILL, "SE-BLOODDROPS", 500, Triage.NORMAL),
    ],
)
def test_a_sign_is_judged_by_its_hours(
    feeling: Feeling, sign: str, after: int, expected: Triage
) -> None:
    assert triage(feeling, [sign], after, RULES).triage is expected


def test_the_gravest_sign_wins_and_is_named() -> None:
    verdict = triage(Feeling.FADING, ["SE-REDNESS", "SE-ALLERGY-ACUTE"], 50, RULES)

    assert verdict.triage is Triage.URGENT
    assert verdict.because == ("SE-ALLERGY-ACUTE",)


def test_nothing_to_see_is_normal() -> None:
    assert triage(Feeling.NONE, [], 24, RULES).triage is Triage.NORMAL
    assert triage(Feeling.NONE, [], 24, RULES).because == ()


def test_worse_or_still_the_same_on_day_three_reaches_a_person_without_any_sign() -> None:
    assert triage(Feeling.WORSE, [], 1, RULES).triage is Triage.CONTACT_CLINIC
    assert triage(Feeling.STILL, [], 71, RULES).triage is Triage.NORMAL
    assert triage(Feeling.STILL, [], 72, RULES).triage is Triage.CONTACT_CLINIC


def test_a_sign_that_nobody_knows_reaches_a_person() -> None:
    verdict = triage(Feeling.FADING, ["SE-UNHEARD-OF"], 1, RULES)

    assert verdict.triage is Triage.CONTACT_CLINIC
    assert verdict.because == ("SE-UNHEARD-OF",)


@CALM
@given(st.sampled_from(Feeling), signs, signs, hours)
def test_more_signs_never_calm(
    feeling: Feeling, some: frozenset[str], more: frozenset[str], after: int
) -> None:
    few = triage(feeling, some | more, after, RULES)
    if some:
        assert GRAVITY[triage(feeling, some, after, RULES).triage] <= GRAVITY[few.triage]


@CALM
@given(st.sampled_from(Feeling), signs, hours, hours)
def test_time_never_calms_what_is_not_gone(
    feeling: Feeling, seen: frozenset[str], one: int, other: int
) -> None:
    first, then = sorted((one, other))
    early = triage(feeling, seen, first, RULES).triage
    assert GRAVITY[early] <= GRAVITY[triage(feeling, seen, then, RULES).triage]
