"""Many desks at once: one slot, whole courses, and how long the search for free time takes."""

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock
from socket import create_server
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.errors import ClinicError
from clinic.staff.roles import Role
from procedures import courses
from procedures.domain.course import Band, CoursePlan
from procedures.domain.openings import Ask, Diary, Shift, minute_of
from procedures.domain.planning import propose
from procedures.models import Appointment, Course, Plan, Session
from tests.bench.crowd import fill
from tests.bench.full_calendar import fill_calendar
from tests.factories.patients import make_patient
from tests.factories.procedures import EARLIER, Place, make_bookable_plan, make_place
from tests.factories.staff import NOW, make_room, make_staff, make_working_hours
from tests.procedures.browsing import signed_in

DESKS, COURSES, SESSIONS = 50, 24, 6
HOUSES, PEOPLE, A_MILLION = 4, 10, 1_000_000
TOKEN = "a" * 32
START = 30.0  # seconds within which the server answers


def test_the_search_for_seven_sessions(figures: dict[str, Any]) -> None:
    """Ten people with ten visits a day, five rooms, ninety days."""
    plan = CoursePlan(sessions=7, interval_days=7, band=Band(floor_days=7, interval_max_days=10))
    times: list[float] = []
    for _round in range(5):
        diary = _full()
        begun = time.process_time()
        found = propose(
            plan,
            Ask(minutes=45, near=clock(11)),
            diary,
            first=date(2026, 3, 2),
            until=date(2026, 5, 31),
        )
        times.append(1000 * (time.process_time() - begun))
        assert found is not None
    figures["free_slots_ms"] = round(statistics.median(times))


@pytest.mark.django_db(transaction=True)
def test_one_slot_for_fifty_desks(figures: dict[str, Any]) -> None:
    place = make_place()
    cookie = signed_in(place.desk).cookies["sessionid"].value
    asked = [_request(place) for _desk in range(DESKS)]
    with _server() as port, ThreadPoolExecutor(DESKS) as pool:
        warm = [
            (one[0], f"csrfmiddlewaretoken={TOKEN}") for one in asked[:8]
        ]  # a server that has just started
        list(pool.map(lambda one: _post(port, cookie, *one), warm))
        answers = list(pool.map(lambda one: _post(port, cookie, *one), asked))
    figures["winners"] = Appointment.objects.count()
    figures["slot_p50_ms"] = round(statistics.median(ms for _, ms in answers))
    assert sorted({status for status, _ in answers}) == [302, 422]


@pytest.mark.django_db(transaction=True)
def test_twenty_four_courses_at_once(figures: dict[str, Any]) -> None:
    """Each for another patient, all with one practitioner at the same times."""
    place = make_place()
    plans = [make_bookable_plan(place, sessions=SESSIONS) for _ in range(COURSES)]
    starts = [NOW + n * timedelta(days=7) for n in range(SESSIONS)]

    def attempt(plan: Plan) -> str:
        try:
            courses.book(plan, starts, room=place.room, minutes=45, at=EARLIER, by=place.desk)
        except ClinicError as error:
            return error.code
        finally:
            connection.close()
        return "booked"

    begun = time.perf_counter()
    with ThreadPoolExecutor(COURSES) as pool:
        outcomes = list(pool.map(attempt, plans))
    figures["course_s"] = round(time.perf_counter() - begun, 2)
    figures["course_errors"] = sum(one not in {"booked", "practitioner-busy"} for one in outcomes)
    booked = Course.objects.count()
    figures["course_partial"] = abs(Session.objects.count() - booked * SESSIONS)
    assert outcomes.count("booked") == booked == 1


