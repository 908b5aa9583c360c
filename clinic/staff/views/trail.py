"""The audit trail, for whoever has to answer for it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clinic.record.models import AuditEntry
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.forms import AuditFilter
from clinic.staff.roles import Permission

PAGE = 50


@require_GET
@requires(Permission.SEE_AUDIT)
def audit_list(request: StaffRequest) -> HttpResponse:
    form = AuditFilter(request.GET)
    entries = AuditEntry.objects.none()
    if form.is_valid():
        entries = AuditEntry.objects.select_related("link").filter(**form.criteria())
        if subject := form.cleaned_data["subject"]:
            entries = entries.about(subject)
        entries = entries.order_by(*form.order())
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "place": place_of(request.user)}
    status = 200 if form.is_valid() else 400
    return render(request, "staff/audit_list.html", context, status=status)
