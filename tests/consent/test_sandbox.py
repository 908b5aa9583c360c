"""A clinic's own sentences: gaps and loops, and no way to anything else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.sandbox import (
    MOST_FILLED,
    MOST_WRITTEN,
    BadWording,
    TooLong,
    Unfilled,
    Values,
    check,
    fill,
    gaps,
)

VALUES = Values(
    words={"patient": "Testova", "goal": "", "clinic": "<img src=x onerror=alert(1)>"},
    lists={"products": ("Hyalofict", "Vitafict"), "preparation": ()},
)
LOOP = "{% for one in products %}{{ one }}; {% endfor %}"


def test_gaps_and_loops_are_filled_and_everything_else_stays_as_written() -> None:
    assert fill("Dear {{ patient }}, {{patient}}!", VALUES) == "Dear Testova, Testova!"
    assert fill(f"You get {LOOP}today.", VALUES) == "You get Hyalofict; Vitafict; today."
    assert fill("100 % of {what} we say }", VALUES) == "100 % of {what} we say }"
    both = "{% for one in products %}{{ one }} for {{ patient }}. {% endfor %}"
    assert fill(both, VALUES) == "Hyalofict for Testova. Vitafict for Testova. "


@pytest.mark.parametrize(
    ("words", "line", "why"),
    [
        ("{{ patient.__class__.__mro__ }}", 1, "“patient.__class__.__mro__” is no name of a gap"),
        ("a\nb {{ patient['x'] }}", 2, "is no name of a gap"),
        ("{{ patient|upper }}", 1, "is no name of a gap"),
        ("{{ cycler() }}", 1, "is no name of a gap"),
        ("{{ 9 ** 9999999 }}", 1, "is no name of a gap"),
        ("{{ }}", 1, "is no name of a gap"),
        ("{{ secret }}", 1, "there is no gap “secret”"),
        ("{{ products }}", 1, "is a list"),
        ("a\n\nb {% while true %}x{% endwhile %}", 3, "“while true” is not known here"),
        ("{% for n in range(999999999) %}x{% endfor %}", 1, "is not known here"),
        ("{% for n in patient %}x{% endfor %}", 1, "“patient” is none"),
        ("{% for patient in products %}x{% endfor %}", 1, "means something else already"),
        (f"{{% for a in products %}}{LOOP}{{% endfor %}}", 1, "stands inside a loop"),
        ("a\n{% for one in products %}{{ one }}", 2, "the loop has no end. Write {% endfor %}"),
        ("{% endfor %}", 1, "an endfor without its for"),
        ("{{ one }}", 1, "there is no gap “one”"),
        ("{% include 'settings.py' %}", 1, "is not known here"),
        ("{% load static %}", 1, "is not known here"),
        ("{# note #}", 1, "“{#” stands alone"),
        ("words {{ patient", 1, "“{{” stands alone"),
        ("words }} more", 1, "“}}” stands alone"),
        ("{{ patient\n}}", 1, "stands alone"),
        ("{{ %s %(x)s }}", 1, "is no name of a gap"),
        ("x" * (MOST_WRITTEN + 1), 1, "at most 6000 letters"),
    ],
)
def test_whatever_else_is_written_is_refused_with_its_line(words: str, line: int, why: str) -> None:
    with pytest.raises(BadWording) as refused:
        check(words, VALUES)
    assert str(refused.value).startswith(f"Line {line}: ")
    assert why in str(refused.value)


def test_what_has_no_value_makes_no_sentence() -> None:
    for words, name in (
        ("We want {{ goal }}.", "goal"),
        ("{% for one in preparation %}{{ one }}{% endfor %}", "preparation"),
    ):
        with pytest.raises(Unfilled, match=f"uses {{{{ {name} }}}}"):
            fill(words, VALUES)


def test_a_value_is_words_and_never_a_sentence_of_its_own() -> None:
    sly = Values(words={"patient": "{{ clinic }}{% for x in y %}"})
    assert fill("Dear {{ patient }}", sly) == "Dear {{ clinic }}{% for x in y %}"


def test_loops_and_sizes_have_an_end() -> None:
    many = Values(lists={"products": ["x" * 200] * 40})
    assert len(fill(LOOP, many)) == 40 * 202
    with pytest.raises(TooLong):
        fill(LOOP * 3, many)
    with pytest.raises(TooLong):
        fill(LOOP * 13, Values(lists={"products": ["x"] * 40}))
    with pytest.raises(TooLong):
        fill("{{ patient }}", Values(words={"patient": "x" * (MOST_FILLED + 1)}))


@pytest.mark.parametrize("evil", ["{{", "{%", "{{ a", "{% for one in products %}", "{{{%" * 2])
def test_nothing_that_fits_takes_long_to_read(evil: str) -> None:
    words = (evil * MOST_WRITTEN)[:MOST_WRITTEN]
    began = time.process_time()
    with pytest.raises(BadWording):
        check(words, VALUES)
    assert time.process_time() - began < 5


@given(st.text(alphabet="{}% \npatienforducs_.|()[]'\"", max_size=80))
def test_any_signs_are_read_or_refused_and_say_only_what_was_handed_in(words: str) -> None:
    try:
        check(words, VALUES)
        said = fill(words, VALUES)
    except (BadWording, Unfilled):
        return
    assert "object at" not in said
    assert gaps(words) <= VALUES.words.keys() | VALUES.lists.keys()


def test_which_gaps_it_uses_is_known() -> None:
    assert gaps(f"{{{{ patient }}}} {LOOP}") == {"patient", "products"}
    assert gaps("none") == frozenset()
