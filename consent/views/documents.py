"""Consents for staff: the list, one document, the copy, the export, the panel of the chart."""

import tempfile
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from consent import export, withdrawing
from consent.forms import FilterForm
from consent.models import UNFINISHED, Withdrawal
from consent.views.standing import document_of, facts_of, refused, visible
from patients.models import Patient
from patients.views.door import put_on_record

PER_PAGE = 40
IN_CHART = 10
AT_ONCE = 200
TOO_MANY = _(
    "These are more than are sent at once. Narrow the choice, or have them made in the background: "
    "Exports and imports, Consents."
)
DOORS = {
    "may_export": Permission.EXPORT_CONSENTS,
    "may_read_wording": Permission.SEE_RULES,
    "may_rule": Permission.MANAGE_RULES,
}
UNFINISHED_FIRST = Case(
    When(state__in=UNFINISHED, then=Value(0)), default=Value(1), output_field=IntegerField()
)


@requires(Permission.SEE_CONSENTS)
@require_GET
def document_list(request: StaffRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    rows = form.applied(visible(request))
    rows = rows.order_by(UNFINISHED_FIRST, "-created_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    template = "consent/document_list.html" + ("#rows" if request.htmx else "")
    context = {"form": form, "page": page} | {
        name: request.user.may(permission) for name, permission in DOORS.items()
    }
    return render(request, template, context)


@requires(Permission.SEE_CONSENTS)
@require_GET
def document_detail(request: StaffRequest, document: UUID) -> HttpResponse:
    """What it says, what is missing, how it came about. While it is being sealed it asks again."""
    row = document_of(request, document)
    if not request.htmx:
        put_on_record(request, "consent.viewed", row.patient, row, at=timezone.now())
    template = "consent/document_detail.html" + ("#standing" if request.htmx else "")
    return render(request, template, facts_of(request, row))


@requires(Permission.SEE_CONSENTS)
@require_GET
def document_pdf(request: StaffRequest, document: UUID) -> HttpResponse:
    """The sealed file; its bytes are compared with the seal's hash each time, and it is audited."""
    row = get_object_or_404(visible(request).with_file(), uuid=document)
    try:
        pdf = export.read(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, row, error)
    return pdf_response(pdf, f"consent-{row.code}")


@requires(Permission.SEE_CONSENTS)
@require_GET
def document_withdrawal(request: StaffRequest, document: UUID) -> HttpResponse:
    """The sealed page of a withdrawal."""
    row = document_of(request, document)
    pages = Withdrawal.objects.filter(document=row).exclude(sealed_at=None)
    withdrawal = get_object_or_404(pages.select_related("document__patient"))
    try:
        pdf = withdrawing.read(withdrawal, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, row, error)
    return pdf_response(pdf, f"withdrawal-{row.code}")


@requires(Permission.EXPORT_CONSENTS)
@require_http_methods(["GET", "POST"])
def document_export(request: StaffRequest) -> HttpResponse:
    """A ZIP of what the filter leaves, written to a temporary file and sent from there."""
    form = FilterForm(request.POST if request.method == "POST" else request.GET)
    rows = form.applied(visible(request)).with_file().order_by("pk")
    count = rows.count()
    if request.method == "POST" and form.is_valid() and count > AT_ONCE:
        form.add_error(None, TOO_MANY)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        context = {"form": form, "count": count}
        return render(request, "consent/document_export.html", context, status=status)
    at = timezone.now()
    file = tempfile.TemporaryFile()  # noqa: SIM115  FileResponse closes it
    export.bundle(rows.iterator(chunk_size=200), file, at=at, by=request.user)
    file.seek(0)
    name = f"consents-{timezone.localdate(at).isoformat()}.zip"
    return FileResponse(file, as_attachment=True, filename=name)  # type: ignore[return-value]


@requires(Permission.SEE_CONSENTS)
@require_GET
def chart_consents(request: StaffRequest, patient: UUID) -> HttpResponse:
    """The consents of one patient, newest first: a panel of the chart."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    rows = visible(request).filter(patient=row).order_by("-created_at", "-pk")
    page = "consent/chart_consents.html"
    template = page + "#panel" if request.htmx else page
    return render(request, template, {"patient": row, "documents": rows[:IN_CHART]})


def pdf_response(pdf: bytes, name: str) -> HttpResponse:
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    response["Cache-Control"] = "no-store"
    return response
