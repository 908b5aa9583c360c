"""Photos: taken from every standard view, seen on record, used as the patient allows."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from patients import photos, shots
from patients.forms.photos import PhotosForm
from patients.models import Area, Patient, Photo, PhotoUse
from patients.views.door import patient_of

SMALL = 480  # pixels, in a grid


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
    context["slots"] = _slots(row, area, form)
    return render(request, "patients/photo_add.html", context, status=422 if form.errors else 200)


@require_GET
@requires(Permission.SEE_CLINICAL)
def photo_file(request: StaffRequest, patient: UUID, photo: UUID) -> HttpResponse:
    """The picture itself. Every look at it is on the record, so that no browser keeps it."""
    row = _photo(request, patient, photo)
    jpeg = photos.view(row, at=timezone.now(), by=request.user)
    if "small" in request.GET:
        jpeg = shots.shrink(jpeg, SMALL)
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
    change(row, use, at=timezone.now(), by=request.user)
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
    context = {
        "patient": row.patient,
        "photo": row,
        "uses": [(use.value, use.label, getattr(row, use.column)) for use in PhotoUse],
        "may_record": request.user.may(Permission.RECORD_CLINICAL),
    }
    return render(request, "patients/photo_detail.html", context)


def _photo(request: StaffRequest, patient: UUID, photo: UUID) -> Photo:
    """A photo of this patient: of another's, the address is wrong."""
    kept = Photo.objects.visible_to(request.user).kept().select_related("patient", "taken_by")
    return get_object_or_404(kept, uuid=photo, patient=patient_of(request, patient))


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


def _slots(patient: Patient, area: str, form: PhotosForm) -> list[dict[str, object]]:
    """Each standard view: its field, and what is there already."""
    taken = Photo.objects.filter(patient=patient, area=area).kept().order_by("-taken_at", "-pk")
    newest: dict[str, Photo] = {}
    for photo in taken:
        newest.setdefault(photo.view, photo)
    return [
        {"view": view, "field": field, "newest": newest.get(view.value)}
        for view, field in form.slots()
    ]
