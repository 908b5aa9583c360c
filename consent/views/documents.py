"""Consents for staff: the list, one document, what can be done with it, the copy, the export."""

import tempfile
from collections.abc import Callable
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.forms import Form
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.messaging import links
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from consent import evidence, export, signing
from consent.forms import FilterForm, OptionalReasonForm, ReasonForm
from consent.models import (
    UNFINISHED,
    ConsentDocument,
    ConsentDocumentQuerySet,
    ConsentState,
    SignatureEvent,
)
from consent.text import Text, text_of
from patients.models import Patient
from patients.views.door import put_on_record

PER_PAGE = 40
IN_CHART = 10
UNFINISHED_FIRST = Case(
    When(state__in=UNFINISHED, then=Value(0)), default=Value(1), output_field=IntegerField()
)
NEXT = {
    ConsentState.DRAFT: _("Offer it to the patient."),
    ConsentState.OFFERED: _("The patient reads and signs: hand over the tablet or send the link."),
    ConsentState.SIGNED: _("Whoever treats countersigns it."),
    ConsentState.COUNTERSIGNED: _("It is being sealed. This takes a few seconds."),
    ConsentState.DECLINED: _("The patient said no. Talk about it, or offer a changed plan."),
}
ACTS: dict[str, Callable[..., ConsentDocument]] = {
    "decline": signing.decline,
    "withdraw": signing.withdraw,
}
DONE = {
    "decline": _("Noted: the patient declined."),
    "withdraw": _("Withdrawn. It is no longer in force from this moment on."),
}


@requires(Permission.SEE_CONSENTS)
@require_GET
def document_list(request: StaffRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    rows = form.applied(_visible(request))
    rows = rows.order_by(UNFINISHED_FIRST, "-created_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    template = "consent/document_list.html" + ("#rows" if request.htmx else "")
    may_export = request.user.may(Permission.EXPORT_CONSENTS)
    return render(request, template, {"form": form, "page": page, "may_export": may_export})


@requires(Permission.SEE_CONSENTS)
@require_GET
def document_detail(request: StaffRequest, document: UUID) -> HttpResponse:
    """What it says, what is missing, how it came about. While it is being sealed it asks again."""
    row = _document(request, document)
    if not request.htmx:
        put_on_record(request, "consent.viewed", row.patient, row, at=timezone.now())
    template = "consent/document_detail.html" + ("#standing" if request.htmx else "")
    return render(request, template, _facts(request, row))


@requires(Permission.OFFER_CONSENT)
@require_POST
def document_tablet(request: StaffRequest, document: UUID) -> HttpResponse:
    """Hand over this device: our own login ends here before the patient gets it."""
    row = _document(request, document)
    try:
        link = signing.open_on_tablet(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row, error)
    logout(request)
    return redirect("messaging:link-open", links.token(link))


@requires(Permission.OFFER_CONSENT)
@require_POST
def document_send(request: StaffRequest, document: UUID) -> HttpResponse:
    row = _document(request, document)
    try:
        signing.send_link(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row, error)
    messages.success(request, _("The link is on its way to the patient."))
    return redirect("consent:document-detail", row.uuid)


@requires(Permission.COUNTERSIGN)
@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def document_countersign(request: StaffRequest, document: UUID) -> HttpResponse:
    """The password was asked for just now: a tablet left open signs nothing."""
    row = _document(request, document)
    if request.method == "GET":
        facts = _facts(request, row)
        return render(request, "consent/document_countersign.html", facts)
    try:
        signing.countersign(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row, error)
    messages.success(request, _("Countersigned. The document is being sealed."))
    return redirect("consent:document-detail", row.uuid)


@requires(Permission.OFFER_CONSENT)
@require_http_methods(["GET", "POST"])
def document_decline(request: StaffRequest, document: UUID) -> HttpResponse:
    row = _document(request, document)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    return _with_reason(request, row, form, "decline")


@requires(Permission.OFFER_CONSENT)
@require_http_methods(["GET", "POST"])
def document_withdraw(request: StaffRequest, document: UUID) -> HttpResponse:
    row = _document(request, document)
    form = OptionalReasonForm(request.POST if request.method == "POST" else None)
    return _with_reason(request, row, form, "withdraw")


@requires(Permission.SEE_CONSENTS)
@require_GET
def document_pdf(request: StaffRequest, document: UUID) -> HttpResponse:
    """The sealed file; its bytes are compared with the seal's hash each time, and it is audited."""
    row = get_object_or_404(_visible(request).with_file(), uuid=document)
    try:
        pdf = export.read(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row, error)
    return pdf_response(pdf, row)


@requires(Permission.EXPORT_CONSENTS)
@require_http_methods(["GET", "POST"])
def document_export(request: StaffRequest) -> HttpResponse:
    """A ZIP of what the filter leaves, written to a temporary file and sent from there."""
    form = FilterForm(request.POST if request.method == "POST" else request.GET)
    rows = form.applied(_visible(request)).with_file().order_by("pk")
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        context = {"form": form, "count": rows.count()}
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
    rows = _visible(request).filter(patient=row).order_by("-created_at", "-pk")
    page = "consent/chart_consents.html"
    template = page + "#panel" if request.htmx else page
    return render(request, template, {"patient": row, "documents": rows[:IN_CHART]})


def pdf_response(pdf: bytes, row: ConsentDocument) -> HttpResponse:
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="consent-{row.code}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


def _visible(request: StaffRequest) -> ConsentDocumentQuerySet:
    rows = ConsentDocument.objects.visible_to(request.user)
    return rows.select_related("patient", "template", "countersigned_by", "created_by")


def _document(request: StaffRequest, uuid: UUID) -> ConsentDocument:
    return get_object_or_404(_visible(request), uuid=uuid)


def _facts(request: StaffRequest, row: ConsentDocument) -> dict[str, object]:
    user, text = request.user, text_of(row)
    offered, signed = row.state == ConsentState.OFFERED, row.state == ConsentState.SIGNED
    may_offer = user.may(Permission.OFFER_CONSENT)
    return {
        "document": row,
        "text": text,
        "events": _time_line(row, text),
        "broken": evidence.breaks(row),
        "next_step": NEXT.get(ConsentState(row.state)),
        "may_hand_over": offered and may_offer,
        "may_countersign": signed and user.may(Permission.COUNTERSIGN),
        "may_withdraw": row.state in signing.SIGNED and may_offer,
        "is_waiting": row.state == ConsentState.COUNTERSIGNED,
    }


def _time_line(row: ConsentDocument, text: Text) -> list[tuple[SignatureEvent, str]]:
    """Newest first; a section by its heading."""
    headings = text.headings
    events = row.events.order_by("-number")
    return [(event, headings.get(str(event.facts.get("section")), "")) for event in events]


def _with_reason(request: StaffRequest, row: ConsentDocument, form: Form, act: str) -> HttpResponse:
    """A form that asks why, and the act itself when it was answered."""
    do = ACTS[act]
    if request.method == "POST" and form.is_valid():
        try:
            do(row, form.cleaned_data["reason"], at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, DONE[act])
            return redirect("consent:document-detail", row.uuid)
    status = 422 if form.is_bound else 200
    page = f"consent/document_{act}.html"
    return render(request, page, {"form": form, "document": row}, status=status)


def _refused(request: StaffRequest, row: ConsentDocument, error: ClinicError) -> HttpResponse:
    facts = _facts(request, row) | {"error": str(error)}
    return render(request, "consent/document_detail.html", facts, status=409)
