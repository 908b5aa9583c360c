"""What every page of a patient's consent shares: the document of the link, and the frame."""

from collections.abc import Callable, Mapping
from functools import wraps
from uuid import UUID

from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render

from clinic.messaging import access
from clinic.messaging.access import PatientRequest
from clinic.messaging.models import Purpose
from clinic.record import audit
from consent.evidence import Evidence
from consent.models import ConsentDocument, SignatureEventKind
from consent.text import text_of
from patients.views.proving import proved

Page = Callable[[PatientRequest, ConsentDocument], HttpResponse]
FIELDS = {
    "not-signed": "ink",
    "no-name": "signer_name",
    "no-glyphs": "signer_name",
    "same-signer": "signer_name",
}  # beside which field a refusal is said; any other above the form


def of_the_link(view: Page) -> Callable[[PatientRequest], HttpResponse]:
    """The document that this link names, and no other."""

    @proved
    @wraps(view)
    def found(request: PatientRequest) -> HttpResponse:
        kind, _colon, uuid = request.link.subject.partition(":")
        if kind != "consent":
            raise Http404
        rows = ConsentDocument.objects.select_related(
            "template", "second_template", "patient__recipient"
        )
        row = rows.filter(uuid=UUID(uuid), patient__recipient=request.link.recipient).first()
        if row is None:
            raise Http404
        return view(request, row)

    return found


def page(
    request: PatientRequest,
    row: ConsentDocument,
    template: str,
    *,
    form: Form | None = None,
    error: str = "",
    more: Mapping[str, object] | None = None,
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
        "is_tablet": is_tablet(request, row),
    }
    status = 422 if form is not None and form.errors else 409 if error else 200
    return render(request, template, context | dict(more or {}), status=status)


def handed_back(
    request: PatientRequest, row: ConsentDocument, response: HttpResponse
) -> HttpResponse:
    """The clinic's tablet forgets the patient; a phone at home does not."""
    if is_tablet(request, row):
        access.forget(response, Purpose.CONSENT)
    return response


def is_tablet(request: PatientRequest, row: ConsentDocument) -> bool:
    """Whether the page was opened on a device of the clinic."""
    own = {"kind": SignatureEventKind.SENT, "facts__link": str(request.link.uuid)}
    return row.events.filter(**own, facts__how="tablet").exists()


def from_where(request: PatientRequest) -> Evidence:
    return Evidence(audit.origin.get(), request.headers.get("User-Agent", ""))
