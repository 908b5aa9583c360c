"""How fast everybody is screened: one heavy case, the knowledge, and a hundred thousand patients.

The patients stand in a real PostgreSQL, each with facts of their own, and two processes go through
them as two Celery workers would. `make bench-screening`; the last line is one JSON object.
"""

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from json import dumps
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from clinic.knowledge.entries import Kind
from clinic.knowledge.loader import DATA, read
from clinic.knowledge.vocabulary import vocabulary
from clinic.staff.roles import Role
from procedures import cases, catalogue
from procedures.domain.facts import Facts
from procedures.domain.findings import Result
from procedures.domain.screening import screen
from procedures.models import Rescreened, Rescreening, RescreeningShare
from tests.bench import crowd
from tests.bench.heavy_case import HEAVY
from tests.e2e.conftest import database_url
from tests.factories.rules import make_version
from tests.factories.staff import make_staff

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "100000"))
PERSONS = int(os.environ.get("BENCH_PERSONS", "4000"))  # of different facts
CORES = 2
ROUNDS = 300
ON = date(2026, 3, 1)
MADE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CHANGED = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
COLUMNS = '(uuid, patient_id, "on", facts, findings, decision, earliest_date, unresolved, knowledge, made_at, made_by_id)'  # noqa: E501
PRODUCTS = [
    {"name": "Fictivit A", "ingredients": ["hyaluronic acid"], "route": "intradermal"},
    {"name": "Fictivit B", "ingredients": ["novocaine", "magnesium"], "registered": True},
    {"name": "Fictivit C", "ingredients": ["glutathione"], "expires": "2027-01-01"},
    {"name": "Fictivit D", "ingredients": ["vitamin C", "lidocaine"], "route": "intradermal"},
]
WORKER = """
import resource
import django
django.setup()
from django.conf import settings
settings.DEBUG = False  # nobody collects the queries in a clinic
from django.utils import timezone
from procedures import rescreening
while rescreening.work(clock=timezone.now):
    pass
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
"""


def test_one_heavy_case_on_one_core(figures: dict[str, Any]) -> None:
    facts, book = cases.facts_of(HEAVY), catalogue.rulebook({})
    times = []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        screen(facts, book)
        times.append(time.perf_counter() - begun)
    figures["screen_median_ms"] = round(1000 * statistics.median(times), 3)


def test_the_knowledge_is_loaded(figures: dict[str, Any]) -> None:
    times = []
    for _round in range(5):
        begun = time.process_time()
        read(DATA)
        times.append(time.process_time() - begun)
    figures["load_ms"] = round(1000 * statistics.median(times))


@pytest.mark.django_db(transaction=True)
def test_everybody_is_looked_at_again_after_the_rules_changed(figures: dict[str, Any]) -> None:
    lead = make_staff(Role.CLINICAL_LEAD)
    crowd.fill(connection.connection, PATIENTS, lead.pk)
    store(lead.pk)
    make_version(at=CHANGED)
    begun = time.perf_counter()
    workers = [begin() for _core in range(CORES)]
    used = [worker.communicate()[0].split() for worker in workers]
    seconds = time.perf_counter() - begun
    done = Rescreening.objects.get()
    assert done.finished_at is not None
    assert done.total == PATIENTS
    assert sum(RescreeningShare.objects.values_list("looked_at", flat=True)) == PATIENTS
    assert not any(RescreeningShare.objects.values_list("unreadable", flat=True))
    assert Rescreened.objects.count() > 0
    figures["rescreen_per_s"] = round(PATIENTS / seconds)
    figures["rescreen_peak_mb"] = round(max(int(peak) for peak, _cpu in used) / 1024)
    figures["rescreen_worker_cpu_s"] = round(sum(float(cpu) for _peak, cpu in used), 1)


def begin() -> "subprocess.Popen[str]":
    """A worker with its own connection, from a cold start."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=settings.ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def store(by: int) -> None:
    """A screening of each patient, as it would have been kept before the rules changed."""
    knowledge = catalogue.rulebook({}).version
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY procedures_screening {COLUMNS} FROM STDIN") as copy:
            for n, (facts, result) in enumerate(kept(PATIENTS), start=1):
                findings = dumps([one.as_data() for one in result.findings])
                row = (UUID(int=n), n, facts.on, dumps(facts.as_data()), findings)
                day, unresolved = result.earliest_date, dumps(list(result.unresolved))
                decided = (result.decision.value, day, unresolved, knowledge, MADE, by)
                copy.write_row((*row, *decided))
        cursor.execute("ANALYZE procedures_screening")


def kept(count: int) -> Iterator[tuple[Facts, Result]]:
    """Persons with illnesses of their own; each patient is one of them, born on another day."""
    chance, book = random.Random(7), catalogue.rulebook({})
    persons = [cases.facts_of(told(chance)) for _person in range(PERSONS)]
    for n in range(count):
        born = date(1950, 1, 1) + timedelta(days=chance.randrange(18_000))
        facts = replace(persons[n % PERSONS], birth_date=born)
        yield facts, screen(facts, book)


def told(chance: random.Random) -> dict[str, Any]:
    """Somebody as a cosmetologist would write her down: up to six illnesses, four medicines."""

    def some(kind: Kind, most: int) -> list[str]:
        names = [one.phrases[0] for one in vocabulary().concepts if one.kind is kind]
        return chance.sample(names, chance.randint(0, most))

    return {
        "on": ON.isoformat(),
        "birth_date": "1980-01-01",
        "sex": "F",
        "conditions": some(Kind.CONDITION, 6),
        "history": some(Kind.CONDITION, 2),
        "medications": some(Kind.MEDICINE, 4),
        "allergies": some(Kind.ALLERGEN, 2),
        "pregnant": chance.random() < 0.02,
        "breastfeeding": chance.random() < 0.03,
        "planned_drugs": chance.sample(PRODUCTS, chance.randint(1, 3)),
        "previous_session": chance.choice([None, "2026-02-10", "2026-02-25"]),
    }
