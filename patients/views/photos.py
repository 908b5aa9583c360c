"""Photos: taken from every standard view, seen on record, used as the patient allows."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import marking, photos
from patients.forms.photos import PhotosForm
from patients.models import Area, Patient, Photo, PhotoUse
from patients.views.door import patient_of


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def photo_add(request: StaffRequest, patient: UUID) -> HttpResponse:
    """One area, a file per view; a good one is kept even where another is refused."""
    row = patient_of(request, patient)
    area = request.GET.get("area", Area.FACE)
    if area not in Area.values:
        raise Http404
    bound = request.method == "POST"
    form = PhotosForm(request.POST if bound else None, request.FILES or None, area=area)
    kept = _keep(request, row, area, form) if form.is_valid() else 0
    if kept:
        text = ngettext("%(count)d photo kept.", "%(count)d photos kept.", kept)
        messages.success(request, text % {"count": kept})
    if kept and not form.errors:
        return redirect(row)
    context = {"form": form, "patient": row, "area": area, "areas": Area.choices}
    context["slots"] = _slots(request, row, area, form)
    return render(request, "patients/photo_add.html", context, status=422 if form.errors else 200)


@require_GET
@requires(Permission.SEE_CLINICAL)
def photo_file(request: StaffRequest, patient: UUID, photo: UUID) -> HttpResponse:
    """The picture itself. Every look is on the record, its page's or its own; nothing is cached."""
    row = _photo(request, patient, photo)
    if row.record_allowed_at is None:
        raise Http404
    if not photos.is_on_record(row, request.GET.get("seen", ""), by=request.user):
        photos.view(row, at=timezone.now(), by=request.user)
    jpeg = photos.read_small(row) if "small" in request.GET else photos.read(row)
    return HttpResponse(
        jpeg,
        content_type="image/jpeg",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": 'inline; filename="photo.jpg"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


@require_POST
@requires(Permission.RECORD_CLINICAL)
def photo_use(request: StaffRequest, patient: UUID, photo: UUID) -> HttpResponse:
    """What the patient allows beyond the record, or no longer."""
    row = _photo(request, patient, photo)
    use = request.POST.get("use", "")
    if use not in PhotoUse.values:
        raise Http404
    change = photos.allow if request.POST.get("allowed") == "yes" else photos.forbid
    try:
        change(row, use, at=timezone.now(), by=request.user)
    except ClinicError as error:
        back = reverse("patients:photo-detail", args=[patient, photo])
        return render(request, "409.html", {"error": str(error), "back": back}, status=409)
    messages.success(request, _("Recorded what the photo may be used for."))
    return redirect("patients:photo-detail", patient=patient, photo=photo)


@require_POST
@requires(Permission.RECORD_CLINICAL)
def photo_remove(request: StaffRequest, patient: UUID, photo: UUID) -> HttpResponse:
    row = _photo(request, patient, photo)
    photos.remove(row, at=timezone.now(), by=request.user)
    messages.success(request, _("Photo removed from the chart."))
    return redirect(row.patient)


@require_GET
@requires(Permission.SEE_CLINICAL)
def photo_detail(request: StaffRequest, patient: UUID, photo: UUID) -> HttpResponse:
    row = _photo(request, patient, photo)
    if row.record_allowed_at:
        photos.view_all(row.patient, [row], at=timezone.now(), by=request.user)
    query = {"of": f"{row.area}:{row.view}", "after": row.uuid}
    context = {
        "patient": row.patient,
        "photo": row,
        "uses": _uses(row),
        "lines": marking.lines(row, marking.layer(row)),
        "size": max(row.width, row.height) // 24,
        "compare": reverse("patients:photo-compare", args=[patient], query=query),
        "may_record": request.user.may(Permission.RECORD_CLINICAL),
    }
    return render(request, "patients/photo_detail.html", context)


def _uses(photo: Photo) -> list[dict[str, object]]:
    """Each use: since when it is allowed, and the patient's last word about it."""
    said = {one.use: one for one in photo.decisions.select_related("by").order_by("at", "pk")}
    return [
        {"use": use, "since": photo.allowed_since(use), "last": said.get(use)} for use in PhotoUse
    ]


def _photo(request: StaffRequest, patient: UUID, photo: UUID) -> Photo:
    """A photo of this patient: of another's, the address is wrong."""
    rows = Photo.objects.visible_to(request.user).filter(removed_at=None)
    rows = rows.select_related("patient", "taken_by")
    return get_object_or_404(rows, uuid=photo, patient=patient_of(request, patient))


def _keep(request: StaffRequest, patient: Patient, area: str, form: PhotosForm) -> int:
    now, kept = timezone.now(), 0
    for view, upload in form.uploads():
        taken_at = form.taken(now)
        try:
            photos.add(
                patient, upload, area=area, view=view, taken_at=taken_at, at=now, by=request.user
            )
        except ClinicError as error:
            form.add_error(view.value, str(error))
        else:
            kept += 1
    return kept


def _slots(
    request: StaffRequest, patient: Patient, area: str, form: PhotosForm
) -> list[dict[str, object]]:
    """Each standard view: its field, and what is there already."""
    taken = Photo.objects.visible_to(request.user).filter(patient=patient, area=area).kept()
    each = taken.distinct("view")
    first = {photo.view: photo for photo in each.order_by("view", "taken_at", "pk")}
    newest = {photo.view: photo for photo in each.order_by("view", "-taken_at", "-pk")}
    if newest:
        photos.view_all(patient, newest.values(), at=timezone.now(), by=request.user)
    return [
        {"view": view, "field": field, "newest": newest.get(view.value), "first": first.get(view)}
        for view, field in form.slots()
    ]
