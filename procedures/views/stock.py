"""The shelf: what is there, what ends soon, what was thrown away, and who was given a lot."""

import csv
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from clinic.errors import ClinicError
from clinic.record import audit
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission
from procedures import lots
from procedures.forms.products import CountForm, WasteForm
from procedures.models import Lot
from procedures.views.overrides import harmless

SOON = timedelta(days=30)
COLUMNS = ("number", "name", "phone", "email", "language", "first", "last", "volume_ml")


@require_GET
@requires(Permission.SEE_CATALOGUE)
def stock_list(request: StaffRequest) -> HttpResponse:
    """Every lot with something on the shelf, the one that ends first on top."""
    today = timezone.localdate(timezone.now(), place_of(request.user).zone)
    visible = Lot.objects.visible_to(request.user).select_related("product")
    ending = visible.expiring(by=today + SOON)
    standing = visible.on_shelf()
    only = request.GET.get("show") == "ending"
    context = {
        "lots": (ending if only else standing).order_by("expires_on", "pk"),
        "only": only,
        "ending": ending.count(),
        "today": today,
        "soon": today + SOON,
    }
    return render(request, "procedures/stock_list.html", context)


@require_GET
@requires(Permission.SEE_CATALOGUE)
def lot_detail(request: StaffRequest, lot: UUID) -> HttpResponse:
    """One lot: what is left of it, and every unit that came or went."""
    return lot_page(request, door(request, lot))


@require_POST
@requires(Permission.MANAGE_STOCK)
def lot_waste(request: StaffRequest, lot: UUID) -> HttpResponse:
    """Broken, spilled, past its date."""
    row, form = door(request, lot), WasteForm(request.POST)

    def waste() -> object:
        said = form.cleaned_data
        return lots.waste(row, said["units"], said["why"], at=timezone.now(), by=request.user)

    return moved(request, row, form, waste)


@require_POST
@requires(Permission.MANAGE_STOCK)
def lot_count(request: StaffRequest, lot: UUID) -> HttpResponse:
    """The shelf holds another number than we thought."""
    row, form = door(request, lot), CountForm(request.POST)

    def count() -> object:
        said = form.cleaned_data
        return lots.count(row, said["found"], said["why"], at=timezone.now(), by=request.user)

    return moved(request, row, form, count)


def moved(
    request: StaffRequest, row: Lot, form: forms.Form, do: Callable[[], object]
) -> HttpResponse:
    """Do it and show the lot, or show what stands in the way with what was typed."""
    if form.is_valid():
        try:
            do()
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, str(_("Written into the stock book.")))
            return redirect("procedures:lot-detail", lot=row.uuid)
    return lot_page(request, row, form)


def lot_page(request: StaffRequest, row: Lot, wrong: forms.Form | None = None) -> HttpResponse:
    shown: dict[str, forms.Form] = {"waste": WasteForm(), "count": CountForm()}
    shown |= {key: wrong for key, form in shown.items() if wrong and type(form) is type(wrong)}
    context = {
        "lot": row,
        "balance": lots.on_shelf(row),
        "movements": row.movements.select_related("moved_by").order_by("-moved_at", "-pk"),
        "forms": shown,
        "place": place_of(request.user),
        "may_stock": request.user.may(Permission.MANAGE_STOCK),
        "may_recall": request.user.may(Permission.SEE_CLINICAL),
    }
    return render(request, "procedures/lot_detail.html", context, status=422 if wrong else 200)


@require_GET
@requires(Permission.SEE_CLINICAL)
def lot_recall(request: StaffRequest, lot: UUID) -> HttpResponse:
    """Everybody who was given something of a lot, with how to reach them."""
    row = door(request, lot)
    people = list(lots.recall(row, request.user))
    with transaction.atomic():
        audit.record("lot.recall-viewed", row, at=timezone.now(), by=request.user, rows=len(people))
    context = {"lot": row, "people": people, "place": place_of(request.user)}
    return render(request, "procedures/lot_recall.html", context)


@require_GET
@requires(Permission.SEE_CLINICAL)
def lot_recall_export(request: StaffRequest, lot: UUID) -> HttpResponse:
    """The same as a table to work through; that it was taken is on the record."""
    row = door(request, lot)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="recall.csv"'
    table = csv.writer(response)
    table.writerow(COLUMNS)
    lines = [line(person) for person in lots.recall(row, request.user)]
    table.writerows(lines)
    with transaction.atomic():
        audit.record(
            "lot.recall-exported", row, at=timezone.now(), by=request.user, rows=len(lines)
        )
    return response


def line(person: lots.Recalled) -> list[str]:
    """One person as cells that no spreadsheet runs; a phone number keeps its plus as text."""
    patient = person.patient
    cells = [patient.number, patient.full_name, patient.phone, patient.email, patient.language]
    cells += [person.first.isoformat(), person.last.isoformat(), str(person.volume_ml)]
    return [harmless(str(cell)) for cell in cells]


def door(request: StaffRequest, lot: UUID) -> Lot:
    rows = Lot.objects.visible_to(request.user).select_related("product")
    return get_object_or_404(rows, uuid=lot)
