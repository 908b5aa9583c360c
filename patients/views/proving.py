"""The second factor of a patient's page: whoever opened the link says the date of birth first.

On the clinic's own tablet the staff knows in whose hands it is, and nobody is asked.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeAlias

from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic.messaging import access
from clinic.messaging.access import PatientRequest
from clinic.messaging.models import PatientLink, Purpose
from clinic.staff.models import Location
from patients import proof
from patients.forms.home import BirthDateForm

PROOF = "patient-proof"
P = ParamSpec("P")
View: TypeAlias = Callable[Concatenate[PatientRequest, P], HttpResponse]


def proved(view: View[P]) -> View[P]:
    """Show the page to whoever said the date of birth in this browser, and ask anybody else."""

    @wraps(view)
    def guarded(request: PatientRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if proof.is_locked(request.link):
            return access.dead(request, proof.LinkLocked(language=request.link.recipient.language))
        if _is_proved(request):
            return view(request, *args, **kwargs)
        if "birth_date" in request.POST:
            return _said(request)
        return _ask(request, BirthDateForm())

    return guarded


def remembered(response: HttpResponse, link: PatientLink) -> HttpResponse:
    """That this browser said the date of birth of this link, for as long as it knows the link."""
    response.set_signed_cookie(
        _cookie_of(link),
        str(link.uuid),
        salt=PROOF,
        max_age=access.remembered_for(link),
        path="/p/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _said(request: PatientRequest) -> HttpResponse:
    """Right opens, wrong is counted, too often locks."""
    form, at = BirthDateForm(request.POST), timezone.now()
    if not form.is_valid():
        return _ask(request, form)
    trial = proof.prove(request.link, form.cleaned_data["birth_date"], at=at)
    error = proof.refused(trial, at=at)
    if isinstance(error, proof.LinkLocked):
        return access.dead(request, error)
    if error is not None:
        form.add_error("birth_date", str(error))
        return _ask(request, form)
    return remembered(redirect(_first_page(request)), request.link)


def _ask(request: PatientRequest, form: BirthDateForm) -> HttpResponse:
    location = Location.objects.in_use().order_by("pk").first()
    context = {"form": form, "location": location, "action": _first_page(request)}
    status = 422 if form.errors else 200
    return render(request, "patients/patient_birth_date.html", context, status=status)


def _first_page(request: PatientRequest) -> str:
    return access.FIRST_PAGE[Purpose(request.link.purpose)]


def _is_proved(request: PatientRequest) -> bool:
    """Said in this browser for this link; on our own tablet the staff knows who it is."""
    if access.is_tablet(request):
        return True
    link = request.link
    most = access.REMEMBERED_SECONDS.get(Purpose(link.purpose))
    try:
        said = request.get_signed_cookie(_cookie_of(link), default="", salt=PROOF, max_age=most)
    except signing.BadSignature:
        return False
    return said == str(link.uuid)


def _cookie_of(link: PatientLink) -> str:
    return f"{PROOF}-{link.purpose}"
