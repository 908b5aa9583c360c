"""Plans: drafted, revised, signed off by a doctor, offered for consent, closed."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.models import LANGUAGES
from clinic.staff.roles import Permission
from consent.models import ConsentDocument
from patients.models import Patient
from patients.views.door import put_on_record
from procedures import catalogue, consenting, plans
from procedures.forms.lines import MORE
from procedures.forms.offering import OfferForm
from procedures.forms.plans import ApplyForm, IndicationForm, PlanEditor, ReadForm, SignOffForm
from procedures.models import AllergyTest, Plan, TestResult
from procedures.plans import Intent
from procedures.views.plan_page import chain_of, context_of, counts, standing_of, state_of, words_of


@require_http_methods(["GET", "POST"])
@requires(Permission.PLAN)
def plan_add(request: StaffRequest, patient: UUID) -> HttpResponse:
    """First what is to be treated, then the usual course for it, to be changed as needed."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    context: dict[str, object] = {"patient": row}
    if request.method == "POST":
        editor = PlanEditor.posted(request.POST)

        def draft(intent: Intent) -> Plan:
            return plans.draft(row, intent, at=timezone.now(), by=request.user)

        return saved(request, editor, draft, context)
    indication = request.GET.get("indication", "")
    if not offered(indication):
        form = IndicationForm(request.GET if indication else None)
        return editor_page(request, None, context | {"chooser": form})
    editor = PlanEditor.usual(indication, request.user)
    return editor_page(request, editor, context | chooser(indication))


@require_http_methods(["GET", "POST"])
@requires(Permission.PLAN)
def plan_revise(request: StaffRequest, plan: UUID) -> HttpResponse:
    """A new revision: it is screened, signed off and consented anew."""
    row = found(request, plan)
    context: dict[str, object] = {"patient": row.patient, "plan": row}
    if request.method == "POST":
        editor = PlanEditor.posted(request.POST)

        def revise(intent: Intent) -> Plan:
            return plans.revise(row, intent, at=timezone.now(), by=request.user)

        return saved(request, editor, revise, context)
    indication = request.GET.get("indication", row.indication)
    editor = PlanEditor.of(row)
    if indication != row.indication and offered(indication):
        editor = editor.treating(indication)
    return editor_page(request, editor, context | chooser(indication))


def saved(
    request: StaffRequest,
    editor: PlanEditor,
    keep: Callable[[Intent], Plan],
    context: dict[str, object],
) -> HttpResponse:
    """Keep it and show the plan, or show the form with what stands in the way."""
    context |= chooser(request.POST.get("indication", ""))
    if MORE in request.POST:
        return editor_page(request, editor.with_more_lines(), context)
    if editor.is_valid():
        try:
            plan = keep(editor.intent())
        except ClinicError as error:
            editor.form.add_error(None, str(error))
        else:
            messages.success(request, _("Plan saved. Next: the screening."))
            return redirect("procedures:plan-detail", plan=plan.uuid)
    return editor_page(request, editor, context, status=422)


