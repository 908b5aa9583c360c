"""Charts that may be of one person: the list, the merge with its preview, and apart again."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.lifecycle import merging
from clinic.lifecycle.forms import MergeForm
from clinic.lifecycle.models import Merge
from clinic.lifecycle.preview import preview
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import duplicates
from patients.models import DuplicatePair
from patients.views.door import put_on_record

ROWS = 20


@require_GET
@requires(Permission.REGISTER_PATIENTS)
def duplicate_list(request: StaffRequest) -> HttpResponse:
    """Probable pairs, the likeliest first; those merged lately may be taken apart."""
    pairs = DuplicatePair.objects.visible_to(request.user).open()
    rows = pairs.select_related("first", "second").order_by("-likeness", "pk")
    merges = Merge.objects.visible_to(request.user).standing().select_related("kept", "merged")
    context = {
        "page": Paginator(rows, ROWS).get_page(request.GET.get("page")),
        "merges": merges.order_by("-merged_at", "-pk")[:ROWS],
        "may_merge": request.user.may(Permission.MERGE_PATIENTS),
    }
    return render(request, "lifecycle/duplicate_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.MERGE_PATIENTS)
def patient_merge(request: StaffRequest, pair: UUID) -> HttpResponse:
    """Both charts beside each other, and what becomes of them."""
    row, now = pair_of(request, pair), timezone.now()
    initial = {
        "keep": str(row.first.number),
        "first_version": row.first.version,
        "second_version": row.second.version,
    }
    data = request.POST if request.method == "POST" else None
    form = MergeForm(data, pair=row, initial=initial)
    if form.is_valid() and (made := merged(request, form)):
        return redirect("lifecycle:merge-detail", merge=made.uuid)
    for patient in (row.first, row.second):
        put_on_record(request, "patient.compared", patient, at=now)
    context = {"pair": row, "form": form, **preview(row, request.user, at=now)}
    status = 422 if form.errors else 200
    return render(request, "lifecycle/patient_merge.html", context, status=status)


@require_POST
@requires(Permission.REGISTER_PATIENTS)
def duplicate_dismiss(request: StaffRequest, pair: UUID) -> HttpResponse:
    row = pair_of(request, pair)
    duplicates.dismiss(row, at=timezone.now(), by=request.user)
    messages.success(request, _("Noted: these are two people. They are not listed again."))
    return redirect("lifecycle:duplicate-list")


@require_GET
@requires(Permission.MERGE_PATIENTS)
def merge_detail(request: StaffRequest, merge: UUID) -> HttpResponse:
    return merge_page(request, merge_of(request, merge))


@require_POST
@requires(Permission.MERGE_PATIENTS)
def merge_undo(request: StaffRequest, merge: UUID) -> HttpResponse:
    row = merge_of(request, merge)
    try:
        merging.undo(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return merge_page(request, row, str(error))
    messages.success(request, _("Taken apart: both charts are as they were."))
    return redirect("lifecycle:merge-detail", merge=row.uuid)


def merged(request: StaffRequest, form: MergeForm) -> Merge | None:
    kept, other, versions = form.chosen
    try:
        made = merging.merge(kept, other, versions=versions, at=timezone.now(), by=request.user)
    except ClinicError as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, _("The charts are merged."))
    return made


def merge_page(request: StaffRequest, row: Merge, error: str = "") -> HttpResponse:
    context = {
        "merge": row,
        "error": error,
        "added": merging.new_since(row) if row.undone_at is None else [],
        "moved": sum(len(keys) for keys in row.moved.values()),
    }
    status = 422 if error else 200
    return render(request, "lifecycle/merge_detail.html", context, status=status)


def pair_of(request: StaffRequest, pair: UUID) -> DuplicatePair:
    """The pair, as long as both charts stand and nobody has decided."""
    pairs = DuplicatePair.objects.visible_to(request.user).open()
    people = pairs.select_related("first__recipient", "second__recipient")
    return get_object_or_404(people, uuid=pair)


def merge_of(request: StaffRequest, merge: UUID) -> Merge:
    rows = Merge.objects.visible_to(request.user).select_related("kept", "merged", "merged_by")
    return get_object_or_404(rows, uuid=merge)
