"""A consent that was taken back holds its course at once, and only its own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from consent import withdrawing
from procedures import gate, withdrawals
from procedures.models import CourseHold
from tests.factories.plans import make_signed_plan
from tests.factories.procedures import (
    EARLIER,
    book_course,
    make_bookable_plan,
    make_consent,
    make_place,
    make_ready_session,
)
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def test_the_course_is_held_with_the_withdrawal(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    session = make_ready_session()
    document = make_consent(session.course.plan)
    assert not CourseHold.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        withdrawing.withdraw(document, "", at=NOW, by=session.course.plan.practitioner)
    held = CourseHold.objects.in_force(at=NOW).get()
    assert (held.course, held.placed_by) == (session.course, None)
    shut = {check.code for check in gate.checks(session, at=NOW) if not check.ok}
    assert {"consent", "hold"} <= shut


def test_lost_news_is_found_again_and_holds_once() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    course = book_course(plan, place)
    document = make_consent(plan)
    withdrawing.withdraw(document, "", at=NOW, by=place.desk)
    withdrawals.catch_up(since=EARLIER, at=LATER)
    withdrawals.catch_up(since=EARLIER, at=LATER)
    assert CourseHold.objects.get().course == course


def test_what_was_agreed_again_is_not_held() -> None:
    place = make_place()
    plan = make_bookable_plan(place)
    book_course(plan, place)
    document = make_consent(plan)
    withdrawing.withdraw(document, "", at=NOW, by=place.desk)
    make_consent(plan, at=LATER)
    assert withdrawals.hold(document, at=LATER) is None


def test_a_plan_without_a_course_has_nothing_to_hold() -> None:
    document = make_consent(make_signed_plan(), at=NOW)
    withdrawing.withdraw(document, "", at=NOW, by=document.created_by)
    assert withdrawals.hold(document, at=NOW) is None