def editor_page(
    request: StaffRequest,
    editor: PlanEditor | None,
    context: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    shown = context | {"editor": editor}
    return render(request, "procedures/plan_form.html", shown, status=status)


def chooser(indication: str) -> dict[str, object]:
    return {"chooser": IndicationForm(initial={"indication": indication})}


def offered(indication: str) -> bool:
    return any(one.id == indication for one in catalogue.indications())


@require_GET
@requires(Permission.SEE_CLINICAL)
def plan_detail(request: StaffRequest, plan: UUID) -> HttpResponse:
    """Everything about one revision, with the next step of the chain."""
    row, at = found(request, plan), timezone.now()
    put_on_record(request, "plan.viewed", row.patient, row, at=at)
    context = context_of(row, request.user, at=at)
    return render(request, "procedures/plan_detail.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.SIGN_OFF)
def plan_sign_off(request: StaffRequest, plan: UUID) -> HttpResponse:
    """The doctor examines and takes responsibility, or reads what still stops the plan."""
    row, at = found(request, plan), timezone.now()
    form = SignOffForm(request.POST if request.method == "POST" else None)

    def sign_off() -> object:
        text = form.cleaned_data["examination"]
        return plans.sign_off(row, text, at=at, by=request.user)

    if done(request, form, sign_off, _("Signed off. Next: the consent.")):
        return redirect("procedures:plan-detail", plan=row.uuid)
    context = context_of(row, request.user, at=at) | {"form": form}
    status = 422 if form.errors else 200
    return render(request, "procedures/plan_sign_off.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.PLAN)
def plan_close(request: StaffRequest, plan: UUID) -> HttpResponse:
    """Asks once, then nothing more is done under this plan."""
    row = found(request, plan)
    form = forms.Form(request.POST if request.method == "POST" else None)

    def close() -> object:
        return plans.close(row, at=timezone.now(), by=request.user)

    if done(request, form, close, _("Plan closed.")):
        return redirect("procedures:plan-detail", plan=row.uuid)
    context = {"plan": row, "patient": row.patient, "form": form, "words": words_of(row)}
    status = 422 if form.errors else 200
    return render(request, "procedures/plan_close.html", context, status=status)


@require_POST
@requires(Permission.OFFER_CONSENT)
def consent_offer(request: StaffRequest, plan: UUID) -> HttpResponse:
    """The consent to exactly this plan, in the language the patient reads."""
    row, at = found(request, plan), timezone.now()
    form = OfferForm(request.POST, rules=consenting.rules_of(row, at=at))
    if not form.is_valid() and "language" in form.errors:
        raise Http404
    try:
        document = _offer(request, row, form)
    except ClinicError as error:
        context = {"error": str(error), "back": back_to(request, row)}
        return render(request, "409.html", context, status=409)
    messages.success(request, _("Consent ready. Hand over the tablet or send the link."))
    return redirect("consent:document-detail", document=document.uuid)


def _offer(request: StaffRequest, plan: Plan, form: OfferForm) -> ConsentDocument:
    """With whatever fits of what was added; what does not is left out, as if not asked for."""
    besides = form.besides() if form.is_valid() else consenting.ALONE
    language = form.cleaned_data["language"]
    return consenting.offer_or_ask(
        plan, language=language, besides=besides, at=timezone.now(), by=request.user
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.TREAT)
def test_apply(request: StaffRequest, plan: UUID) -> HttpResponse:
    """A product of the plan is tried on the skin; it is read later."""
    row = found(request, plan)
    form = ApplyForm(request.POST if request.method == "POST" else None, plan=row)

    def apply() -> object:
        said = form.cleaned_data
        at, by = timezone.now(), request.user
        return plans.record_test(row, said["product"], said["site"], at=at, by=by)

    if done(request, form, apply, _("Test recorded. Read it when its time has come.")):
        return redirect("procedures:plan-detail", plan=row.uuid)
    context = {"plan": row, "patient": row.patient, "form": form}
    status = 422 if form.errors else 200
    return render(request, "procedures/test_apply.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.TREAT)
def test_read(request: StaffRequest, test: UUID) -> HttpResponse:
    """What the skin shows."""
    patients = Patient.objects.visible_to(request.user)
    row = get_object_or_404(AllergyTest.objects.filter(patient__in=patients), uuid=test)
    form = ReadForm(request.POST if request.method == "POST" else None)

    def read() -> object:
        result = TestResult(form.cleaned_data["result"])
        return plans.read_test(row, result, at=timezone.now(), by=request.user)

    if done(request, form, read, _("Test read.")):
        return redirect("chart:patient-chart", patient=row.patient.uuid)
    context = {"test": row, "patient": row.patient, "form": form, "place": place_of(request.user)}
    status = 422 if form.errors else 200
    return render(request, "procedures/test_read.html", context, status=status)


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_PATIENTS)
def chart_plans(request: StaffRequest, patient: UUID) -> HttpResponse:
    """The chart's plans, newest first; who sees no health words sees only where each stands."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    seen = Plan.objects.visible_to(request.user).filter(patient=row, superseded_at=None)
    seen = seen.select_related("practitioner", "location", "patient__recipient")
    context = {
        "patient": row,
        "plans": [entry(request, plan) for plan in seen.order_by("-created_at", "-pk")],
        "clinical": request.user.may(Permission.SEE_CLINICAL),
        "may_plan": request.user.may(Permission.PLAN),
        "languages": LANGUAGES,
    }
    template = "procedures/chart_plans.html" + ("#panel" if request.htmx else "")
    return render(request, template, context)


def entry(request: StaffRequest, plan: Plan) -> dict[str, object]:
    """One plan of the chart with its next step; what is closed has none, and costs no question."""
    state, label = state_of(plan)
    following, document = None, None
    if counts(plan):
        standing = standing_of(plan, at=timezone.now())
        links = chain_of(plan, standing, request.user)
        following = next((link for link in links if link.is_next), None)
        document = standing.document
    return {
        "plan": plan,
        "state": state,
        "label": label,
        "words": words_of(plan),
        "next": following,
        "document": document,
    }


def done(request: StaffRequest, form: forms.Form, do: Callable[[], object], said: object) -> bool:
    """Whether it was done; else the form says what stands in the way."""
    if not form.is_valid():
        return False
    try:
        do()
    except ClinicError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, str(said))
    return True


def back_to(request: StaffRequest, plan: Plan) -> str:
    """The page from which this reader came: the desk has none of its own but the chart."""
    clinical = request.user.may(Permission.SEE_CLINICAL)
    if clinical:
        return reverse("procedures:plan-detail", args=[plan.uuid])
    return reverse("chart:patient-chart", args=[plan.patient.uuid])


def found(request: StaffRequest, plan: UUID) -> Plan:
    rows = Plan.objects.visible_to(request.user).select_related(
        "patient__recipient", "practitioner", "location", "signed_off_by", "created_by"
    )
    return get_object_or_404(rows, uuid=plan)
