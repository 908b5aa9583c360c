"""Two photos of one view beside and over each other, and what is drawn over one of them."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import marking, photos
from patients.models import Area, Patient, Photo, View
from patients.models.pictures import PhotoQuerySet
from patients.views.door import patient_of


@require_GET
@requires(Permission.SEE_CLINICAL)
def photo_compare(request: StaffRequest, patient: UUID) -> HttpResponse:
    """By default the first and the newest photo of the view that was taken most often."""
    row = patient_of(request, patient)
    kinds = _kinds(request, row)
    wanted = [one for one in kinds if one["key"] == request.GET.get("of")]
    chosen = next(iter(wanted + kinds), None)
    context: dict[str, object] = {"patient": row, "kinds": kinds, "chosen": chosen}
    if chosen:
        taken = _seen(request, row).filter(area=chosen["area"], view=chosen["view"])
        rows = list(taken.order_by("taken_at", "pk"))
        before = _of(rows, request.GET.get("before")) or rows[0]
        after = _of(rows, request.GET.get("after")) or rows[-1]
        photos.view_all(row, {before, after}, at=timezone.now(), by=request.user)
        points = json.dumps(marking.points_of(before, after))
        context |= {"rows": rows, "before": before, "after": after, "points": points}
        context["may_record"] = request.user.may(Permission.RECORD_CLINICAL)
    return render(request, "patients/photo_compare.html", context)


@require_POST
@requires(Permission.RECORD_CLINICAL)
def photo_align(request: StaffRequest, patient: UUID) -> HttpResponse:
    """The same two places on both photos."""
    row = patient_of(request, patient)
    before, after = (_chosen(request, row, name) for name in ("before", "after"))
    query = {"of": f"{before.area}:{before.view}", "before": before.uuid, "after": after.uuid}
    back = reverse("patients:photo-compare", args=[patient], query=query)
    points = request.POST.get("points", "")
    try:
        marking.align(before, after, points, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return render(request, "409.html", {"error": str(error), "back": back}, status=409)
    messages.success(request, _("Aligned."))
    return redirect(back)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def photo_mark(request: StaffRequest, patient: UUID, photo: UUID) -> HttpResponse:
    """Draw over a photo; what is drawn is kept beside it."""
    row = patient_of(request, patient)
    shown = get_object_or_404(_seen(request, row), uuid=photo)
    now, error = timezone.now(), ""
    layer = marking.layer(shown)
    drawn = json.dumps(layer.marks if layer else [])
    if request.method == "POST":
        text, version = (request.POST.get(name, "") for name in ("marks", "version"))
        try:
            marking.draw(shown, text, version=version, at=now, by=request.user)
        except ClinicError as refused:
            error, drawn = str(refused), text[:1000]
        else:
            messages.success(request, _("Drawing kept. The photo itself is unchanged."))
            return redirect("patients:photo-detail", patient=patient, photo=photo)
    photos.view_all(row, [shown], at=now, by=request.user)
    context = {"patient": row, "photo": shown, "drawn": drawn, "error": error}
    context["version"] = marking.version_of(layer)
    return render(request, "patients/photo_mark.html", context, status=422 if error else 200)


def _seen(request: StaffRequest, patient: Patient) -> PhotoQuerySet:
    return Photo.objects.visible_to(request.user).filter(patient=patient).kept()


def _kinds(request: StaffRequest, patient: Patient) -> list[dict[str, str]]:
    """Every view of every area that there is, what can be compared first."""
    pairs = _seen(request, patient).values_list("area", "view")
    count: dict[tuple[str, str], int] = {}
    for pair in pairs:
        count[pair] = count.get(pair, 0) + 1
    ordered = sorted(count, key=lambda one: (-count[one], Area.values.index(one[0]), one[1]))
    return [
        {
            "key": f"{area}:{view}",
            "area": area,
            "view": view,
            "label": f"{Area(area).label}, {View(view).label} ({count[area, view]})",
        }
        for area, view in ordered
    ]


def _of(rows: list[Photo], uuid: str | None) -> Photo | None:
    return next((one for one in rows if str(one.uuid) == uuid), None)


def _chosen(request: StaffRequest, patient: Patient, name: str) -> Photo:
    try:
        uuid = UUID(request.POST.get(name, ""))
    except ValueError as error:
        raise Http404 from error
    return get_object_or_404(_seen(request, patient), uuid=uuid)
