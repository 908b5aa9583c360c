"""A tablet in a patient's hands goes nowhere else; what staff saw is in no browser's memory."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from clinic.staff import tablet


class TabletMiddleware:
    """Every other address leads back to the page from which only a PIN leads out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        held = tablet.of(request)
        if held is not None and not _may_open(request.path, held.prefix):
            response: HttpResponse = HttpResponseRedirect(reverse("staff:tablet"))
        else:
            response = self.get_response(request)
        user = getattr(request, "user", None)
        if held is not None or (user is not None and user.is_authenticated):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _may_open(path: str, prefix: str) -> bool:
    return path.startswith((prefix, reverse("staff:tablet"), "/static/"))
