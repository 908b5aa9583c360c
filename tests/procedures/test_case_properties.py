"""What must hold for every story: silence is no answer, order is no fact, more is never milder."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from procedures import cases, catalogue
from procedures.domain.outcomes import Decision
from procedures.domain.screening import screen
from tests.procedures.vignettes import VIGNETTES, Vignette

SEVERITY = {decision.value: number for number, decision in enumerate(Decision)}
ASKED = ["conditions", "medications", "allergies", "planned_drugs", "pregnant", "breastfeeding"]
LISTS = ["conditions", "history", "medications", "allergies", "planned_drugs"]
LISTS += ["recent_procedures", "vaccinations", "alcohol"]

CALM = settings(deadline=None)
stories = st.sampled_from(VIGNETTES)


def _answer(vignette: Vignette, case: dict[str, Any]) -> dict[str, Any]:
    book = catalogue.rulebook(vignette.settings)
    return cases.as_answer(screen(cases.facts_of(case), book), book.version)


def _severity(vignette: Vignette, case: dict[str, Any]) -> int:
    return SEVERITY[_answer(vignette, case)["decision"]]


@CALM
@given(stories, st.sampled_from(ASKED))
def test_what_was_not_asked_is_never_better_than_none(vignette: Vignette, key: str) -> None:
    case = vignette.case() | {"sex": "F"}
    silent = {one: case[one] for one in case if one != key}

    assert _severity(vignette, silent) >= SEVERITY["defer"]
    assert _severity(vignette, silent) >= _severity(vignette, case | {key: None})


@CALM
@given(stories, st.sampled_from(["pregnant", "breastfeeding"]))
def test_unsure_is_never_better_than_no(vignette: Vignette, key: str) -> None:
    case = vignette.case() | {"sex": "F"}

    assert _severity(vignette, case | {key: "unknown"}) >= SEVERITY["defer"]
    assert _severity(vignette, case | {key: "unknown"}) >= _severity(vignette, case | {key: False})


@CALM
@given(st.lists(stories, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_told_never_matters(
    told: list[Vignette], chance: Any
) -> None:
    case = _all_of(told)
    turned = {
        key: chance.sample(case[key], len(case[key])) if key in LISTS else case[key]
        for key in chance.sample(sorted(case), len(case))
    }

    assert _answer(told[0], turned) == _answer(told[0], case)


@CALM
@given(stories, stories)
def test_one_more_illness_medicine_or_allergy_never_makes_anybody_safer(
    vignette: Vignette, other: Vignette
) -> None:
    case = vignette.case()
    more = dict(case)
    for key in ("conditions", "history", "medications"):
        if key in case:
            more[key] = [*(case[key] or ()), *other.case().get(key, ())]

    assert _severity(vignette, more) >= _severity(vignette, case)


@CALM
@given(stories)
def test_the_same_case_is_answered_the_same_twice(vignette: Vignette) -> None:
    assert _answer(vignette, vignette.case()) == _answer(vignette, vignette.case())


def _all_of(told: list[Vignette]) -> dict[str, Any]:
    """One person with everything that is told of several."""
    case = told[0].case()
    for key in LISTS:
        items = [item for one in told for item in one.case().get(key) or ()]
        case[key] = list({_name(item): item for item in items}.values())
    return case


def _name(item: Any) -> str:
    return str(item["name"]) if isinstance(item, dict) and "name" in item else str(item)
