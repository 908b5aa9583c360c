"""How a consent ends for the patient: no, not now, the copy, and taking it back."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from clinic.errors import ClinicError
from clinic.messaging.access import PatientRequest, patient_page
from clinic.messaging.models import Purpose
from consent import export, signing, withdrawing
from consent.forms import OptionalReasonForm, ReasonForm
from consent.models import ConsentDocument, Withdrawal
from consent.views.documents import pdf_response
from consent.views.door import from_where, handed_back, of_the_link, page


@patient_page(Purpose.CONSENT)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_decline(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason, at = form.cleaned_data["reason"], timezone.now()
        try:
            signing.decline(row, reason, evidence=from_where(request), at=at, by=request.link)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            return redirect("consent:patient-consent")
    return page(request, row, "consent/patient_decline.html", form=form)


@patient_page(Purpose.CONSENT)
@require_GET
@of_the_link
def patient_later(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """Time to think: nothing is lost, nothing is pressed."""
    response = page(request, row, "consent/patient_later.html")
    return handed_back(request, row, response)


@patient_page(Purpose.CONSENT)
@require_GET
@of_the_link
def patient_copy(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """The sealed file for the patient; the first time is part of the evidence."""
    if not row.file:
        raise Http404
    try:
        pdf = export.deliver(row, from_where(request), at=timezone.now(), by=request.link)
    except ClinicError as error:
        return page(request, row, "consent/patient_copy.html", error=str(error))
    return pdf_response(pdf, f"consent-{row.code}")


@patient_page(Purpose.CONSENT)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_withdraw(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    form = OptionalReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            withdrawing.withdraw(row, reason, at=timezone.now(), by=request.link)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            return redirect("consent:patient-consent")
    return page(request, row, "consent/patient_withdraw.html", form=form)


@patient_page(Purpose.CONSENT)
@require_GET
@of_the_link
def patient_withdrawal(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """The sealed page that says the consent was taken back."""
    withdrawal = Withdrawal.objects.filter(document=row).exclude(sealed_at=None).first()
    if withdrawal is None:
        raise Http404
    try:
        pdf = withdrawing.read(withdrawal, at=timezone.now(), by=request.link)
    except ClinicError as error:
        return page(request, row, "consent/patient_over.html", error=str(error))
    return pdf_response(pdf, f"withdrawal-{row.code}")
