"""The ledger of messages for staff, and the door by which a patient's link comes in."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.errors import ClinicError
from clinic.messaging import access, ledger, links, wording
from clinic.messaging.forms import LedgerFilter
from clinic.messaging.models import TROUBLED, Message
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission

PER_PAGE = 50


@requires(Permission.SEE_MESSAGES)
@require_safe
def message_list(request: StaffRequest) -> HttpResponse:
    form, at = LedgerFilter(request.GET), timezone.now()
    rows = Message.objects.visible_to(request.user).select_related("recipient", "location")
    page = Paginator(form.applied(rows, at=at), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "first": form.first(rows) if page.number == 1 else [],
        "late": rows.late(at=at).order_by("due_at").first(),
    }
    template = "messaging/message_list.html" + ("#rows" if request.htmx else "")
    return render(request, template, context)


@requires(Permission.SEE_MESSAGES)
@require_safe
def message_detail(request: StaffRequest, message: UUID) -> HttpResponse:
    row = _message(request, message)
    context = {
        "message": row,
        "attempts": row.attempts.order_by("number"),
        "words": _words(row),
        "troubled": TROUBLED,
        "may_act": request.user.may(Permission.BOOK),
    }
    return render(request, "messaging/message_detail.html", context)


@requires(Permission.BOOK)
@require_POST
def message_send_again(request: StaffRequest, message: UUID) -> HttpResponse:
    row = _message(request, message)
    try:
        ledger.send_again(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row, error)
    messages.success(request, _("It will go out within a minute."))
    return redirect("messaging:message-detail", row.uuid)


@requires(Permission.BOOK)
@require_POST
def message_mark_delivered(request: StaffRequest, message: UUID) -> HttpResponse:
    row = _message(request, message)
    try:
        ledger.mark_delivered(row, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return _refused(request, row, error)
    messages.success(request, _("Noted as delivered."))
    return redirect("messaging:message-detail", row.uuid)


@access.entrance
@require_safe
def link_open(request: HttpRequest, token: str) -> HttpResponse:
    """The only page whose address holds a token; it leaves it behind at once."""
    try:
        link = links.open(token, at=timezone.now())
    except links.LinkDead as error:
        return access.dead(request, error)
    return access.admit(link)


def _message(request: StaffRequest, message: UUID) -> Message:
    rows = Message.objects.visible_to(request.user).select_related("recipient", "location")
    return get_object_or_404(rows, uuid=message)


def _words(row: Message) -> wording.Wording | str:
    """What it says; its link is for the patient alone."""
    try:
        return wording.compose(row, link=_("(the patient's own link)"))
    except wording.MissingValue as error:
        return str(error)


def _refused(request: StaffRequest, row: Message, error: ClinicError) -> HttpResponse:
    context = {"error": str(error), "back": reverse("messaging:message-detail", args=[row.uuid])}
    return render(request, "409.html", context, status=409)
