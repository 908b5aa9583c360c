"""Files of cases: every line is answered, in order, and nothing is stored."""

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.caselines import Answered, answer_lines, same
from clinic.errors import Broken
from procedures import cases
from procedures.told import Told

HEALTHY: dict[str, Any] = {
    "on": "2026-03-04",
    "birth_date": "1990-05-01",
    "sex": "F",
    "conditions": [],
    "medications": None,
    "allergies": [],
    "planned_drugs": [],
    "pregnant": False,
    "breastfeeding": False,
}
BROKEN = [
    b"{",
    b"",
    b"[1, 2]",
    b'"text"',
    b'{"id": "x"}',
    b'{"id": "x", "facts": []}',
    b'{"id": "x", "facts": {"age": 30}}',
    b'{"id": "x", "facts": {"on": "tomorrow"}}',
    b'{"id": "x", "facts": {"on": "2026-03-04", "conditions": 7}}',
    b'{"id": "x", "facts": {"on": "2026-03-04", "temperature_c": NaN}}',
    b'{"id": "x", "facts": {"on": "2026-03-04", "planned_drugs": [{"name": null}]}}',
    b'{"id": "x", "facts": {"on": "2026-03-04", "birth_date": "2026-03-05"}}',
    b'{"id": "x", "facts": {"on": "9999-12-31"}}',
    b'{"id": "x", "facts": {"on": "2026-03-04", "sex": 1}}',
    b'{"id": "x", "facts": {"on": "2026-03-04", "pregnant": [true]}}',
    b'\xff{"id": "x"}',
    b"[" * 100_000,
]


def _line(case: dict[str, Any]) -> bytes:
    return json.dumps(case, ensure_ascii=False).encode()


def _case(**more: Any) -> dict[str, Any]:
    return {"facts": HEALTHY} | more


def _answers(*lines: bytes) -> list[Answered]:
    return list(answer_lines(lines, cases.answer))


def test_a_thousand_lines_of_which_ten_are_broken_give_a_thousand_answers_and_ten_errors() -> None:
    lines = [_line(_case(id=f"case {number}")) for number in range(1000)]
    for number, broken in zip(range(50, 1000, 100), BROKEN, strict=False):
        lines[number] = broken

    answered = _answers(*lines)
    errors = [one for one in answered if one.broken]

    assert len(answered) == 1000
    assert [one.data["line"] for one in errors] == list(range(51, 1000, 100))
    assert all(len(one.data["error"]) > 8 for one in errors)
    assert [one.data["id"] for one in answered[:3]] == ["case 0", "case 1", "case 2"]
    assert [one.line for one in answered] == [one.line for one in _answers(*lines)]


@pytest.mark.parametrize("line", BROKEN)
def test_a_line_that_cannot_be_read_says_why_and_which(line: bytes) -> None:
    [first, second] = _answers(line, _line(_case()))

    assert first.broken
    assert first.data["line"] == 1
    assert first.data["id"] in {"x", 1}
    assert "cannot be judged" not in first.data["error"]
    assert second.data["decision"] == "proceed"


def test_empty_lines_at_the_end_are_no_cases() -> None:
    assert len(_answers(_line(_case()), b"\n", b"\n")) == 1
    assert len(_answers(b"\n", _line(_case()))) == 2


def test_a_case_without_a_name_goes_by_its_line() -> None:
    assert _answers(_line(_case()))[0].data["id"] == 1


def test_a_failure_of_the_program_costs_one_answer_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer(case: Any) -> dict[str, Any]:
        return {"half": 10 / case["number"]}

    answered = list(answer_lines([b'{"number": 0}', b'{"number": 5}'], answer))

    assert answered[0].data["error"] == "cannot be judged (ZeroDivisionError)"
    assert answered[1].data["half"] == 2
    assert "a case broke the program" in caplog.text


def test_what_was_typed_comes_back_readable() -> None:
    [cyrillic, half] = _answers(
        _line(_case(id="случай")), b'{"id": "\\ud800", "facts": {"on": "2026-03-04"}}'
    )

    assert '"id": "случай"' in cyrillic.line
    assert json.loads(half.line)["id"] == "\ud800"
    half.line.encode()


@pytest.mark.parametrize(
    ("wanted", "found", "alike"),
    [
        ("a", "a", True),
        (True, 1, False),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1, "c": None}, {"a": 1}, True),
        (["a", "b"], ["b", "a"], True),
        (["a", "a"], ["a", "b"], False),
        ([], ["a"], False),
        ([{"rule": "X"}], [{"rule": "X", "outcome": "block"}], True),
        ([{"rule": "X"}, {"rule": "X"}], [{"rule": "X"}, {"rule": "Y"}], False),
        ({"a": 1}, None, False),
        (["a"], "a", False),
    ],
)
def test_only_what_is_expected_is_compared(wanted: object, found: object, alike: bool) -> None:
    assert same(wanted, found) is alike


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cases.jsonl"


def _run(file: Path) -> tuple[list[dict[str, Any]], str, int]:
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("cases", "screening", str(file), stdout=out, stderr=err)
    except SystemExit as end:
        code = int(end.code or 0)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue(), code


def test_what_was_expected_and_came_is_silent(file: Path) -> None:
    diabetic = HEALTHY | {"conditions": ["Сахарный диабет 2 типа"]}
    expected = {"decision": "refuse", "rules": ["CI-DIABETES"], "earliest_date": None}
    file.write_bytes(_line({"id": "d", "facts": diabetic, "expected": expected}))

    [answer], errors, code = _run(file)

    assert (answer["id"], answer["decision"]) == ("d", "refuse")
    assert (errors, code) == ("", 0)


def test_what_was_expected_and_did_not_come_is_named_and_fails(file: Path) -> None:
    file.write_bytes(
        b"\n".join(
            [
                _line(_case(id="a", expected={"decision": "refuse", "rules": ["CI-HEART"]})),
                _line(_case(id="b", expected={"decision": "proceed"})),
                b'{"id": "c", "expected": {"decision": "proceed"}}',
                _line(_case(id="d", expected="proceed")),
            ]
        )
    )

    answers, errors, code = _run(file)

    assert [one["id"] for one in answers] == ["a", "b", "c", "d"]
    assert errors.splitlines() == [
        "1 of 4 lines could not be read.",
        'a: decision: expected "refuse", found "proceed"',
        'a: rules: expected ["CI-HEART"], found []',
        'c: decision: expected "proceed", found null',
        "d: `expected` is no object: 'proceed'",
        "4 mismatches in 4 cases.",
    ]
    assert code == 1


def test_cases_come_from_standard_input_too(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = io.TextIOWrapper(io.BytesIO(_line(_case(id="typed"))))
    monkeypatch.setattr("sys.stdin", typed)

    [answer], _, code = _run(Path("-"))

    assert (answer["id"], code) == ("typed", 0)


def test_a_file_that_is_not_there_says_so(file: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        _run(file)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-03-04", "0001-01-01", "9999-12-31", "unknown", "120/80", "diabetes"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(["name", "text", "code", "until", "what", "date", "last_day"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from(sorted(Told.model_fields)), anything, max_size=4))
def test_whatever_stands_in_a_field_is_answered_or_refused(told: dict[str, Any]) -> None:
    with suppress(Broken):  # any other failure is a bug
        found = cases.answer({"facts": HEALTHY | told})
        assert Answered(data=found).line.encode()
