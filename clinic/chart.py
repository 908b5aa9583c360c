"""The patient's chart: one page made of the panels that each app serves, and one time line.

And the clinic's wording tried on a plan, which only here are seen together.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from clinic import timeline
from clinic.errors import ClinicError
from clinic.record import audit
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import LANGUAGES, User
from clinic.staff.roles import Permission
from consent import drafting
from consent.models import ConsentDocument, WordingDraft
from consent.text import compose
from patients.models import Patient
from procedures.disclosure import content_of
from procedures.models import (
    AppointmentStatus,
    Course,
    Plan,
    Session,
)
from procedures.models.plans import PlanQuerySet
from procedures.views import live

MOST_PLANS = 20
HERE = (AppointmentStatus.ARRIVED, AppointmentStatus.STARTED)
Subject: TypeAlias = Patient | Plan | ConsentDocument | Session


class PreviewForm(forms.Form):
    """Whose plan, and in which language."""

    q = forms.CharField(label=_("Patient"), required=False, max_length=100)
    plan = forms.UUIDField(required=False, widget=forms.HiddenInput)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("the patient's")), *LANGUAGES]
    )


@dataclass(frozen=True, slots=True)
class Panel:
    """A fragment of the chart, loaded by itself, and the permission that shows it."""

    title: str | Promise
    page: str
    permission: Permission


ALERTS = (
    Panel(_("Allergies"), "patients:chart-alerts", Permission.SEE_CLINICAL),
    Panel(_("Alerts"), "procedures:chart-findings", Permission.SEE_PATIENTS),
)
MAIN = (
    Panel(_("Plans"), "procedures:chart-plans", Permission.SEE_PATIENTS),
    Panel(_("Visits"), "procedures:chart-sessions", Permission.SEE_CALENDAR),
    Panel(_("History"), "patients:chart-history", Permission.SEE_CLINICAL),
    Panel(_("Photos"), "patients:chart-photos", Permission.SEE_CLINICAL),
)
SIDE = (
    Panel(_("Patient"), "patients:chart-summary", Permission.SEE_PATIENTS),
    Panel(_("Consents"), "consent:chart-consents", Permission.SEE_CONSENTS),
    Panel(_("Aftercare"), "aftercare:chart-aftercare", Permission.SEE_CLINICAL),
    Panel(_("Time line"), "chart:time-line", Permission.SEE_PATIENTS),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What may be begun from the chart."""

    title: str | Promise
    icon: str
    page: str
    permission: Permission
    anchor: str = ""


STEPS = (
    Step(_("Plan a treatment"), "clipboard-list", "procedures:plan-add", Permission.PLAN),
    Step(_("Book a visit"), "calendar-plus", "procedures:patient-book", Permission.BOOK),
    Step(_("Questionnaire"), "clipboard-check", "patients:intake-fill", Permission.RECORD_CLINICAL),
    Step(_("Add a photo"), "camera", "patients:photo-add", Permission.RECORD_CLINICAL),
    Step(_("Edit"), "pencil", "patients:patient-edit", Permission.REGISTER_PATIENTS),
    Step(_("Export the record"), "download", "portable:patient-export", Permission.EXPORT_PATIENTS),
    Step(_("Erase the patient"), "trash", "lifecycle:patient-erase", Permission.ERASE_PATIENTS),
)


NEXT = {
    "treat": Step(
        _("Treatment room"), "stethoscope", "procedures:session-detail", Permission.TREAT
    ),
    "ask": Step(
        _("Ask the questions"),
        "clipboard-check",
        "patients:intake-fill",
        Permission.RECORD_CLINICAL,
    ),
    "plan": Step(_("Plan a treatment"), "clipboard-list", "procedures:plan-add", Permission.PLAN),
    "sign-off": Step(
        _("Examine and sign off"), "stethoscope", "procedures:plan-sign-off", Permission.SIGN_OFF
    ),
    "agree": Step(
        _("Offer the consent"),
        "signature",
        "procedures:plan-detail",
        Permission.SEE_CLINICAL,
        "#consent",
    ),
    "read": Step(_("Consent"), "signature", "consent:document-detail", Permission.SEE_CONSENTS),
    "book": Step(
        _("Book the sessions"), "calendar-plus", "procedures:course-book", Permission.BOOK
    ),
}


@require_GET
@requires(Permission.SEE_PATIENTS)
def patient_chart(request: StaffRequest, patient: UUID) -> HttpResponse:
    """The chart, on the record; one that was merged leads to the one that goes on."""
    row = Patient.objects.visible_to(request.user).filter(uuid=patient).first()
    if row is None:
        return redirect(goes_on(patient, request.user))
    at = timezone.now()
    with transaction.atomic():
        audit.record("patient.viewed", row, at=at, by=request.user, patient=row.uuid)
    context = {
        "patient": row,
        "age": row.age_on(timezone.localdate(at)),
        "alerts": panels(ALERTS, row, request.user),
        "main": panels(MAIN, row, request.user),
        "side": panels(SIDE, row, request.user),
        "steps": steps(row, request.user, at=at),
    }
    return render(request, "chart/patient_chart.html", context)


