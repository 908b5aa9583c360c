"""What every page about a patient does first: find the row, and say that it was read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from clinic.record import audit
from clinic.record.audit import Named
from clinic.staff.access import StaffRequest
from clinic.staff.models import LANGUAGES
from patients import directory
from patients.models import Patient

LONGEST = 100  # characters of a search


def patient_of(request: StaffRequest, uuid: UUID) -> Patient:
    """The patient of this address; absent and forbidden are the same 404."""
    patients = Patient.objects.visible_to(request.user).select_related("recipient")
    return get_object_or_404(patients, uuid=uuid)


def looked_up(request: StaffRequest) -> dict[str, Any]:
    """Whom the typed text may mean, for a template; or why nobody was looked for to the end."""
    query = request.GET.get("q", "").strip()[:LONGEST]
    found, trouble = directory.Found([], there_are_more=False), ""
    try:
        if query:
            found = directory.find(query, by=request.user)
    except directory.TooWide as error:
        trouble = str(error)
    return {"query": query, "trouble": trouble, **found._asdict()}


@transaction.atomic
def put_on_record(
    request: StaffRequest,
    action: str,
    patient: Patient,
    subject: Named | None = None,
    *,
    at: datetime,
) -> None:
    """That somebody read this; reads have no use case of their own."""
    audit.record(action, subject or patient, at=at, by=request.user, patient=patient.uuid)


def language() -> str:
    """In which of the clinic's languages this page is read."""
    code = (get_language() or "en").split("-")[0]
    return code if code in dict(LANGUAGES) else "en"
