"""Finding, registering and editing a patient."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import directory, registration
from patients.forms.registration import CHANNELS, EditForm, RegisterForm, spoken
from patients.models import Patient
from patients.registration import Allowed, ProbableDuplicate
from patients.views.door import looked_up, patient_of

SAVED = _("Changes saved.")


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_PATIENTS)
def patient_list(request: StaffRequest) -> HttpResponse:
    """Whom one looks for; without a question, whoever came last."""
    context = looked_up(request)
    if not context["query"]:
        latest = Patient.objects.visible_to(request.user).order_by("-number")
        rows = list(latest[: directory.ROWS + 1])
        context |= {
            "patients": rows[: directory.ROWS],
            "there_are_more": len(rows) > directory.ROWS,
        }
    context["may_register"] = request.user.may(Permission.REGISTER_PATIENTS)
    return render(request, "patients/patient_list.html" + _part(request, "rows"), context)


@require_GET
@requires(Permission.SEE_PATIENTS)
def patient_search(request: StaffRequest) -> HttpResponse:
    """What drops down under the search box of every page."""
    return render(request, "patients/search_results.html", looked_up(request))


@require_http_methods(["GET", "POST"])
@requires(Permission.REGISTER_PATIENTS)
def patient_add(request: StaffRequest) -> HttpResponse:
    """A new chart; who looks like somebody we know is shown before it is opened."""
    data = request.POST if request.method == "POST" else None
    form = RegisterForm(data, user=request.user)
    alike: list[Patient] = []
    if form.is_valid():
        try:
            patient = _register(request, form)
        except ProbableDuplicate as error:
            alike = error.patients
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Patient registered."))
            return redirect(patient)
    context = {"form": form, "alike": alike, "seen": ",".join(str(one.number) for one in alike)}
    status = 422 if alike or form.errors else 200
    return render(request, "patients/patient_add.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires(Permission.REGISTER_PATIENTS)
def patient_edit(request: StaffRequest, patient: UUID) -> HttpResponse:
    row = patient_of(request, patient)
    data = request.POST if request.method == "POST" else None
    form = EditForm(data, initial=spoken(row))
    if form.is_valid():
        try:
            _edit(request, row, form)
        except ClinicError as error:
            form.refuse(error, row)
        else:
            messages.success(request, SAVED)
            return redirect(row)
    context = {"form": form, "patient": row}
    return render(
        request, "patients/patient_edit.html", context, status=422 if form.errors else 200
    )


def _register(request: StaffRequest, form: RegisterForm) -> Patient:
    """Insisting counts for the charts that were shown, not for others that appear meanwhile."""
    identity = form.identity()
    seen = set(request.POST.get("seen", "").split(",")) if "insist" in request.POST else set()
    alike = {str(one.number) for one in registration.probable_duplicates(identity)}
    return registration.register(
        identity,
        location=form.cleaned_data["location"],
        email_allowed=form.cleaned_data["email_allowed"],
        sms_allowed=form.cleaned_data["sms_allowed"],
        accept_duplicate=bool(alike) and alike <= seen,
        at=timezone.now(),
        by=request.user,
    )


def _edit(request: StaffRequest, patient: Patient, form: EditForm) -> Patient:
    email_allowed, sms_allowed = (form.cleaned_data[name] for name in CHANNELS)
    return registration.edit(
        patient,
        form.identity(),
        version=form.cleaned_data["version"],
        at=timezone.now(),
        by=request.user,
        **Allowed(email_allowed=email_allowed, sms_allowed=sms_allowed),
    )


def _part(request: StaffRequest, name: str) -> str:
    return f"#{name}" if request.htmx else ""
