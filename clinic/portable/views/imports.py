"""Coming in: lists of elsewhere, and exports of a clinic of this kind."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from clinic.errors import ClinicError
from clinic.portable import importing, unpacking
from clinic.portable.forms import ArchiveForm, ColumnsForm, UploadForm
from clinic.portable.importing import Source
from clinic.portable.models import ImportRun
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission

ROWS = 20
SHOWN = 50  # faults on the page; the file names all of them


@require_http_methods(["GET", "POST"])
@requires(Permission.IMPORT_PATIENTS)
def import_list(request: StaffRequest) -> HttpResponse:
    """The lists that came in, and another one."""
    posted = request.method == "POST"
    form = UploadForm(
        request.POST if posted else None, request.FILES if posted else None, user=request.user
    )
    if form.is_valid() and (run := uploaded(request, form)):
        return redirect("portable:import-detail", run=run.uuid)
    rows = ImportRun.objects.visible_to(request.user).select_related("uploaded_by", "location")
    context = {"form": form, "archive": ArchiveForm(), "runs": rows.order_by("-pk")[:ROWS]}
    status = 422 if form.errors else 200
    return render(request, "portable/import_list.html", context, status=status)


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
@requires(Permission.IMPORT_PATIENTS)
def import_detail(request: StaffRequest, run: UUID) -> HttpResponse:
    """What the columns mean, a trial, what it found, and then the import itself."""
    row = run_of(request, run)
    sheet = importing.sheet_of(row)
    data = request.POST if request.method == "POST" else None
    form = ColumnsForm(data, run=row, headings=sheet.headings)
    if form.is_valid() and started(request, row, form):
        return redirect("portable:import-detail", run=row.uuid)
    context = {"run": row, "sheet": sheet, "form": form, "faults": row.faults[:SHOWN]}
    part = "#progress" if request.htmx and data is None else ""
    status = 422 if form.errors else 200
    return render(request, "portable/import_detail.html" + part, context, status=status)


@require_GET
@requires(Permission.IMPORT_PATIENTS)
def import_faults(request: StaffRequest, run: UUID) -> HttpResponse:
    row = run_of(request, run)
    answer = StreamingHttpResponse(importing.fault_lines(row), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="faults-{row.pk}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]


@require_http_methods(["POST"])
@requires(Permission.IMPORT_PATIENTS)
def archive_restore(request: StaffRequest) -> HttpResponse:
    form = ArchiveForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            counts = unpacking.restore(
                form.cleaned_data["file"], at=timezone.now(), by=request.user
            )
        except ClinicError as error:
            form.add_error("file", str(error))
        else:
            added = counts["Patient"]
            said = ngettext("%(count)s patient read in.", "%(count)s patients read in.", added)
            messages.success(request, said % {"count": added})
            return redirect("portable:import-list")
    context = {"form": UploadForm(user=request.user), "archive": form, "runs": []}
    return render(request, "portable/import_list.html", context, status=422)


def uploaded(request: StaffRequest, form: UploadForm) -> ImportRun | None:
    data = form.cleaned_data
    source = Source(
        name=data["file"].name,
        kind=data["kind"],
        system=data["system"],
        location=data["location"],
    )
    try:
        return importing.upload(data["file"].read(), source, at=timezone.now(), by=request.user)
    except ClinicError as error:
        form.add_error("file", str(error))
    return None


def started(request: StaffRequest, row: ImportRun, form: ColumnsForm) -> bool:
    dry = request.POST.get("act") != "import"
    try:
        importing.start(row, form.chosen(), dry=dry, at=timezone.now(), by=request.user)
    except ClinicError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("Begun. This page shows how far it is."))
    return True


def run_of(request: StaffRequest, run: UUID) -> ImportRun:
    rows = ImportRun.objects.visible_to(request.user).select_related("location", "uploaded_by")
    return get_object_or_404(rows, uuid=run)
