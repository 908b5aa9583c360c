"""What cannot take place as booked is listed, and moves nothing by itself."""

from datetime import timedelta

import pytest
from psycopg.types.range import TimestamptzRange

from clinic.record.models import Task, TaskKind
from clinic.staff import places, team
from clinic.staff.models import TimeOff
from clinic.staff.roles import Role
from procedures import booking, displaced
from procedures.models import Appointment, AppointmentStatus
from procedures.tasks import flag_displaced
from tests.factories.procedures import EARLIER, Place, book_visit, make_place
from tests.factories.staff import NOW, make_staff

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)


@pytest.fixture
def place() -> Place:
    return make_place()


def absent(place: Place) -> TimeOff:
    span = TimestamptzRange(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    return places.add_time_off(place.practitioner, span, at=EARLIER, by=place.desk)


def asked() -> list[str]:
    open_ones = Task.objects.open().filter(kind=TaskKind.VISIT_TO_MOVE).order_by("cause")
    return [task.cause.rpartition(":")[2] for task in open_ones]


def test_bk_10_an_absence_over_bookings_lists_them_and_moves_nothing(place: Place) -> None:
    inside, outside = book_visit(place), book_visit(place, start=NOW + A_DAY)
    absent(place)
    for _twice in range(2):
        displaced.flag(at=EARLIER)
    (task,) = Task.objects.filter(kind=TaskKind.VISIT_TO_MOVE)
    assert (task.subject_uuid, task.role) == (inside.uuid, Role.RECEPTION)
    statuses = Appointment.objects.values_list("status", flat=True)
    assert set(statuses) == {AppointmentStatus.BOOKED}
    inside.refresh_from_db()
    outside.refresh_from_db()
    assert (inside.slot.lower, outside.slot.lower) == (NOW, NOW + A_DAY)


def test_the_task_goes_when_somebody_is_there_after_all(place: Place) -> None:
    book_visit(place)
    absence = absent(place)
    displaced.flag(at=EARLIER)
    places.cancel_time_off(absence, at=EARLIER, by=place.desk)
    displaced.flag(at=EARLIER)
    assert asked() == []


def test_the_task_goes_when_the_visit_was_moved(place: Place) -> None:
    visit = book_visit(place)
    absent(place)
    displaced.flag(at=EARLIER)
    booking.cancel(visit, "moved to another clinic", at=EARLIER, by=place.desk)
    displaced.flag(at=EARLIER)
    assert asked() == []


def test_who_lost_the_role_or_left_has_their_coming_visits_listed(place: Place) -> None:
    book_visit(place)
    admin = make_staff(Role.ADMINISTRATOR)
    person = place.practitioner
    displaced.flag(at=EARLIER)
    assert asked() == []
    team.change_roles(person, [Role.RECEPTION], version=person.version, at=EARLIER, by=admin)
    displaced.flag(at=EARLIER)
    assert asked() == [displaced.NOBODY]
    assert Appointment.objects.get().status == AppointmentStatus.BOOKED


def test_a_room_closed_over_bookings_has_them_listed(place: Place) -> None:
    book_visit(place)
    places.close_room(place.room, version=1, at=EARLIER, by=place.desk)
    displaced.flag(at=EARLIER)
    assert asked() == [displaced.CLOSED]


def test_what_lies_behind_is_not_asked_about(place: Place) -> None:
    book_visit(place)
    absent(place)
    displaced.flag(at=NOW + A_DAY)
    assert asked() == []


@pytest.mark.parametrize("hours", [0, 11])
def test_who_came_and_was_never_finished_is_asked_about_when_the_day_is_over(
    place: Place, hours: int
) -> None:
    visit = book_visit(place)
    booking.arrive(visit, at=NOW, by=place.desk)
    assert displaced.flag_left_open(at=NOW + timedelta(hours=hours)) == []  # 11:00 and 22:00 there
    for _twice in range(2):
        displaced.flag_left_open(at=NOW + timedelta(hours=14))
    (task,) = Task.objects.open().filter(kind=TaskKind.VISIT_LEFT_OPEN)
    assert task.subject_uuid == visit.uuid
    booking.finish(visit, at=NOW + timedelta(hours=15), by=place.practitioner)
    displaced.flag_left_open(at=NOW + timedelta(hours=16))
    assert not Task.objects.open().exists()


def test_the_worker_looks_by_itself(place: Place) -> None:
    book_visit(place)
    flag_displaced()
    assert not Task.objects.exists()
