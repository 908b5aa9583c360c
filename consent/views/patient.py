"""The patient's own page: read, see whether it was clear, ask, choose, sign."""

from collections.abc import Callable

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.messaging.access import PatientRequest, patient_page
from clinic.messaging.models import Purpose
from consent import further, reading, refusals, signing
from consent.comprehension import questions_of
from consent.models import ConsentDocument, ConsentState, SignatureEventKind, SignerRole
from consent.sign_forms import CheckForm, FurtherForm, QuestionForm, SignForm
from consent.text import text_of
from consent.views.door import FIELDS, from_where, handed_back, of_the_link, page

ENDINGS = {
    ConsentState.SIGNED: "consent/patient_signed.html",
    ConsentState.COUNTERSIGNED: "consent/patient_signed.html",
    ConsentState.SEALED: "consent/patient_copy.html",
    ConsentState.DECLINED: "consent/patient_declined.html",
    ConsentState.SUPERSEDED: "consent/patient_over.html",
    ConsentState.WITHDRAWN: "consent/patient_over.html",
}


@patient_page(Purpose.CONSENT)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_consent(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """One page by state: to read and sign, to know it is done, to fetch the copy."""
    if row.state != ConsentState.OFFERED:
        return _ended(request, row)
    text = text_of(row)
    if request.method == "GET":
        reading.opened(row, from_where(request), at=timezone.now(), by=request.link)
        form = SignForm(text=text, initial={"content_sha256": row.content_sha256})
        return _reading(request, row, form)
    form = SignForm(request.POST, text=text)
    if form.is_valid() and _done(form, lambda: _sign(request, row, form)):
        return redirect("consent:patient-consent")
    return _reading(request, row, form)


@patient_page(Purpose.CONSENT)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_further(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """Whoever else has to sign does so on the same device, after the patient."""
    form, missing = FurtherForm(request.POST), row.open_signers
    if not missing or request.method == "GET":  # a switch of the language asks for this address
        return redirect("consent:patient-consent")

    def sign() -> object:
        return further.sign(
            row,
            form.further(SignerRole(missing[0])),
            content_sha256=form.cleaned_data["content_sha256"],
            evidence=from_where(request),
            at=timezone.now(),
            by=request.link,
        )

    if form.is_valid() and _done(form, sign):
        return redirect("consent:patient-consent")
    return _further(request, row, form)


@patient_page(Purpose.CONSENT)
@require_POST
@of_the_link
def patient_section(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """The reader has come to a section; the script tells, and nothing depends on it."""
    section = request.POST.get("section", "")[:40]
    reading.section_reached(row, section, at=timezone.now(), by=request.link)
    return HttpResponse(status=204)


@patient_page(Purpose.CONSENT)
@require_POST
@of_the_link
def patient_check(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """What was understood; right or wrong, the page goes on."""
    form = _check(row, request.POST)
    if form.is_valid():
        reading.check_answered(row, form.chosen(), at=timezone.now(), by=request.link)
    return redirect(reverse("consent:patient-consent") + "#check")


@patient_page(Purpose.CONSENT)
@require_http_methods(["GET", "POST"])
@of_the_link
def patient_ask(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """A question to whoever treats; it becomes a task."""
    if request.method == "GET" or row.state != ConsentState.OFFERED:
        return redirect("consent:patient-consent")
    form = QuestionForm(request.POST)

    def ask() -> object:
        words, at = form.cleaned_data["question"], timezone.now()
        return reading.ask(row, words, from_where(request), at=at, by=request.link)

    if form.is_valid() and _done(form, ask, field="question"):
        return redirect(reverse("consent:patient-consent") + "#questions")
    return _reading(request, row, _fresh(row), question=form)


def _fresh(row: ConsentDocument) -> SignForm:
    return SignForm(text=text_of(row), initial={"content_sha256": row.content_sha256})


def _check(row: ConsentDocument, data: object = None) -> CheckForm:
    questions = questions_of(text_of(row))
    return CheckForm(data, questions=questions, given=reading.last_answers(row))


def _sign(request: PatientRequest, row: ConsentDocument, form: SignForm) -> object:
    return signing.sign(
        row,
        form.signature(),
        content_sha256=form.cleaned_data["content_sha256"],
        evidence=from_where(request),
        at=timezone.now(),
        by=request.link,
    )


def _done(form: Form, act: Callable[[], object], field: str | None = None) -> bool:
    """The act, or what refuses it said beside its field; signed already is done too."""
    try:
        act()
    except refusals.AlreadySigned:
        return True
    except ClinicError as error:
        form.add_error(field or FIELDS.get(error.code), str(error))
        return False
    return True


def _reading(
    request: PatientRequest,
    row: ConsentDocument,
    form: SignForm,
    *,
    question: QuestionForm | None = None,
) -> HttpResponse:
    more = {
        "check": _check(row),
        "question": question or QuestionForm(),
        "asked": row.questions.order_by("pk"),
    }
    response = page(request, row, "consent/patient_read.html", form=form, more=more)
    if question is not None and question.errors:
        response.status_code = 422
    return response


def _further(request: PatientRequest, row: ConsentDocument, form: FurtherForm) -> HttpResponse:
    role = SignerRole(row.open_signers[0])
    attest = text_of(row).labels["attests"][role]
    more = {"role": role.label, "attest": attest}
    return page(request, row, "consent/patient_further.html", form=form, more=more)


def _ended(request: PatientRequest, row: ConsentDocument) -> HttpResponse:
    """After the patient whoever else has to sign; then the page says how it stands."""
    if row.state == ConsentState.SIGNED and row.open_signers:
        return _further(request, row, FurtherForm(initial={"content_sha256": row.content_sha256}))
    own = row.events.filter(kind=SignatureEventKind.SIGNED, actor_uuid=request.link.uuid)
    more = {"signed_here": own.exists()}
    response = page(request, row, ENDINGS[ConsentState(row.state)], more=more)
    return handed_back(request, row, response)
