"""The ledger of messages for staff, and the door by which a patient's link comes in."""

import hmac
import json
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import ClinicError
from clinic.messaging import access, canary, ledger, links, pausing, receipts, stopping, wording
from clinic.messaging.channels import sms, webhook
from clinic.messaging.forms import GatewayReport, LedgerFilter
from clinic.messaging.models import TROUBLED, Channel, Edition, Message
from clinic.staff.access import StaffRequest, place_of, public, requires
from clinic.staff.roles import Permission

PER_PAGE = 50
HOOKS_A_MINUTE = 1200


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
        "outbox": canary.condition(at=at),
    }
    template = "messaging/message_list.html" + ("#rows" if request.htmx else "")
    return render(request, template, context)


@requires(Permission.SEE_MESSAGES)
@require_safe
def message_detail(request: StaffRequest, message: UUID) -> HttpResponse:
    row = _message(request, message)
    attempts = list(row.attempts.select_related("edition").order_by("number"))
    edition = attempts[-1].edition if attempts else None
    context = {
        "message": row,
        "attempts": attempts,
        "edition": edition,
        "words": _words(row, edition),
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


@requires(Permission.SEE_MESSAGES)
@require_safe
def outbox_pause(request: StaffRequest) -> HttpResponse:
    """Why nothing goes out, what waits, and what going on would do."""
    at = timezone.now()
    waiting = pausing.in_doubt(at=at)
    context = {
        "outbox": canary.condition(at=at),
        "waiting": waiting.count(),
        "expired": waiting.filter(not_after__lt=at).count(),
        "may_act": request.user.may(Permission.MANAGE_MESSAGES),
        "place": place_of(request.user),
    }
    return render(request, "messaging/outbox_pause.html", context)


@requires(Permission.MANAGE_MESSAGES)
@require_POST
def outbox_resume(request: StaffRequest) -> HttpResponse:
    doubtful = request.POST.get("doubtful") == "1"
    try:
        pausing.resume(pausing.signs(at=timezone.now()), doubtful=doubtful, by=request.user)
    except ClinicError as error:
        context = {"error": str(error), "back": reverse("messaging:message-list")}
        return render(request, "409.html", context, status=409)
    messages.success(request, _("Messages go out again."))
    return redirect("messaging:message-list")


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
    rows = Message.objects.visible_to(request.user)
    rows = rows.select_related("recipient", "location", "carried_by")
    return get_object_or_404(rows, uuid=message)


def _words(row: Message, edition: Edition | None) -> wording.Wording | str:
    """What it said when it went out, else what it would say now; its link is the patient's own."""
    book, link = wording.Book.of([row]), _("(the patient's own link)")
    try:
        words = edition or wording.draft_of(row, book)
        return wording.filled(row, words, link=link, book=book)
    except wording.MissingValue as error:
        return str(error)


def _refused(request: StaffRequest, row: Message, error: ClinicError) -> HttpResponse:
    context = {"error": str(error), "back": reverse("messaging:message-detail", args=[row.uuid])}
    return render(request, "409.html", context, status=409)


@csrf_exempt
@access.entrance
@require_http_methods(["GET", "HEAD", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """No more mails: one press here, or one in the mail program (RFC 8058)."""
    try:
        language = stopping.recipient_of(token).language
        if request.method == "POST":
            stopping.unsubscribe(token, at=timezone.now())
    except stopping.NoSuchKey as error:
        return access.plain(HttpResponse(str(error), status=404, content_type="text/plain"))
    with translation.override(language):
        context = {"done": request.method == "POST"}
        return access.plain(render(request, "messaging/mail_stop.html", context))


@csrf_exempt
@public
@require_POST
def hook_gateway(request: HttpRequest) -> HttpResponse:
    """Our own gateway reports: {key, status} of a message, or {from, text} of a patient."""
    signed = request.headers.get(webhook.SIGNATURE, "")
    if access.too_many("hook", HOOKS_A_MINUTE):
        return HttpResponse(status=429)
    if not _same(webhook.signature(settings.SMS_SECRET, request.body), signed):
        return HttpResponse(status=403)
    form = GatewayReport(_told(request.body))
    if not form.is_valid():
        return HttpResponse(status=400)
    form.apply(at=timezone.now())
    return HttpResponse(status=204)


@csrf_exempt
@public
@require_POST
def hook_sms(request: HttpRequest, message: UUID | None = None) -> HttpResponse:
    """Twilio reports what became of a message, or what a patient has written back."""
    url = f"{settings.SITE_URL.rstrip('/')}{request.path}"
    told = {name: str(value) for name, value in request.POST.items()}
    if access.too_many("hook", HOOKS_A_MINUTE):
        return HttpResponse(status=429)
    signed = request.headers.get("X-Twilio-Signature", "")
    if not _same(sms.signature(settings.SMS_SECRET, url, told), signed):
        return HttpResponse(status=403)
    if message is not None:
        receipts.report(message, told.get("MessageStatus", ""), at=timezone.now())
    else:
        receipts.hear(Channel.SMS, told.get("From", ""), told.get("Body", ""), at=timezone.now())
    return HttpResponse(status=204)


def _same(ours: str, theirs: str) -> bool:
    """Nobody learns from the time it takes; without a secret nobody is believed."""
    return bool(settings.SMS_SECRET) and hmac.compare_digest(ours.encode(), theirs.encode())


def _told(body: bytes) -> dict[str, str]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return {"sender" if name == "from" else name: str(found[name]) for name in found}