@pytest.mark.django_db(transaction=True)
def test_a_week_of_ten_people_among_a_million_visits(figures: dict[str, Any]) -> None:
    """The feed of the calendar against the bare SQL that it sends, fetched and thrown away."""
    houses = [make_place() for _ in range(HOUSES)]
    seats = [seat for house in houses for seat in _seats(house)]
    desk = signed_in(houses[0].desk)
    with connection.cursor() as cursor:
        raw = cursor.connection
    fill(raw, 50_000, houses[0].desk.pk)
    fill_calendar(raw, seats, A_MILLION, 50_000)
    asked = {"from": "2026-03-02", "until": "2026-03-09"}
    feed = reverse("procedures:calendar-feed")
    with CaptureQueriesContext(connection) as sent:
        drawn = desk.get(feed, asked).json()
    every = [one["sql"] for one in sent]  # now: the next request begins another list
    queries = [one for one in every if not _of_the_sign_in(one)]
    assert sum(one.get("display") != "background" for one in drawn["events"]) == 7 * 20 * PEOPLE
    for sql in queries:
        _no_scan_of_the_calendar(sql)
    whole = _median_ms(lambda: desk.get(feed, asked).content)
    bare = _median_ms(lambda: [_fetched(sql) for sql in every])
    figures["week_queries"] = len(queries)
    figures["week_ms"], figures["week_sql_ms"] = round(whole), round(bare)
    figures["week_ratio_to_sql"] = round(whole / bare, 2)


def _seats(place: Place) -> list[tuple[int, int]]:
    """Ten people of a place, each with a room."""
    people = [place.practitioner]
    for _number in range(PEOPLE - 1):
        person = make_staff(Role.COSMETOLOGIST, location=place.location)
        make_working_hours(person, place.location)
        people.append(person)
    return [(one.pk, make_room(place.location).pk) for one in people]


def _of_the_sign_in(sql: str) -> bool:
    return "django_session" in sql or ('FROM "staff_user"' in sql and "LIMIT 21" in sql)


def _no_scan_of_the_calendar(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on procedures_appointment" not in plan, plan
    assert "Seq Scan on patients_patient" not in plan, plan


def _fetched(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return len(cursor.fetchall())


def _median_ms(act: Callable[[], object]) -> float:
    times = []
    for _round in range(9):
        begun = time.perf_counter()
        act()
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def _full() -> Diary:
    zone = timezone.get_default_timezone()
    shifts = [Shift(weekday=day, starts=clock(8), ends=clock(20)) for day in range(5)]
    busy = [
        (start := minute_of(datetime(2026, 3, 2, 8, tzinfo=zone)) + day * 1440 + n * 70, start + 50)
        for day in range(90)
        for n in range(10)
    ]
    return Diary(
        zone=zone,
        people=dict.fromkeys(range(10), shifts),
        busy=dict.fromkeys(range(10), tuple(busy)),
        rooms=dict.fromkeys(range(5), tuple(busy)),
    )


def _request(place: Place) -> tuple[str, str]:
    patient = make_patient(location=place.location)
    local = NOW.astimezone(place.location.zone) + timedelta(days=365)
    told = {
        "kind": "consultation",
        "practitioner": place.practitioner.uuid,
        "room": place.room.uuid,
        "on": local.date().isoformat(),
        "hour": "11:00",
        "minutes": "30",
        "note": "",
        "csrfmiddlewaretoken": TOKEN,
    }
    return reverse("procedures:patient-book", args=[patient.uuid]), urlencode(told)


def _post(port: int, cookie: str, path: str, body: str) -> tuple[int, float]:
    headers = {
        "Cookie": f"sessionid={cookie}; csrftoken={TOKEN}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    begun = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        line.request("POST", path, body, headers)
        status = line.getresponse().status
    return status, 1000 * (time.perf_counter() - begun)


@contextmanager
def _server() -> Iterator[int]:
    """The server of the product on a free port of this machine, over the test database."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = connection.settings_dict
    url = f"postgresql://{told['USER']}@/{told['NAME']}?host={told['HOST']}&port={told['PORT']}"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--blocking-threads", "4", "--port", str(port), "clinic.wsgi:application"]
    where = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url}
    server = subprocess.Popen(command, env=where, stdout=subprocess.DEVNULL)
    try:
        _wait(lambda: _answers(port))
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _answers(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as line:
            line.request("GET", "/")
            return line.getresponse().status < 500
    except OSError:
        return False


def _wait(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + START
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.2)
