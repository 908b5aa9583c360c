"""Going out: sealed consents of a choice, made by a worker and fetched by whoever asked."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from clinic.errors import ClinicError
from clinic.portable import papers
from clinic.portable.forms import ConsentChoiceForm
from clinic.portable.models import ConsentExport
from clinic.portable.views.exports import archive
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission

ROWS = 20


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
@requires(Permission.EXPORT_CONSENTS)
def consent_export(request: StaffRequest) -> HttpResponse:
    """What was asked for and how far it is; a POST asks for another one."""
    form = ConsentChoiceForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            papers.ask(form.choice(), at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            words = _("The export is being made. This page shows how far it is.")
            messages.success(request, words)
            return redirect("portable:consent-export")
    part = "#rows" if request.htmx else ""
    context = _shown(request) | {"form": form}
    status = 422 if form.errors else 200
    return render(request, "portable/consent_export.html" + part, context, status=status)


@require_GET
@requires(Permission.EXPORT_CONSENTS)
def consent_fetch(request: StaffRequest, papers_of: UUID) -> HttpResponse:
    """The ZIP, sent while it is made."""
    row = get_object_or_404(ConsentExport.objects.visible_to(request.user), uuid=papers_of)
    try:
        pieces = papers.fetch(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        context = {"error": str(error), "back": reverse("portable:consent-export")}
        return render(request, "409.html", context, status=409)
    return archive(pieces, f"consents-{row.requested_at:%Y-%m-%d}")


def _shown(request: StaffRequest) -> dict[str, object]:
    now = timezone.now()
    rows = ConsentExport.objects.visible_to(request.user).order_by("-requested_at", "-pk")
    exports = list(rows[:ROWS])
    return {
        "exports": [(one, one.is_ready(at=now)) for one in exports],
        "under_way": any(one.finished_at is None for one in exports),
        "place": place_of(request.user),
    }
