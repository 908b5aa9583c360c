"""What is known of a patient and a plan on a day: rows in, facts out. Nothing is decided here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from clinic.knowledge.entries import Moment
from clinic.knowledge.questions import ANYTHING_CHANGED, questions
from clinic.knowledge.wording import normal
from patients import intake, meaning, synonyms
from patients.models import Answer as Row
from patients.models import ClinicalStatus, HistoryItem, HistoryKind, Patient
from patients.models import Reply as RowReply
from procedures import catalogue
from procedures.catalogue.reading import (
    Spoken,
    allergens_in,
    ingredients_in,
    is_vehicle,
    statements,
)
from procedures.domain.facts import (
    Answer,
    Facts,
    PlannedDrug,
    Procedure,
    Reply,
    Stated,
    Topic,
    When,
)
from procedures.models import (
    OPEN,
    AllergyTest,
    Plan,
    Product,
    ProductIngredient,
    Session,
    TestResult,
)

YEAR = timedelta(days=365)  # after which every question is asked again
TOPICS = {
    HistoryKind.CONDITION: "conditions",
    HistoryKind.MEDICINE: "medications",
    HistoryKind.ALLERGY: "allergies",
}
ALCOHOL = "CI-ALCOHOL-24H"
PROCEDURE = "CI-RECENT-PROCEDURE"  # with its date the clinic's interval judges it, not the yes
DEHYDRATION, HYALURONIC = "CI-HA-DEHYDRATION", "ING-HA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The day that is looked at, and how the clock on the clinic's wall reads it."""

    on: date
    at: datetime
    zone: ZoneInfo | None

    def of(self, moment: datetime) -> date:
        return timezone.localdate(moment, self.zone)

    @property
    def is_today(self) -> bool:
        return self.on == self.of(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unkept:
    """What is being said just now and nobody has kept yet: rows that are not in the database."""

    answers: Mapping[str, Row] | None = None  # instead of the last questionnaire
    items: tuple[HistoryItem, ...] = ()  # beside the history


def collect(
    patient: Patient,
    plan: Plan | None,
    *,
    on: date,
    at: datetime,
    unkept: Unkept | None = None,
    ahead: bool = False,
) -> Facts:
    """Everything a screening of this patient, with this plan, for this day has to look at.

    Ahead: a day is looked at that somebody books; what is asked on the day itself is not missed.
    """
    day = Day(on=on, at=at, zone=plan.location.zone if plan else None)
    unkept = unkept or Unkept()
    rows = unkept.answers if unkept.answers is not None else intake.answers_now(patient, at=at)
    drugs = _drugs(plan, at=at) if plan else ()
    items = [*patient.history.current().order_by("pk"), *unkept.items]
    stated, unresolved = _understood(items, rows)
    treated = not ahead and is_session_day(patient, day)
    usable = _usable(rows, day, treated=treated)
    dated = {PROCEDURE} if PROCEDURE in usable and usable[PROCEDURE].date else frozenset[str]()
    return Facts(
        on=on,
        birth_date=patient.birth_date,
        required=_required(patient, drugs, changed=treated and not _all_of(rows, day)),
        known=frozenset({"birth_date", "planned_drugs", *_asserted(items, day), *dated}),
        answers={code: _answer(row, day) for code, row in usable.items() if code not in dated},
        events=_events(rows),
        stated=stated,
        unresolved=unresolved,
        drugs=drugs,
        technique=plan.technique if plan else "",
        area=plan.area if plan else "",
        indication=plan.indication if plan else "",
        protocol=plan.protocol if plan else "",
        previous_session=_previous(patient, day),
        procedures=_procedures(rows.get(PROCEDURE)),
    )


def is_session_day(patient: Patient, day: Day) -> bool:
    """Whether somebody comes to be treated on this day, and the day has come."""
    if not day.is_today:
        return False
    begins = datetime.combine(day.on, time(), day.zone or timezone.get_current_timezone())
    return Session.objects.filter(
        patient=patient,
        appointment__status__in=OPEN,
        appointment__slot__startswith__gte=begins,
        appointment__slot__startswith__lt=begins + timedelta(days=1),
    ).exists()


def _all_of(rows: Mapping[str, Row], day: Day) -> bool:
    """Whether the whole questionnaire was filled in on this very day."""
    first = [day.of(row.answered_at) for row in rows.values() if row.intake.moment == "intake"]
    return bool(first) and max(first) == day.on


def _required(patient: Patient, drugs: tuple[PlannedDrug, ...], *, changed: bool) -> frozenset[str]:
    """Every question of the patient, every list of the history, and what the products ask."""
    keys = {one.code for one in intake.asked(patient, "intake") if one.answers}
    if any(HYALURONIC in drug.ingredients for drug in drugs):
        keys.add(DEHYDRATION)
    if changed:
        keys.add(ANYTHING_CHANGED)
    return frozenset({*keys, "birth_date", *TOPICS.values()})


def _usable(rows: Mapping[str, Row], day: Day, *, treated: bool) -> dict[str, Row]:
    """Answers that still count: of the last year, and of the day itself where it is asked again."""
    changed = rows.get(ANYTHING_CHANGED)
    today_only = _asked_again() if treated else frozenset()
    return {
        code: row
        for code, row in rows.items()
        if row.reply in set(Reply)
        and day.on - day.of(row.answered_at) <= YEAR
        and (code not in today_only or day.of(row.answered_at) == day.on)
        and not _overtaken(row, changed)
    }


def _overtaken(row: Row, changed: Row | None) -> bool:
    """Something has changed since: what was said before counts no more."""
    if changed is None or changed.reply == RowReply.NO or row.intake_id == changed.intake_id:
        return False
    said, since = row.intake.completed_at, changed.intake.completed_at
    return said is not None and since is not None and said < since


@cache
def _asked_again() -> frozenset[str]:
    again = (one.code for one in questions() if Moment.SESSION in one.recheck)
    return frozenset({*again, ANYTHING_CHANGED})


def _answer(row: Row, day: Day) -> Answer:
    dated = row.date
    if row.question == ALCOHOL and row.reply == RowReply.YES and dated is None:
        dated = day.of(row.answered_at)  # "yesterday or today": today at the latest
    return Answer(reply=Reply(row.reply), day=dated)


def _events(rows: Mapping[str, Row]) -> dict[str, date]:
    """Dates are facts whatever the answer they stand beside."""
    needs = _dates_needed()
    return {
        needs[code]: row.date
        for code, row in rows.items()
        if row.date is not None and code in needs
    }


@cache
def _dates_needed() -> dict[str, str]:
    """By question the name of the event whose date stands beside the answer."""
    return {one.code: one.needs_date.value for one in questions() if one.needs_date}


def _procedures(row: Row | None) -> tuple[Procedure, ...]:
    if row is None or row.date is None or row.reply == RowReply.NO:
        return ()
    kinds = catalogue.procedure_kinds(row.note)
    return tuple(Procedure(what=row.note or kind, kind=kind, day=row.date) for kind in kinds)


def _asserted(items: list[HistoryItem], day: Day) -> Iterator[str]:
    """The lists in which something still holds, or of which somebody spoke within a year.

    What is over, and that there is nothing, says nothing about the years after it was said.
    """
    for item in items:
        holds = not item.none_known and item.status != ClinicalStatus.RESOLVED
        if holds or day.on - day.of(item.recorded_at) <= YEAR:
            yield TOPICS[HistoryKind(item.kind)]


def _understood(
    items: list[HistoryItem], rows: Mapping[str, Row]
) -> tuple[tuple[Stated, ...], tuple[str, ...]]:
    """What the history and the notes beside answers say, and what of it nobody understood."""
    stated: list[Stated] = []
    unresolved: list[str] = []
    items = [item for item in items if not item.none_known]
    noted = [row for row in rows.values() if row.note and row.reply != RowReply.SAID]
    words = meaning.vocabularies() if items or noted else {}
    for item in items:
        said, understood = statements(_spoken(item), among=words[item.kind])
        stated += said
        unresolved += [] if understood else [item.text]
    readings = synonyms.readings_of(noted[0].intake.patient_id) if noted else {}
    for row in noted:
        said, understood = statements(_noted(row, readings), among=words[row.note_kind])
        stated += said
        unresolved += [row.note] if row.note_counts and not understood else []
    return tuple(stated), tuple(unresolved)


def _noted(row: Row, readings: Mapping[tuple[str, str], str]) -> Spoken:
    """The words beside an answer, and what somebody chose for them."""
    chosen = readings.get((row.note_kind, normal(row.note)), "")
    return Spoken(text=row.note, topic=Topic(TOPICS[row.note_kind]), chosen=chosen)


def _spoken(item: HistoryItem) -> Spoken:
    return Spoken(
        text=item.text,
        topic=Topic(TOPICS[HistoryKind(item.kind)]),
        chosen=item.concept,
        when=When.CURRENT if item.status == ClinicalStatus.ACTIVE else When.PAST,
        until=item.end_date,
    )


def drugs_of(
    patient: Patient, products: Iterable[Product], *, at: datetime
) -> tuple[PlannedDrug, ...]:
    """Products as a screening of this patient sees them, with what the skin said to them."""
    tests = AllergyTest.objects.filter(
        Q(read_at__lte=at), patient=patient, result=TestResult.POSITIVE
    )
    reacted = set(tests.values_list("product", flat=True))
    return tuple(_drug(product, reacted) for product in products)


def _drugs(plan: Plan, *, at: datetime) -> tuple[PlannedDrug, ...]:
    planned = plan.products.select_related("product").prefetch_related("product__ingredients")
    products = [one.product for one in planned.order_by("product__name", "pk")]
    drugs = list(drugs_of(plan.patient, products, at=at))
    if plan.pain_relief.strip():
        drugs.append(_pain_relief(plan.pain_relief.strip()))
    return tuple(drugs)


def _drug(product: Product, reacted: set[int]) -> PlannedDrug:
    rows = sorted(product.ingredients.all(), key=lambda row: row.text)
    known = {row: _ingredients(row) for row in rows}
    ids = frozenset[str]().union(*known.values())
    unread = {"composition": not rows, "route": product.intradermal is None}
    return PlannedDrug(
        name=product.name,
        ingredients=ids,
        allergens=allergens_in(ids),
        unknown_ingredients=tuple(
            row.text for row in rows if not known[row] and not is_vehicle(row.text)
        ),
        concentrations=frozenset[str]().union(
            *(found for row, found in known.items() if row.concentration)
        ),
        intradermal=product.intradermal,
        registered=bool(product.registration),
        monotherapy=product.monotherapy,
        oil_emulsion=product.oil_emulsion,
        tested_positive=product.pk in reacted,
        unread=frozenset(what for what, missing in unread.items() if missing),
    )


def _pain_relief(text: str) -> PlannedDrug:
    """A cream or an injection against pain: compared with the allergies like everything else."""
    ids = ingredients_in(text)
    return PlannedDrug(
        name=text,
        ingredients=ids,
        allergens=allergens_in(ids),
        unknown_ingredients=() if ids else (text,),
        on_the_skin=True,
    )


def _ingredients(row: ProductIngredient) -> frozenset[str]:
    return frozenset({row.ingredient}) if row.ingredient else ingredients_in(row.text)


def _previous(patient: Patient, day: Day) -> date | None:
    """The day on which something was last injected."""
    sessions = Session.objects.performed().filter(patient=patient).before(day.at)
    last = sessions.order_by("started_at").last()
    return day.of(last.started_at) if last and last.started_at else None
