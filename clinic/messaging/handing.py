"""Handing over this very device: the login ends, and only one patient's page opens from here on."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from clinic.messaging import access, links
from clinic.messaging.models import PatientLink, Purpose
from clinic.staff import pins, tablet
from clinic.staff.access import StaffRequest
from clinic.staff.pins import NoPin


def hand_over(request: StaffRequest, make: Callable[[], PatientLink], back: str) -> HttpResponse:
    """Only by who can take it back; `make` makes the link that the patient's page needs."""
    by, at = request.user, timezone.now()
    if not pins.has_pin(by):
        raise NoPin
    with transaction.atomic():
        link = links.open(links.token(make()), at=at)
    prefix = access.FIRST_PAGE[Purpose(link.purpose)]
    tablet.lock(request, prefix=prefix, link=str(link.uuid), back=back, by=by, at=at)
    return access.admit(link)