def goes_on(patient: UUID, user: User) -> Patient:
    """The chart into which this one was merged."""
    into = Patient.objects.filter(uuid=patient).values("merged_into")
    return get_object_or_404(Patient.objects.visible_to(user), pk__in=into)


def steps(patient: Patient, user: User, *, at: datetime) -> list[dict[str, object]]:
    """What this person may begin from here; what comes next in the chain stands first."""
    key, row = next_link(patient, at=at)
    first = [(NEXT[key], row)] if key else []
    others = [(step, patient) for step in STEPS if not key or step.page != NEXT[key].page]
    return [
        {
            "title": step.title,
            "icon": step.icon,
            "url": reverse(step.page, args=[subject.uuid]) + step.anchor,
        }
        for step, subject in [*first, *others]
        if user.may(step.permission)
    ]


def next_link(patient: Patient, *, at: datetime) -> tuple[str, Subject]:
    """Where the chain from question to needle stands open, and for which row."""
    here = patient.sessions.filter(appointment__status__in=HERE).order_by("pk").first()
    if here is not None:
        return "treat", here
    if not patient.intakes.completed().exists():
        return "ask", patient
    plan = patient.plans.current().order_by("-created_at", "-pk").first()
    if plan is None:
        return "plan", patient
    if plan.signed_off_at is None:
        return "sign-off", plan
    return _agreed_and_booked(plan, at=at)


def _agreed_and_booked(plan: Plan, *, at: datetime) -> tuple[str, Subject]:
    """What a plan that a doctor signed off still waits for."""
    consents = ConsentDocument.objects.filter(subject=plan.subject)
    if not consents.in_force(at=at).exists():
        document = consents.unfinished().order_by("-created_at", "-pk").first()
        return ("agree", plan) if document is None else ("read", document)
    booked = Course.objects.filter(plan=plan).exists()
    return ("", plan) if booked else ("book", plan)


def panels(among: tuple[Panel, ...], patient: Patient, user: User) -> list[dict[str, object]]:
    """Those this person may see, with their addresses."""
    return [
        {"title": panel.title, "url": reverse(panel.page, args=[patient.uuid])}
        for panel in among
        if user.may(panel.permission)
    ]


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_PATIENTS)
def time_line(request: StaffRequest, patient: UUID) -> HttpResponse:
    """What happened, from every app: a panel of the chart, and a page of its own."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    page = timeline.page_of(row, request.user, request.GET.get("page"))
    template = "chart/time_line.html" + ("#panel" if request.htmx else "")
    return render(request, template, {"patient": row, "page": page, "events": page.object_list})


@require_GET
@requires(Permission.MANAGE_RULES)
def wording_preview(request: StaffRequest, wording: UUID) -> HttpResponse:
    """The draft as the patient of a chosen plan would read it, or what keeps it from being made."""
    draft, at = get_object_or_404(WordingDraft, uuid=wording), timezone.now()
    form = PreviewForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    plans = Plan.objects.visible_to(request.user).current().select_related("patient")
    plan = plans.filter(uuid=asked["plan"]).first() if asked.get("plan") else None
    context: dict[str, object] = {"draft": draft, "form": form, "plan": plan, "asked": asked}
    if plan is None:
        context["plans"] = among(plans, asked.get("q") or "", request.user)
    else:
        with transaction.atomic():
            patient = plan.patient.uuid
            audit.record("wording.previewed", plan, at=at, by=request.user, patient=patient)
        context |= tried(draft, plan, asked.get("language") or plan.patient.language, at=at)
    return render(request, "chart/wording_preview.html", context)


def among(plans: PlanQuerySet, words: str, user: User) -> list[Plan]:
    """The newest of whoever is looked for."""
    if words:
        found = Patient.objects.visible_to(user).search(words)
        plans = plans.filter(patient__in=[one.pk for one in found])
    return list(plans.order_by("-created_at", "-pk")[:MOST_PLANS])


def tried(draft: WordingDraft, plan: Plan, language: str, *, at: datetime) -> dict[str, object]:
    try:
        content = content_of(plan, language=language, at=at)
        return {"text": compose(content, drafting.template_of(draft, language))}
    except ClinicError as error:
        return {"error": str(error)}


app_name = "chart"
urlpatterns = [
    path("wording/<uuid:wording>/", wording_preview, name="wording-preview"),
    path("<uuid:patient>/", patient_chart, name="patient-chart"),
    path("<uuid:patient>/time-line/", time_line, name="time-line"),
    path("<uuid:patient>/live/intake/", live.intake_findings, name="live-intake"),
    path("<uuid:patient>/live/session/", live.session_findings, name="live-session"),
    path("<uuid:patient>/live/history/", live.history_findings, name="live-history"),
]
