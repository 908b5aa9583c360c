"""The patient's own page: read, choose, sign; or say no, or later, or take it back."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.messaging import access
from clinic.messaging.access import PatientRequest, patient_page
from clinic.messaging.models import Purpose
from clinic.record import audit
from consent import export, signing
from consent.evidence import Evidence
from consent.forms import OptionalReasonForm, ReasonForm, SignForm
from consent.models import ConsentDocument, ConsentState, SignatureEventKind
from consent.text import text_of
from consent.views.documents import pdf_response

Page = Callable[[PatientRequest, ConsentDocument], HttpResponse]
ENDINGS = {
    ConsentState.SIGNED: "consent/patient_signed.html",
    ConsentState.COUNTERSIGNED: "consent/patient_signed.html",
    ConsentState.SEALED: "consent/patient_copy.html",
    ConsentState.DECLINED: "consent/patient_declined.html",
    ConsentState.SUPERSEDED: "consent/patient_over.html",
    ConsentState.WITHDRAWN: "consent/patient_over.html",
}


def of_the_link(view: Page) -> Callable[[PatientRequest], HttpResponse]:
    """The document that this link names, and no other."""

    @wraps(view)
    def found(request: PatientRequest) -> HttpResponse:
        kind, _colon, uuid = request.link.subject.partition(":")
        if kind != "consent":
            raise Http404
        rows = ConsentDocument.objects.select_related("template", "patient__recipient")
        row = rows.filter(uuid=UUID(uuid), patient__recipient=request.link.recipient).first()
        if row is None:
            raise Http404
        return view(request, row)

    return found


@patient_page(Purpose.CONSENT)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_consent(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """One page by state: to read and sign, to know it is done, to fetch the copy."""
    if row.state != ConsentState.OFFERED:
        return _ending(request, row)
    text = text_of(row)
    if request.method == "GET":
        signing.opened(row, _from_where(request), at=timezone.now(), by=request.link)
        form = SignForm(text=text, initial={"content_sha256": row.content_sha256})
        return _reading(request, row, form)
    form = SignForm(request.POST, text=text)
    if form.is_valid() and _signed(request, row, form):
        return redirect("consent:patient-consent")
    return _reading(request, row, form)


@patient_page(Purpose.CONSENT)
@require_POST
@of_the_link
def patient_section(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """The reader has come to a section; the script tells, and nothing depends on it."""
    section = request.POST.get("section", "")[:40]
    signing.section_reached(row, section, at=timezone.now(), by=request.link)
    return HttpResponse(status=204)


@patient_page(Purpose.CONSENT)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_decline(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            signing.decline(
                row,
                form.cleaned_data["reason"],
                evidence=_from_where(request),
                at=timezone.now(),
                by=request.link,
            )
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            return redirect("consent:patient-consent")
    return _page(request, row, "consent/patient_decline.html", form=form)


@patient_page(Purpose.CONSENT)
@require_GET
@of_the_link
def patient_later(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """Time to think: nothing is lost, nothing is pressed."""
    response = _page(request, row, "consent/patient_later.html")
    return _handed_back(request, row, response)


@patient_page(Purpose.CONSENT)
@require_GET
@of_the_link
def patient_copy(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """The sealed file for the patient; the first time is part of the evidence."""
    if not row.file:
        raise Http404
    try:
        pdf = export.deliver(row, _from_where(request), at=timezone.now(), by=request.link)
    except ClinicError as error:
        return _page(request, row, "consent/patient_copy.html", error=str(error))
    return pdf_response(pdf, row)


@patient_page(Purpose.CONSENT)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_withdraw(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    form = OptionalReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            signing.withdraw(row, reason, at=timezone.now(), by=request.link)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            return redirect("consent:patient-consent")
    return _page(request, row, "consent/patient_withdraw.html", form=form)


def _signed(request: PatientRequest, row: ConsentDocument, form: SignForm) -> bool:
    try:
        signing.sign(
            row,
            form.signature(),
            content_sha256=form.cleaned_data["content_sha256"],
            evidence=_from_where(request),
            at=timezone.now(),
            by=request.link,
        )
    except signing.AlreadySigned:
        return True
    except ClinicError as error:
        form.add_error(FIELDS.get(error.code), str(error))
        return False
    return True


FIELDS = {"not-signed": "ink", "no-name": "signer_name", "no-glyphs": "signer_name"}


def _reading(request: PatientRequest, row: ConsentDocument, form: SignForm) -> HttpResponse:
    return _page(request, row, "consent/patient_read.html", form=form)


def _ending(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    response = _page(request, row, ENDINGS[ConsentState(row.state)])
    return _handed_back(request, row, response)


def _handed_back(
    request: PatientRequest, row: ConsentDocument, response: HttpResponse
) -> HttpResponse:
    """The clinic's tablet forgets the patient; a phone at home does not."""
    own = {"kind": SignatureEventKind.SENT, "facts__link": str(request.link.uuid)}
    if row.events.filter(**own, facts__how="tablet").exists():
        access.forget(response, Purpose.CONSENT)
    return response


def _page(
    request: PatientRequest,
    row: ConsentDocument,
    template: str,
    *,
    form: Form | None = None,
    error: str = "",
) -> HttpResponse:
    """With the clinic's name and phones on top, as the document has them."""
    text = text_of(row)
    context = {
        "document": row,
        "text": text,
        "link": request.link,
        "location": text.content.clinic,
        "form": form,
        "error": error,
    }
    status = 422 if form is not None and form.errors else 409 if error else 200
    return render(request, template, context, status=status)


def _from_where(request: PatientRequest) -> Evidence:
    return Evidence(audit.origin.get(), request.headers.get("User-Agent", ""))
