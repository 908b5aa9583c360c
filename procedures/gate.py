"""The gate: what must hold at the moment a session starts. Asked by a direct call, every time.

Nothing here is remembered from earlier checks, so a late, doubled or lost signal harms nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from consent.models import ConsentDocument
from patients import photos
from procedures import consenting, labs, screening
from procedures.models import (
    AllergyTest,
    AppointmentStatus,
    Plan,
    Screening,
    Session,
    TestResult,
)


class GateClosed(ClinicError):
    code = "gate-closed"
    text = _("The session cannot start. Missing: %(missing)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing the gate asks for: whether it holds, and where it is mended when it does not."""

    code: str
    label: str | Promise
    problem: str | Promise = ""
    mend: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def checks(session: Session, *, at: datetime) -> tuple[Check, ...]:
    """Every item of the gate with its verdict at that moment, in the order of the chain."""
    return tuple(check(session, at) for check in CHECKS)


def require_open(session: Session, *, at: datetime) -> tuple[Screening, ConsentDocument]:
    """The screening and the consent that open it; raises GateClosed with all that is missing."""
    missing = [item for item in checks(session, at=at) if not item.ok]
    made = screening.latest(session.patient, session.course.plan, on=_today(session, at))
    consent = consenting.in_force(session.course.plan, at=at)
    if missing or made is None or consent is None:
        raise GateClosed(
            missing="; ".join(str(item.problem) for item in missing),
            codes=[item.code for item in missing],
        )
    return made, consent


def _arrived(session: Session, at: datetime) -> Check:
    label = _("The patient is here, on the day of the visit")
    appointment = session.appointment
    if appointment.status != AppointmentStatus.ARRIVED:
        return Check(code="arrived", label=label, problem=_("the patient has not been checked in"))
    day = timezone.localdate(appointment.slot.lower, appointment.room.location.zone)
    if day != _today(session, at):
        return Check(code="arrived", label=label, problem=_("the visit is booked for another day"))
    return Check(code="arrived", label=label)


def _screening(session: Session, at: datetime) -> Check:
    label = _("Screening made today, for this plan, after the last change")
    plan, mend = session.course.plan, "screen"
    made = screening.latest(session.patient, plan, on=_today(session, at))
    if made is None:
        problem: str | Promise = _("no screening was made today for this plan")
    elif not screening.is_fresh(made, patient=session.patient, plan=plan, at=at):
        problem = _("the screening is older than the last change of history, plan or rules")
    elif screening.stopping(made, plan):
        problem = _("the screening has findings that stop this session")
    else:
        return Check(code="screening", label=label)
    return Check(code="screening", label=label, problem=problem, mend=mend)


def _sign_off(session: Session, at: datetime) -> Check:
    label = _("The doctor signed off this revision of the plan")
    plan = session.course.plan
    problem: str | Promise = ""
    if plan.superseded_at is not None or plan.closed_at is not None:
        problem = _("this plan was changed or closed")
    elif plan.signed_off_at is None or plan.signed_off_at > at:
        problem = _("the doctor has not signed off this plan")
    return Check(code="sign-off", label=label, problem=problem, mend="sign-off")


def _consent(session: Session, at: datetime) -> Check:
    label = _("Consent in force for exactly this plan")
    found = consenting.in_force(session.course.plan, at=at)
    problem = "" if found else _("no consent in force names exactly this treatment")
    return Check(code="consent", label=label, problem=problem, mend="consent")


def _allergy_test(session: Session, at: datetime) -> Check:
    label = _("Allergy test read, without reaction")
    plan = session.course.plan
    problem = _("the allergy test of a product is missing, not read, or showed a reaction")
    products = plan.products.values_list("product", flat=True)
    ok = not plan.allergy_test_required or all(_tested(plan, pk, at) for pk in products)
    shown = "" if ok else problem
    return Check(code="allergy-test", label=label, problem=shown, mend="allergy-test")


def _tested(plan: Plan, product_id: int, at: datetime) -> bool:
    """The last test of the product, as read by then, showed nothing."""
    last = (
        AllergyTest.objects.filter(patient=plan.patient, product_id=product_id, read_at__lte=at)
        .order_by("read_at", "pk")
        .last()
    )
    return last is not None and last.result == TestResult.NEGATIVE


def _labs(session: Session, at: datetime) -> Check:
    label = _("Results of the laboratory tests that the clinic asks for")
    absent = labs.missing(session.course.plan, at=at)
    problem = _("no result yet: %(tests)s") % {"tests": ", ".join(absent)} if absent else ""
    return Check(code="labs", label=label, problem=problem, mend="labs")


def _interval(session: Session, at: datetime) -> Check:
    label = _("Enough days since the last session")
    plan = session.course.plan
    last = (
        Session.objects.performed()
        .filter(patient=session.patient)
        .exclude(pk=session.pk)
        .order_by("started_at")
        .last()
    )
    if last is not None and last.started_at is not None:
        performed = timezone.localdate(last.started_at, plan.location.zone)
        allowed = performed + timedelta(days=plan.interval_days)
        if _today(session, at) < allowed:
            day = formats.date_format(allowed, "j E Y")
            problem = _("the last session was too recent: not before %(day)s") % {"day": day}
            return Check(code="interval", label=label, problem=problem, mend="move")
    return Check(code="interval", label=label)


def _lots(session: Session, at: datetime) -> Check:
    label = _("A usable lot of every product is laid out")
    planned = set(session.course.plan.products.values_list("product", flat=True))
    prepared = list(session.prepared.filter(lot__product__in=planned).select_related("lot"))
    today = _today(session, at)
    if planned - {use.lot.product_id for use in prepared}:
        problem: str | Promise = _("a product of the plan has no lot laid out")
    elif any(use.lot.expires_on < today for use in prepared):
        problem = _("a lot laid out is past its expiry date")
    elif any(use.lot.withdrawn_at is not None for use in prepared):
        problem = _("a lot laid out was withdrawn")
    elif any(timezone.localdate(use.opened_at, _zone(session)) != today for use in prepared):
        problem = _("a single-use unit was opened on another day")
    else:
        return Check(code="lots", label=label)
    return Check(code="lots", label=label, problem=problem, mend="lots")


def _photo(session: Session, at: datetime) -> Check:
    label = _("Before-photos of every standard view")
    missing = photos.missing_views(session.patient, session.course.plan.area, since=None, at=at)
    problem = (
        ""
        if not missing
        else _("a before-photo is missing: %(views)s")
        % {"views": ", ".join(str(view.label) for view in missing)}
    )
    return Check(code="photo", label=label, problem=problem, mend="photo")


def _hold(session: Session, at: datetime) -> Check:
    label = _("The course is not held")
    held = session.course.holds.in_force(at=at).exists()
    problem = _("the course is held until a doctor releases it") if held else ""
    return Check(code="hold", label=label, problem=problem, mend="hold")


CHECKS: tuple[Callable[[Session, datetime], Check], ...] = (
    _arrived,
    _screening,
    _sign_off,
    _consent,
    _allergy_test,
    _labs,
    _interval,
    _lots,
    _photo,
    _hold,
)


def _zone(session: Session) -> ZoneInfo:
    return session.course.plan.location.zone


def _today(session: Session, at: datetime) -> date:
    return timezone.localdate(at, _zone(session))
