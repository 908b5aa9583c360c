"""The injection chart: the draft a tablet keeps, what is recorded of it, what is added later."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from procedures import charting, treatment
from procedures.forms.charting import AddendumForm, ChartForm, DraftForm, PutBackForm, TakeBackForm
from procedures.models import SessionDraft
from procedures.views.sessions import done, found


@require_POST
@requires(Permission.TREAT)
def session_draft(request: StaffRequest, session: UUID) -> HttpResponse:
    """Keep what is on the tablet; 409 with the fresh state when another one was faster."""
    row, form = found(request, session), DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=422)
    content, version = form.cleaned_data["content"], form.cleaned_data["version"]
    try:
        draft = charting.save_draft(
            row, content, version=version, at=timezone.now(), by=request.user
        )
    except ClinicError as error:
        fresh = SessionDraft.objects.filter(session=row).first()
        said = {"error": str(error), "version": fresh.version if fresh else 0}
        return JsonResponse(said | {"content": fresh.content if fresh else {}}, status=409)
    return JsonResponse({"version": draft.version})


@require_POST
@requires(Permission.TREAT)
def session_chart(request: StaffRequest, session: UUID) -> HttpResponse:
    """Record everything that was drawn, or nothing."""
    row = found(request, session)
    form = ChartForm(request.POST, session=row)

    def record() -> object:
        version = form.cleaned_data["version"]
        return charting.chart(
            row, form.given(), version=version, at=timezone.now(), by=request.user
        )

    return done(request, row, form, record, _("Recorded."))


@require_POST
@requires(Permission.TREAT)
def session_take_back(request: StaffRequest, session: UUID) -> HttpResponse:
    """An entry that was recorded by mistake."""
    row, form = found(request, session), TakeBackForm(request.POST)

    def take_back() -> object:
        injection = form.cleaned_data["injection"]
        return charting.take_back(row, injection, at=timezone.now(), by=request.user)

    return done(request, row, form, take_back, _("Taken back."))


@require_POST
@requires(Permission.TREAT)
def session_add(request: StaffRequest, session: UUID) -> HttpResponse:
    """A dated correction of a closed record."""
    row, form = found(request, session), AddendumForm(request.POST)

    def add() -> object:
        text = form.cleaned_data["text"]
        return charting.add(row, text, at=timezone.now(), by=request.user)

    return done(request, row, form, add, _("Added to the record."))


@require_POST
@requires(Permission.TREAT)
def session_put_back(request: StaffRequest, session: UUID) -> HttpResponse:
    """A lot that was laid out by mistake and not opened."""
    row, form = found(request, session), PutBackForm(request.POST)

    def put_back() -> object:
        lot = form.cleaned_data["lot"]
        return treatment.put_back(row, lot, at=timezone.now(), by=request.user)

    return done(request, row, form, put_back, _("Put back on the shelf."))
