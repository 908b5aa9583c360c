"""What the staff does with a consent: hand over, send, answer, countersign, note a no or an end."""

from collections.abc import Callable
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.messaging.handing import hand_over
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from consent import reading, signing, withdrawing
from consent.forms import AnswerForm, OptionalReasonForm, ReasonForm
from consent.models import ConsentDocument, PatientQuestion
from consent.views.standing import document_of, facts_of, refused, visible

ACTS: dict[str, Callable[..., ConsentDocument]] = {
    "decline": signing.decline,
    "withdraw": withdrawing.withdraw,
}
DONE = {
    "decline": _("Noted: the patient declined."),
    "withdraw": _("Withdrawn. It is no longer in force from this moment on."),
}


@requires(Permission.OFFER_CONSENT)
@require_POST
def document_tablet(request: StaffRequest, document: UUID) -> HttpResponse:
    """Hand over this device: our own login ends here before the patient gets it."""
    row = document_of(request, document)
    try:
        back = reverse("consent:document-detail", args=[row.uuid])
        return hand_over(
            request, lambda: signing.open_on_tablet(row, at=timezone.now(), by=request.user), back
        )
    except ClinicError as error:
        return refused(request, row, error)


@requires(Permission.OFFER_CONSENT)
@require_POST
def document_send(request: StaffRequest, document: UUID) -> HttpResponse:
    row = document_of(request, document)
    try:
        signing.send_link(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, row, error)
    messages.success(request, _("The link is on its way to the patient."))
    return redirect("consent:document-detail", row.uuid)


@requires(Permission.COUNTERSIGN)
@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def document_countersign(request: StaffRequest, document: UUID) -> HttpResponse:
    """The password was asked for just now: a tablet left open signs nothing."""
    row = document_of(request, document)
    if request.method == "GET":
        facts = facts_of(request, row)
        return render(request, "consent/document_countersign.html", facts)
    try:
        signing.countersign(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, row, error)
    messages.success(request, _("Countersigned. The document is being sealed."))
    return redirect("consent:document-detail", row.uuid)


@requires(Permission.OFFER_CONSENT)
@require_http_methods(["GET", "POST"])
def document_decline(request: StaffRequest, document: UUID) -> HttpResponse:
    row = document_of(request, document)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    return _with_reason(request, row, form, "decline")


@requires(Permission.OFFER_CONSENT)
@require_http_methods(["GET", "POST"])
def document_withdraw(request: StaffRequest, document: UUID) -> HttpResponse:
    row = document_of(request, document)
    form = OptionalReasonForm(request.POST if request.method == "POST" else None)
    return _with_reason(request, row, form, "withdraw")


@requires(Permission.COUNTERSIGN)
@require_POST
def question_answer(request: StaffRequest, question: UUID) -> HttpResponse:
    """In writing, or what was said in the talk: before the countersignature."""
    asked = get_object_or_404(
        PatientQuestion.objects.filter(document__in=visible(request)), uuid=question
    )
    row, form = document_of(request, asked.document.uuid), AnswerForm(request.POST)
    if form.is_valid():
        try:
            reading.answer(asked, form.cleaned_data["answer"], at=timezone.now(), by=request.user)
        except ClinicError as error:
            return refused(request, row, error)
        messages.success(request, _("Answered. The patient reads it on the page."))
        return redirect("consent:document-detail", row.uuid)
    facts = facts_of(request, row) | {"answer_form": form}
    return render(request, "consent/document_detail.html", facts, status=422)


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
