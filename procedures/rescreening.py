"""Everybody looked at again after the rules changed: in shares, resumable, in bounded memory.

A worker takes a share under a lease and goes through it in batches, each committed with its
results and its place. Killed, its lease runs out and somebody goes on from that place.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from celery import current_app
from django.db import transaction
from django.db.models import Exists, F, Func, JSONField, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from kombu.exceptions import OperationalError

from clinic.knowledge.loader import load
from clinic.knowledge.vocabulary import vocabulary
from clinic.record import audit
from clinic.staff.models import User
from patients.models import Patient
from procedures import rulebook, screening
from procedures.catalogue.reading import touched
from procedures.domain.facts import Facts, Stated
from procedures.domain.findings import Finding
from procedures.domain.screening import Rulebook, screen
from procedures.domain.stored import facts_from
from procedures.models import (
    AHEAD,
    Plan,
    Rescreened,
    Rescreening,
    RescreeningShare,
    Screening,
    Session,
)

SHARE = 5_000  # keys; a worker does other things between two shares
BATCH = 500  # screenings that are in memory at once
LEASE = timedelta(minutes=2)  # far longer than one batch takes
WORKERS = 2
TASK = "procedures.tasks.rescreen"
COLUMNS = ("pk", "patient_id", "facts", "decision", "knowledge", "rules", "products", "outcomes")
Row = Mapping[str, Any]
Told = tuple[str, str, str]  # a rule, the product it is about, what it asks for
Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


def _each(key: str) -> Func:
    """One word of every stored finding: their texts in three languages stay in the database."""
    template = f"jsonb_path_query_array(%(expressions)s, '$[*].{key}')"
    return Func(F("findings"), template=template, output_field=JSONField())


WORDS = {"rules": _each("rule"), "products": _each("product"), "outcomes": _each("outcome")}


@dataclass(slots=True)
class Tally:
    """What one batch came to."""

    results: list[Rescreened] = field(default_factory=list)
    to_flag: set[int] = field(default_factory=set)
    unreadable: int = 0


@transaction.atomic
def start(*, at: datetime, by: User | None) -> Rescreening:
    """Begin a round by the rules of this moment; one that is still under way has become moot."""
    rules = rulebook.in_force(at=at).version
    Rescreening.objects.filter(finished_at=None).update(finished_at=at)
    found = Rescreening.objects.create(
        rules=rules, version=rulebook.version_at(at=at), started_at=at, started_by=by
    )
    audit.record("rescreening.started", found, at=at, by=by, rules=rules)
    transaction.on_commit(_ring_everybody, robust=True)
    return found


def catch_up(*, at: datetime) -> Rescreening | None:
    """New knowledge or settings change the rules too: then a round begins by itself."""
    last = Rescreening.objects.order_by("-started_at", "-pk").first()
    if last is not None and last.rules == rulebook.in_force(at=at).version:
        return None
    made = Screening.objects.order_by("-pk").first()
    if made is None or (last is None and made.knowledge == rulebook.in_force(at=at).version):
        return None
    return start(at=at, by=None)


def work(*, clock: Clock) -> bool:
    """Go through one share; whether there was one."""
    share = _claim(at=clock())
    if share is None:
        return False
    rules = rulebook.in_force(at=share.round.started_at)
    while _batch_of(share, rules, at=clock()):
        pass
    return True


def ring() -> None:
    """Wake one worker; a broker that is away costs a minute, the next beat goes on."""
    try:
        current_app.send_task(TASK, retry=False, ignore_result=True)
    except (OperationalError, OSError):
        logger.warning("the broker cannot be reached; the next beat goes on with the round")


def counting() -> QuerySet[Screening]:
    """The last screening of every patient for every plan that is still followed.

    That of an intake counts as long as there is no such plan.
    """
    which = Coalesce("plan_id", 0)
    newer = Screening.objects.annotate(which=which).filter(
        patient=OuterRef("patient"), which=OuterRef("which"), pk__gt=OuterRef("pk")
    )
    planned = Plan.objects.current().filter(patient=OuterRef("patient"))
    followed = Q(~Exists(planned), plan=None) | Q(
        plan__isnull=False, plan__superseded_at=None, plan__closed_at=None
    )
    return Screening.objects.annotate(which=which).filter(followed).exclude(Exists(newer))


@transaction.atomic
def _claim(*, at: datetime) -> RescreeningShare | None:
    """A share that nobody works on, leased from now."""
    under_way = Rescreening.objects.filter(finished_at=None)
    fresh = under_way.filter(total=None).select_for_update(skip_locked=True).first()
    if fresh is not None:
        _split(fresh, at=at)
    free = RescreeningShare.objects.free(at=at).filter(round__in=under_way).order_by("pk")
    share = free.select_for_update(skip_locked=True, of=("self",)).select_related("round").first()
    if share is not None:
        share.leased_until = at + LEASE
        share.save(update_fields=["leased_until"])
    return share


def _split(found: Rescreening, *, at: datetime) -> None:
    """Count what there is to do, and cut it into shares; nothing to do is done at once."""
    keys = Screening.objects.aggregate(first=Min("pk"), last=Max("pk"))
    found.total = counting().count()
    if found.total:
        RescreeningShare.objects.bulk_create(
            RescreeningShare(
                round=found,
                first=first,
                last=min(first + SHARE - 1, keys["last"]),
                cursor=first - 1,
            )
            for first in range(keys["first"], keys["last"] + 1, SHARE)
        )
    else:
        found.finished_at = max(at, found.started_at)
    found.save(update_fields=["total", "finished_at"])


@transaction.atomic
def _batch_of(share: RescreeningShare, rules: Rulebook, *, at: datetime) -> bool:
    """One batch with all it came to, and the place where it stopped; whether more follows."""
    mine = RescreeningShare.objects.select_for_update(of=("self",), no_key=True)
    row = mine.select_related("round").get(pk=share.pk)
    if row.leased_until != share.leased_until or row.round.finished_at is not None:
        return False  # somebody else goes on with it, or it is moot
    wanted = counting().filter(pk__gt=row.cursor, pk__lte=row.last).order_by("pk")
    rows = list(wanted.annotate(**WORDS).values(*COLUMNS)[:BATCH])
    tally = _looked_at(rows, row.round, rules, at=at)
    Rescreened.objects.bulk_create(tally.results)
    for patient in Patient.objects.filter(pk__in=tally.to_flag).order_by("pk"):
        row.unsafe_sessions += len(screening.flag_unsafe(patient, at=at))
    row.looked_at += len(rows)
    row.changed += len(tally.results)
    row.unreadable += tally.unreadable
    more = len(rows) == BATCH
    row.cursor = rows[-1]["pk"] if more else row.last
    row.leased_until = share.leased_until = at + LEASE if more else None
    row.finished_at = None if more else at
    row.save()
    if not more:
        _finish(row.round, at=at)
    return more


def _finish(found: Rescreening, *, at: datetime) -> None:
    """The last share ends the round, once: whoever finishes looks under a lock."""
    found = Rescreening.objects.select_for_update(no_key=True).get(pk=found.pk)
    if found.finished_at is not None or found.shares.filter(finished_at=None).exists():
        return
    found.finished_at = max(at, found.started_at)
    found.save(update_fields=["finished_at"])
    changed = sum(found.shares.values_list("changed", flat=True))
    audit.record("rescreening.finished", found, at=at, by=None, changed=changed)


def _looked_at(rows: list[Row], found: Rescreening, rules: Rulebook, *, at: datetime) -> Tally:
    tally, ahead = Tally(), _days_ahead([row["patient_id"] for row in rows], at=at)
    for row in rows:
        try:
            facts = _facts(row)
        except (KeyError, TypeError, ValueError):
            tally.unreadable += 1
            logger.warning("stored facts cannot be read", extra={"screening": row["pk"]})
            continue
        result = screen(facts, rules)
        before, after = _told(row), {_said(one) for one in result.findings}
        if before != after:
            tally.results.append(
                Rescreened(
                    round=found,
                    screening_id=row["pk"],
                    before=row["decision"],
                    after=result.decision.value,
                    appeared=sorted({one[0] for one in after - before}),
                    gone=sorted({one[0] for one in before - after}),
                )
            )
        days = ahead.get(row["patient_id"], ())
        if days and (before != after or _stopped(facts, rules, days)):
            tally.to_flag.add(row["patient_id"])
    return tally


def _facts(row: Row) -> Facts:
    """The facts as they were kept; what a word touches is read again where the knowledge is new."""
    facts = facts_from(row["facts"])
    if row["knowledge"].startswith(load().version):
        return facts
    return replace(facts, stated=tuple(_read_again(one) for one in facts.stated))


def _read_again(one: Stated) -> Stated:
    rules = _touched(one.concept)
    return one if rules is None else replace(one, rules=rules)


@cache
def _touched(concept: str) -> frozenset[str] | None:
    found = vocabulary().by_id.get(concept)
    return touched(found) if found else None


def _told(row: Row) -> set[Told]:
    return set(zip(row["rules"], row["products"], row["outcomes"], strict=True))


def _said(one: Finding) -> Told:
    return (one.rule, one.product, one.outcome.value)


def _days_ahead(patients: list[int], *, at: datetime) -> Mapping[int, list[date]]:
    """The days on which somebody is booked for a treatment."""
    found: dict[int, list[date]] = defaultdict(list)
    booked = Session.objects.filter(
        patient__in=patients,
        appointment__status__in=AHEAD,
        appointment__slot__startswith__gte=at,
    )
    columns = ("patient_id", "appointment__slot", "course__plan__location__time_zone")
    for patient, slot, zone in booked.values_list(*columns):
        found[patient].append(timezone.localdate(slot.lower, ZoneInfo(zone)))
    return found


def _stopped(facts: Facts, rules: Rulebook, days: list[date]) -> bool:
    """Whether a booked day may be unsafe; whom it may concern is looked at with today's facts."""
    return any(one.stops for day in days for one in _findings(replace(facts, on=day), rules))


def _findings(facts: Facts, rules: Rulebook) -> Iterator[Finding]:
    yield from screen(facts, rules).findings


def _ring_everybody() -> None:
    for _worker in range(WORKERS):
        ring()
