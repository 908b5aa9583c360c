"""Three to five questions on this very plan, the same each time, answered from the paper alone."""

from dataclasses import replace

import pytest

from consent.comprehension import Question, questions_of
from consent.models import ConsentTemplate
from consent.text import Text, compose, latest_template
from tests.factories.consent import make_content, make_drug

pytestmark = pytest.mark.django_db
BASE = make_content()


def asked(language: str = "en", **changes: object) -> dict[str, Question]:
    content = replace(make_content(language=language), **changes)  # type: ignore[arg-type]
    return {one.key: one for one in questions_of(compose(content, latest_template(language)))}


@pytest.mark.parametrize("language", ["en", "ru", "uk"])
def test_there_are_three_to_five_in_each_language_and_one_answer_is_right(language: str) -> None:
    questions = asked(language)
    assert 3 <= len(questions) <= 5
    for one in questions.values():
        assert 2 <= len(one.options) <= 4
        assert len(set(one.options)) == len(one.options)
        assert one.answer == one.options[one.right]


def test_they_are_about_this_plan() -> None:
    assert asked()["sessions"].answer == "4"
    assert asked(sessions=replace(BASE.sessions, count=1))["sessions"].answer == "1"
    assert asked()["drugs"].answer == "Hyalofict 1, Vitafict"
    assert "+380440000002" in asked()["contact"].answer


def test_the_rule_that_is_marked_is_asked_with_the_periods_of_others_as_wrong_answers() -> None:
    items = [replace(item, period=f"for {n} days") for n, item in enumerate(BASE.aftercare, 1)]
    items[3] = replace(items[3], asked=True)
    question = asked(aftercare=tuple(items))["aftercare"]
    assert question.answer == "for 4 days"
    assert items[3].text in question.text
    assert set(question.options) <= {item.period for item in items}


def test_of_many_products_the_area_is_asked_instead() -> None:
    questions = asked(drugs=tuple(make_drug(n) for n in range(40)))
    assert "drugs" not in questions
    assert questions["method"].answer == "Face"
    assert questions["method"].options.count("Face") == 1


def test_without_aftercare_there_are_fewer_and_without_words_none() -> None:
    assert "aftercare" not in asked(aftercare=())
    first = ConsentTemplate.objects.get(language="en", version=1)
    text: Text = compose(BASE, first)
    assert questions_of(text) == ()


def test_the_right_answer_has_no_usual_place() -> None:
    places = {
        asked(sessions=replace(BASE.sessions, count=count))["sessions"].right
        for count in range(2, 12)
    }
    assert len(places) > 1


def test_each_question_leads_to_a_section_of_the_document() -> None:
    sections = {s.key for s in compose(BASE, latest_template("en")).sections}
    assert {one.section for one in asked().values()} <= sections
