"""Going out: one patient, everybody, photos that may be used."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from clinic.errors import ClinicError
from clinic.portable import exporting, handing
from clinic.portable.models import Export
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission
from patients.models import Patient, PhotoUse

ROWS = 20


@require_http_methods(["GET", "POST"])
@requires(Permission.EXPORT_PATIENTS)
def patient_export(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Says what the file will hold; a POST hands it out and puts that on the record."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    if request.method == "GET":
        complete = request.user.may(Permission.SEE_SENSITIVE)
        context = {"patient": row, "complete": complete}
        return render(request, "portable/patient_export.html", context)
    pieces = handing.hand_out(row, at=timezone.now(), by=request.user)
    return archive(pieces, f"patient-{row.number}")


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.EXPORT_CLINIC)
def export_list(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    exports = list(Export.objects.visible_to(request.user).order_by("-requested_at", "-pk")[:ROWS])
    context = {
        "exports": [(one, one.is_ready(at=now)) for one in exports],
        "under_way": any(one.finished_at is None for one in exports),
        "complete": request.user.may(Permission.SEE_SENSITIVE),
        "may_export_consents": request.user.may(Permission.EXPORT_CONSENTS),
        "place": place_of(request.user),
    }
    part = "#rows" if request.htmx else ""
    return render(request, "portable/export_list.html" + part, context)


@require_POST
@requires(Permission.EXPORT_CLINIC)
def export_ask(request: StaffRequest) -> HttpResponse:
    try:
        exporting.ask(at=timezone.now(), by=request.user)
    except ClinicError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The export is being made. This page shows how far it is."))
    return redirect("portable:export-list")


@require_GET
@requires(Permission.EXPORT_CLINIC)
def export_fetch(request: StaffRequest, export: UUID) -> HttpResponse:
    row = get_object_or_404(Export.objects.visible_to(request.user), uuid=export)
    try:
        pieces = exporting.fetch(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        context = {"error": str(error), "back": reverse("portable:export-list")}
        return render(request, "409.html", context, status=409)
    return archive(pieces, f"clinic-{row.requested_at:%Y-%m-%d}")


@require_POST
@requires(Permission.EXPORT_PATIENTS)
def teaching_photos(request: StaffRequest) -> HttpResponse:
    return pictures(request, PhotoUse.TEACHING)


@require_POST
@requires(Permission.EXPORT_PATIENTS)
def marketing_photos(request: StaffRequest) -> HttpResponse:
    return pictures(request, PhotoUse.MARKETING)


def pictures(request: StaffRequest, use: PhotoUse) -> HttpResponse:
    pieces = handing.hand_out_pictures(use, at=timezone.now(), by=request.user)
    return archive(pieces, f"photos-{use.value}")


def archive(pieces: Iterator[bytes], name: str) -> HttpResponse:
    """Sent while it is made, and kept by no browser."""
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]
