"""Searching among a million patients: how near the product comes to its own bare SQL."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pytest_django import DjangoDbBlocker

from clinic.portable import importing
from clinic.portable.importing import Source
from clinic.staff.models import User
from clinic.staff.roles import Role
from patients import directory, photos
from patients.models import Patient
from procedures.models import Appointment, AppointmentStatus, Session
from tests.bench import crowd
from tests.factories.patients import make_patient
from tests.factories.procedures import make_session
from tests.factories.staff import NOW, make_location, make_staff

MILLION, TENTH = 1_000_000, 100_000
SEARCHES, ROUNDS = 400, 5
PHOTOS = 7
LISTED = 10_000


@pytest.fixture(scope="module")
def desk(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[User]:
    """Who searches; what is filled in outside a transaction is taken away afterwards."""
    with django_db_blocker.unblock():
        yield make_staff(Role.RECEPTION)
        with connection.cursor() as cursor:
            cursor.execute(crowd.CLEARED)
            cursor.execute("DELETE FROM staff_user")


def test_a_search_stays_as_quick_as_its_sql(desk: User, figures: dict[str, Any]) -> None:
    small = measured(TENTH, desk)
    large = measured(MILLION, desk)
    figures["search_p50_ms"] = round(large["p50"], 2)
    figures["search_p95_ms"] = round(large["p95"], 2)
    figures["search_p95_ratio_to_sql"] = round(large["p95"] / large["sql_p95"], 2)
    figures["sql_p50_ms"] = round(large["sql_p50"], 2)
    figures["sql_p95_ms"] = round(large["sql_p95"], 2)
    figures["growth_p50"] = round(large["p50"] / small["p50"], 2)
    figures["growth_p95"] = round(large["p95"] / small["p95"], 2)
    figures["page_p50_ms"] = round(large["page_p50"], 1)


def measured(count: int, desk: User) -> dict[str, float]:
    """Search and bare SQL by turns, so that a noisy moment meets both."""
    connection.ensure_connection()
    crowd.fill(connection.connection, count, desk.pk)
    asked = list(typed(count))
    plans = {text: Patient.objects.visible_to(desk).search(text).explain() for text in asked}
    assert [text for text, plan in plans.items() if "Seq Scan" in plan] == []
    ours: dict[str, list[float]] = {text: [] for text in asked}
    bare: dict[str, list[float]] = {text: [] for text in asked}
    for _round in range(ROUNDS):
        for text in asked:
            rows = Patient.objects.visible_to(desk).search(text, most=directory.ROWS + 1)
            sql, values = rows.query.sql_with_params()
            bare[text].append(timed(partial(run, sql, values)))
            ours[text].append(timed(partial(directory.find, text, by=desk)))
    mine = [statistics.median(times) for times in ours.values()]
    theirs = [statistics.median(times) for times in bare.values()]
    return {
        "p50": statistics.median(mine),
        "p95": statistics.quantiles(mine, n=20)[-1],
        "sql_p50": statistics.median(theirs),
        "sql_p95": statistics.quantiles(theirs, n=20)[-1],
        "page_p50": statistics.median(page(desk, text) for text in asked[:50]),
    }


def typed(count: int) -> Iterator[str]:
    """What a desk types: beginnings, whole names, both in any order, scripts, phones, dates."""
    chance = random.Random(7)
    people = crowd.people(count, 0, seed=1)
    known = [row for n, row in enumerate(people) if n % (count // SEARCHES) == 0]
    for row in known:
        last, first, born, phone = row[3], row[4], row[6], row[8]
        yield chance.choice(
            [
                last[:2],
                last[:3],
                last[:5],
                last,
                f"{first} {last[:4]}",
                f"{last} {first[0]}",
                first,
                last[2:8],
                phone[-4:],
                phone[-7:],
                f"{born:%d.%m.%Y}",
                str(row[2]),
            ]
        )


def timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - begun)


def run(sql: str, values: tuple[Any, ...]) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def page(desk: User, text: str) -> float:
    """The drop-down of the search box through all of Django."""
    client = Client()
    client.force_login(desk)
    return timed(lambda: client.get("/patients/search/", {"q": text}))


@pytest.mark.django_db
def test_a_long_story_makes_no_slower_chart(figures: dict[str, Any]) -> None:
    """Queries of the chart page at 1 and at 1,000 sessions; they must be the same."""
    session = make_session()
    patient, doctor = session.patient, make_staff(Role.CLINICAL_LEAD)
    few = chart_queries(patient, doctor)
    multiply(session.appointment, 999)
    figures["chart_queries_at_1"] = few
    figures["chart_queries"] = chart_queries(patient, doctor)
    figures["chart_sessions"] = Session.objects.filter(patient=patient).count()


def chart_queries(patient: Patient, doctor: User) -> int:
    client = Client()
    client.force_login(doctor)
    client.get(patient.get_absolute_url())
    with CaptureQueriesContext(connection) as asked:
        assert client.get(patient.get_absolute_url()).status_code == 200
    return len(asked)


def multiply(visit: Appointment, count: int) -> None:
    """The same visit again and again, an hour each, long ago and long over."""
    session = visit.session
    for number in range(1, count + 1):
        start = visit.slot.lower - timedelta(days=number)
        visit.pk, visit.uuid = None, uuid4()
        visit.slot = type(visit.slot)(start, start + timedelta(hours=1))
        visit.status, visit.ended_at = AppointmentStatus.CANCELLED, start
        visit.reason = "moved away"
        visit.save(force_insert=True)
        session.pk, session.uuid, session.appointment = None, uuid4(), visit
        session.number = number + 1
        session.save(force_insert=True)


@pytest.mark.django_db
def test_a_list_of_ten_thousand_comes_in(
    tmp_path: Path, settings: Any, figures: dict[str, Any]
) -> None:
    """From the upload until the last row is a patient with an address, through the use cases."""
    settings.MEDIA_ROOT = tmp_path
    by, location = make_staff(Role.CLINICAL_LEAD), make_location()
    crowd_of = crowd.people(LISTED, by.pk, seed=3)
    lines = [
        f"{n};{row[3]} {row[4]};{row[6]:%d.%m.%Y};F;+38044{n:07};p{n}@patients.example"
        for n, row in enumerate(crowd_of, 1)
    ]
    data = "\r\n".join(["id;name;birth date;sex;phone;e-mail", *lines]).encode("cp1251")
    source = Source(name="list.csv", kind="patients", system="old", location=location)
    begun = time.perf_counter()
    imported = importing.upload(data, source, at=NOW, by=by)
    importing.start(imported, imported.columns, dry=False, at=NOW, by=by)
    while importing.take_batch(at=NOW):
        pass
    took = time.perf_counter() - begun
    imported.refresh_from_db()
    assert (imported.imported, imported.faults) == (LISTED, [])
    figures["import_rows"] = LISTED
    figures["import_rows_per_s"] = round(LISTED / took)


def test_a_photo_of_a_phone_is_soon_a_thumbnail(
    db: None, tmp_path: Path, settings: Any, figures: dict[str, Any]
) -> None:
    """12 megapixels from the upload until the grid can show it: kept, encrypted, made small."""
    settings.MEDIA_ROOT = tmp_path
    noise = Image.effect_noise((1000, 750), 40).convert("RGB")
    patient, by = make_patient(), make_staff(Role.COSMETOLOGIST)
    took = []
    for number in range(PHOTOS):
        upload = BytesIO()
        noise.rotate(number).resize((4000, 3000)).save(upload, "JPEG", quality=90)
        begun = time.perf_counter()
        photo = photos.add(
            patient,
            upload.getvalue(),
            area="face",
            view="front",
            taken_at=NOW,
            at=NOW,
            by=by,
        )
        photos.make_thumbnail(photo, at=NOW)
        took.append(time.perf_counter() - begun)
    figures["photo_s"] = round(statistics.median(took), 2)
