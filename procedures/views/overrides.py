"""What was decided against findings: who, when, why, listed for review and as a table to take."""

import csv
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from clinic.record import audit
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission
from procedures.forms.overrides import OverrideFilter
from procedures.models import Override
from procedures.models.plans import OverrideQuerySet

A_PAGE = 50
MOST = 10_000  # rows of one table
COLUMNS = ("decided_at", "decided_by", "patient", "plan_revision", "rule", "finding", "reason")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@require_GET
@requires(Permission.SIGN_OFF)
def override_list(request: StaffRequest) -> HttpResponse:
    """Newest first; by period, rule and who decided."""
    form, rows = _chosen(request)
    context = {
        "form": form,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "place": place_of(request.user),
        "query": request.GET.urlencode(),
    }
    return render(request, "procedures/override_list.html", context)


@require_GET
@requires(Permission.SIGN_OFF)
def override_export(request: StaffRequest) -> HttpResponse:
    """The same as a table; that it was taken is on the record."""
    _form, rows = _chosen(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="overrides.csv"'
    table = csv.writer(response)
    table.writerow(COLUMNS)
    lines = [_line(row) for row in rows[:MOST]]
    table.writerows(lines)
    with transaction.atomic():
        at, by = timezone.now(), request.user
        audit.record("overrides.exported", by, at=at, by=by, rows=len(lines))
    return response


def _chosen(request: StaffRequest) -> tuple[OverrideFilter, OverrideQuerySet]:
    form = OverrideFilter(request.GET, zone=place_of(request.user).zone)
    rows = Override.objects.visible_to(request.user)
    rows = rows.select_related("made_by", "plan__patient").order_by("-made_at", "-pk")
    return form, rows.filter(form.wanted())


def _line(row: Override) -> list[str]:
    cells: list[Any] = [
        row.made_at.isoformat(),
        row.made_by.full_name,
        row.plan.patient.number,
        row.plan.revision,
        row.rule,
        row.label,
        row.reason,
    ]
    return [harmless(str(cell)) for cell in cells]


def harmless(cell: str) -> str:
    """What a spreadsheet would run as a formula stays words."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
