"""The door of the patients' pages: a link, opened once, then a cookie of this browser."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeAlias

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django_htmx.middleware import HtmxDetails

from clinic.messaging import links
from clinic.messaging.models import PatientLink, Purpose
from clinic.record import audit
from clinic.staff import tablet
from clinic.staff.models import Location

FIRST_PAGE = {
    Purpose.INTAKE: "/p/intake/",
    Purpose.CONSENT: "/p/consent/",
    Purpose.AFTERCARE: "/p/aftercare/",
    Purpose.VISITS: "/p/visits/",
    Purpose.OFFER: "/p/offer/",
}
REMEMBERED_SECONDS = {Purpose.INTAKE: 2 * 3600, Purpose.CONSENT: 2 * 3600}
LANGUAGE_COOKIE = "patient-language"
A_MINUTE = 60  # seconds
REQUESTS_A_MINUTE = 90
TOKENS_A_MINUTE = 30


class PatientRequest(HttpRequest):
    """A request that has passed `patient_page`: it carries the link that opened the page."""

    link: PatientLink
    htmx: HtmxDetails


P = ParamSpec("P")
View: TypeAlias = Callable[Concatenate[PatientRequest, P], HttpResponse]


def patient_page(*purposes: Purpose) -> Callable[[View[P]], View[P]]:
    """Admit whoever opened a living link for one of these purposes, in their own language."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: PatientRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if too_many("page", REQUESTS_A_MINUTE):
                return busy(request)
            try:
                request.link = opened_link(request, purposes)
            except links.LinkDead as error:
                return dead(request, error)
            if chosen := chosen_language(request):
                return chosen
            language = language_of(request)
            with translation.override(language):
                return plain(view(request, *args, **kwargs))

        guarded.permission = purposes[0]  # type: ignore[attr-defined]
        guarded.purposes = purposes  # type: ignore[attr-defined]
        return login_not_required(guarded)

    return decorate


def entrance(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """The page that turns a token into a cookie; whoever guesses is slowed down."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        if too_many("token", TOKENS_A_MINUTE):
            return busy(request)
        return view(request, token)

    guarded.permission = next(iter(Purpose))  # type: ignore[attr-defined]
    guarded.purposes = tuple(Purpose)  # type: ignore[attr-defined]
    return login_not_required(guarded)


def admit(link: PatientLink) -> HttpResponse:
    """Remember the link in this browser and leave the token behind."""
    purpose = Purpose(link.purpose)
    response = HttpResponseRedirect(FIRST_PAGE[purpose])
    response.set_signed_cookie(
        cookie_of(purpose),
        str(link.uuid),
        salt=cookie_of(purpose),
        max_age=remembered_for(link),
        path="/p/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    response.delete_cookie(LANGUAGE_COOKIE, path="/p/")
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def remembered_for(link: PatientLink) -> int:
    """How many seconds a browser knows a link."""
    left = int((link.expires_at - timezone.now()).total_seconds())
    return min(left, REMEMBERED_SECONDS.get(Purpose(link.purpose), left))


def forget(response: HttpResponse, purpose: Purpose) -> HttpResponse:
    """This browser opens the page no more: for a tablet that is handed to the next patient."""
    response.delete_cookie(cookie_of(purpose), path="/p/")
    return response


def opened_link(request: HttpRequest, purposes: tuple[Purpose, ...]) -> PatientLink:
    """The link this browser opened for one of the purposes."""
    for purpose in purposes:
        name = cookie_of(purpose)
        try:
            uuid = request.get_signed_cookie(name, default=None, salt=name)
        except signing.BadSignature:
            continue
        held = tablet.of(request)
        if uuid and (held is None or held.link == uuid):
            return links.again(uuid, purpose, at=timezone.now())
    raise links.LinkDead


def dead(request: HttpRequest, error: links.LinkDead) -> HttpResponse:
    """A kind page that says whom to call; unknown is 404, over is 410."""
    status = 404 if type(error) is links.LinkDead else 410
    places = Location.objects.in_use().order_by("name")[:5]
    with translation.override(str(error.facts.get("language", translation.get_language()))):
        context = {"error": str(error), "places": places}
        page = render(request, "messaging/link_dead.html", context, status=status)
        return plain(page)


def busy(request: HttpRequest) -> HttpResponse:
    return plain(render(request, "messaging/too_many.html", status=429))


def too_many(what: str, limit: int) -> bool:
    """Whether this address asked more often than a person would in a minute."""
    address = audit.origin.get() or ""
    digest = hashlib.sha256(f"{settings.SECRET_KEY}{address}".encode()).hexdigest()[:20]
    key = f"patient:{what}:{digest}:{int(timezone.now().timestamp()) // A_MINUTE}"
    cache.add(key, 0, timeout=2 * A_MINUTE)
    return bool(cache.incr(key) > limit)


def language_of(request: PatientRequest) -> str:
    """What was chosen on these pages, else the patient's own."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in dict(settings.LANGUAGES) else request.link.recipient.language


def chosen_language(request: HttpRequest) -> HttpResponse | None:
    """A press on another language: remember it for these pages only, and show them again."""
    language = request.GET.get("language", "")
    if request.method != "GET" or language not in dict(settings.LANGUAGES):
        return None
    response = HttpResponseRedirect(request.path)
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        path="/p/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def is_tablet(request: HttpRequest) -> bool:
    """Whether the clinic's own device was handed over with this very link."""
    held, link = tablet.of(request), getattr(request, "link", None)
    return held is not None and link is not None and held.link == str(link.uuid)


def cookie_of(purpose: Purpose) -> str:
    return f"patient-{purpose.value}"


def plain(response: HttpResponse) -> HttpResponse:
    """Nothing of a patient's page is kept by a browser or told to another site."""
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
    return response
