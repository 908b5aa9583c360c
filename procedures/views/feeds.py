"""The address under which a calendar programme reads visits: made, replaced, revoked, read."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.staff.access import StaffRequest, public, requires
from clinic.staff.roles import Permission
from procedures import feeds


@require_http_methods(["GET", "POST"])
@requires(Permission.SEE_CALENDAR)
def feed_own(request: StaffRequest) -> HttpResponse:
    """My visits in my own calendar: the address is shown once, when it is made."""
    if request.method == "POST" and "revoke" in request.POST:
        feeds.revoke(request.user, at=timezone.now(), by=request.user)
        messages.success(request, _("The address opens nothing any more."))
        return redirect("procedures:feed-own")
    address = ""
    if request.method == "POST":
        token = feeds.make(request.user, at=timezone.now(), by=request.user)
        address = request.build_absolute_uri(reverse("procedures:feed-read", args=[token]))
    context = {"address": address, "feed": request.user.feeds.alive().first()}
    return render(request, "procedures/feed_own.html", context)


@require_safe
@public
def feed_read(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar programme fetches; the same visits are not sent twice."""
    feed = feeds.of(token)
    if feed is None:
        raise Http404
    content = feeds.written(feed, at=timezone.now())
    tag = feeds.etag(content)
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    told = {"ETag": tag, "Cache-Control": "private, no-cache"}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=told)
