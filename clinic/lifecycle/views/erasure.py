"""Forgetting a patient: the preview, one who asks, another who approves, how long things stay."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.lifecycle import erasing, extents
from clinic.lifecycle.forms import ApproveForm, EraseForm, RetentionForm
from clinic.lifecycle.models import Erasure, Retention
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission
from patients.views.door import patient_of, put_on_record

ROWS = 50


@require_GET
@requires(Permission.ERASE_PATIENTS)
def erasure_list(request: StaffRequest) -> HttpResponse:
    """What waits for a second person, whose day has come, and what was erased."""
    rows = Erasure.objects.visible_to(request.user).select_related("patient", "requested_by")
    past = rows.exclude(approved_at=None).order_by("-approved_at", "-pk")
    context = {
        "waiting": rows.waiting().order_by("requested_at", "pk"),
        "over": rows.over(on=timezone.localdate()).order_by("locked_until", "pk"),
        "page": Paginator(past, ROWS).get_page(request.GET.get("page")),
        "years": Retention.objects.years_now(),
        "may_set": request.user.may(Permission.MANAGE_RULES),
    }
    return render(request, "lifecycle/erasure_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.ERASE_PATIENTS)
def patient_erase(request: StaffRequest, patient: UUID) -> HttpResponse:
    """What would go and what would stay; and asking for it."""
    row, now = patient_of(request, patient), timezone.now()
    form = EraseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            asked = erasing.ask(row, **form.cleaned_data, at=now, by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Asked. Now another person has to look and approve."))
            return redirect("lifecycle:erasure-detail", erasure=asked.uuid)
    put_on_record(request, "patient.erasure-previewed", row, at=now)
    extent = extents.of(row, on=timezone.localdate(now))
    context = {"patient": row, "form": form, "extent": extent}
    status = 422 if form.errors else 200
    return render(request, "lifecycle/patient_erase.html", context, status=status)


@require_GET
@requires(Permission.ERASE_PATIENTS)
def erasure_detail(request: StaffRequest, erasure: UUID) -> HttpResponse:
    return erasure_page(request, erasure_of(request, erasure))


@require_POST
@requires(Permission.ERASE_PATIENTS)
def erasure_approve(request: StaffRequest, erasure: UUID) -> HttpResponse:
    form = ApproveForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else 0
    said = _("Erased. What the law keeps is locked under a number.")
    return done(request, erasure, partial(erasing.approve, version=version), said)


@require_POST
@requires(Permission.ERASE_PATIENTS)
def erasure_cancel(request: StaffRequest, erasure: UUID) -> HttpResponse:
    return done(request, erasure, erasing.cancel, _("Taken back. Nothing was erased."))


@require_POST
@requires(Permission.ERASE_PATIENTS)
def erasure_finish(request: StaffRequest, erasure: UUID) -> HttpResponse:
    return done(request, erasure, erasing.finish, _("Erased. Only the chart number is left."))


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_RULES)
def retention_set(request: StaffRequest) -> HttpResponse:
    years = Retention.objects.years_now()
    form = RetentionForm(
        request.POST if request.method == "POST" else None, initial={"years": years}
    )
    if form.is_valid():
        erasing.set_retention(**form.cleaned_data, at=timezone.now(), by=request.user)
        messages.success(request, _("Changes saved."))
        return redirect("lifecycle:retention-set")
    earlier = Retention.objects.select_related("set_by").order_by("-set_at", "-pk")
    context = {"form": form, "earlier": earlier, "place": place_of(request.user)}
    status = 422 if form.errors else 200
    return render(request, "lifecycle/retention_set.html", context, status=status)


def done(
    request: StaffRequest, erasure: UUID, act: Callable[..., Erasure], said: Promise
) -> HttpResponse:
    row = erasure_of(request, erasure)
    try:
        act(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return erasure_page(request, row, str(error))
    messages.success(request, str(said))
    return redirect("lifecycle:erasure-detail", erasure=row.uuid)


def erasure_page(request: StaffRequest, row: Erasure, error: str = "") -> HttpResponse:
    today = timezone.localdate()
    if row.waits:
        put_on_record(request, "patient.erasure-previewed", row.patient, row, at=timezone.now())
    context = {
        "erasure": row,
        "error": error,
        "own": row.requested_by_id == request.user.pk,
        "extent": extents.of(row.patient, on=today) if row.approved_at is None else None,
        "over": Erasure.objects.over(on=today).filter(pk=row.pk).exists(),
        "place": place_of(request.user),
    }
    status = 422 if error else 200
    return render(request, "lifecycle/erasure_detail.html", context, status=status)


def erasure_of(request: StaffRequest, erasure: UUID) -> Erasure:
    rows = Erasure.objects.visible_to(request.user)
    people = rows.select_related("patient", "requested_by", "approved_by")
    return get_object_or_404(people, uuid=erasure)
