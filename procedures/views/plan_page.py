"""What a plan's page shows: where it stands in the chain, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.knowledge.loader import load
from clinic.staff.models import LANGUAGES, User
from clinic.staff.roles import Permission
from consent.models import ConsentDocument, ConsentState
from patients.models import Area
from procedures import catalogue, consenting, courses, labs, screening, substitutes
from procedures.domain.course import CoursePlan, Violation
from procedures.domain.schedule import violations
from procedures.forms.offering import OfferForm
from procedures.models import AllergyTest, Course, Plan, Screening
from procedures.views.findings import verdict


class Step(StrEnum):
    """The chain from the draft to the first session."""

    SCREEN = "screen"
    SIGN_OFF = "sign-off"
    CONSENT = "consent"
    TEST = "test"
    BOOK = "book"


STEPS: dict[Step, tuple[Promise, Permission]] = {
    Step.SCREEN: (_("Screening"), Permission.TREAT),
    Step.SIGN_OFF: (_("Doctor's sign-off"), Permission.SIGN_OFF),
    Step.CONSENT: (_("Consent"), Permission.OFFER_CONSENT),
    Step.TEST: (_("Allergy test"), Permission.TREAT),
    Step.BOOK: (_("Course booked"), Permission.BOOK),
}
ANCHORS = {
    Step.SCREEN: "screening",
    Step.SIGN_OFF: "sign-off",
    Step.CONSENT: "consent",
    Step.TEST: "tests",
    Step.BOOK: "course",
}
WAITING = {
    ConsentState.OFFERED: _("The patient is reading it."),
    ConsentState.SIGNED: _("Signed by the patient; whoever treats countersigns it."),
    ConsentState.COUNTERSIGNED: _("Signed by both; the seal is being made."),
}
STATES: dict[str, Promise] = {
    "superseded": _("Replaced by a newer revision"),
    "closed": _("Closed"),
    "signed-off": _("Signed off"),
    "proposed": _("Waits for a doctor"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One step of the chain on the page."""

    step: Step
    label: str
    done: bool
    is_next: bool
    may: bool

    @property
    def anchor(self) -> str:
        """Where on the plan's page it is done."""
        return ANCHORS[self.step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A product of the plan with its last test on the skin."""

    product: object
    test: AllergyTest | None

    @property
    def passed(self) -> bool:
        return self.test is not None and self.test.result == "negative"


def state_of(plan: Plan) -> tuple[str, str]:
    """One word for the badge, and its label."""
    if plan.superseded_at is not None:
        key = "superseded"
    elif plan.closed_at is not None:
        key = "closed"
    else:
        key = "signed-off" if plan.signed_off_at is not None else "proposed"
    return key, str(STATES[key])


def counts(plan: Plan) -> bool:
    """Whether something may still be done under it."""
    return plan.superseded_at is None and plan.closed_at is None


def words_of(plan: Plan) -> dict[str, str]:
    """What is planned, in the reader's language."""
    language, known = get_language() or "en", load()
    protocol = known.protocols.get(plan.protocol)
    return {
        "indication": known.indications[plan.indication].label.in_(language),
        "technique": known.techniques[plan.technique].label.in_(language),
        "area": str(Area(plan.area).label),
        "protocol": protocol.label.in_(language) if protocol else "",
    }


def outside(plan: Plan, *, at: datetime) -> list[str]:
    """Where the plan leaves what its protocol says, the first of each kind."""
    today = timezone.localdate(at, plan.location.zone)
    wanted = CoursePlan(
        sessions=plan.sessions,
        interval_days=plan.interval_days,
        band=catalogue.band(plan.protocol, plan.indication),
    )
    step = timedelta(days=plan.interval_days)
    dates = [today + step * number for number in range(plan.sessions)]
    found: dict[str, Violation] = {}
    for one in violations(wanted, dates):
        found.setdefault(one.code, one)
    return [one.message.in_(get_language() or "en") for one in found.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything on which the next step depends, asked for once."""

    made: Screening | None
    fresh: bool
    document: ConsentDocument | None
    consent: ConsentDocument | None
    trials: tuple[Trial, ...]
    course: Course | None

    def done(self, plan: Plan) -> dict[Step, bool]:
        signed = plan.signed_off_at is not None
        return {
            Step.SCREEN: self.fresh or signed,
            Step.SIGN_OFF: signed,
            Step.CONSENT: self.consent is not None,
            Step.TEST: all(trial.passed for trial in self.trials),
            Step.BOOK: self.course is not None,
        }


def standing_of(plan: Plan, *, at: datetime) -> Standing:
    made = plan.screenings.filter(made_at__lte=at).order_by("made_at", "pk").last()
    return Standing(
        made=made,
        fresh=made is not None and screening.is_fresh(made, patient=plan.patient, plan=plan, at=at),
        document=consenting.on_its_way(plan),
        consent=consenting.in_force(plan, at=at),
        trials=trials_of(plan),
        course=Course.objects.filter(plan=plan).first(),
    )


def trials_of(plan: Plan) -> tuple[Trial, ...]:
    """Each product with its last test; of a plan that asks for none, only those that were made."""
    tests = AllergyTest.objects.filter(patient=plan.patient).order_by("applied_at", "pk")
    last = {test.product_id: test for test in tests}
    lines = plan.products.select_related("product").order_by("product__name", "pk")
    return tuple(
        Trial(product=line.product, test=last.get(line.product_id))
        for line in lines
        if plan.allergy_test_required or line.product_id in last
    )


def chain_of(plan: Plan, standing: Standing, user: User) -> list[Link]:
    """The steps in order; the first that is not done comes next, if the plan still counts."""
    done = standing.done(plan)
    steps = [step for step in Step if step is not Step.TEST or plan.allergy_test_required]
    open_steps = [step for step in steps if not done[step]]
    following = open_steps[0] if open_steps and counts(plan) else None
    return [
        Link(
            step=step,
            label=str(STEPS[step][0]),
            done=done[step],
            is_next=step is following,
            may=user.may(STEPS[step][1]),
        )
        for step in steps
    ]


def context_of(plan: Plan, user: User, *, at: datetime) -> dict[str, object]:
    """The whole page."""
    standing = standing_of(plan, at=at)
    chain = chain_of(plan, standing, user)
    following = next((link for link in chain if link.is_next), None)
    course = standing.course
    key, label = state_of(plan)
    may_plan = user.may(Permission.PLAN)
    lines = plan.products.select_related("product").prefetch_related("product__ingredients")
    return {
        "plan": plan,
        "patient": plan.patient,
        "location": plan.location,
        "state": key,
        "state_label": label,
        "words": words_of(plan),
        "lines": lines.order_by("product__name", "pk"),
        "warnings": outside(plan, at=at),
        "standing": standing,
        "verdict": verdict(standing.made, plan, user) if standing.made else None,
        "waiting": waiting(standing.document),
        "languages": languages(plan),
        "offer": OfferForm(rules=consenting.rules_of(plan, at=at)),
        "dots": courses.counted(course) if course else None,
        "holds": course.holds.in_force(at=at).order_by("placed_at", "pk") if course else [],
        "chain": chain,
        "next": following.step.value if following and following.may else "",
        "may": may(user),
        "counts": counts(plan),
        "labs": labs.checklist(plan, at=at),
        "offers": substitutes.offers(plan, at=at) if counts(plan) and may_plan else (),
        "current": plan if counts(plan) else None,
        "newer": Plan.objects.filter(lineage=plan.lineage, superseded_at=None).first(),
    }


def waiting(document: ConsentDocument | None) -> str:
    return str(WAITING.get(ConsentState(document.state), "")) if document else ""


def languages(plan: Plan) -> list[tuple[str, str, bool]]:
    """In which the consent may be offered, and whether it is the patient's."""
    theirs = plan.patient.recipient.language
    return [(code, name, code == theirs) for code, name in LANGUAGES]


def may(user: User) -> dict[str, bool]:
    """What this reader may do on the page; templates ask nothing else."""
    return {
        "plan": user.may(Permission.PLAN),
        "sign_off": user.may(Permission.SIGN_OFF),
        "treat": user.may(Permission.TREAT),
        "offer": user.may(Permission.OFFER_CONSENT),
        "book": user.may(Permission.BOOK),
        "record": user.may(Permission.RECORD_CLINICAL),
    }
