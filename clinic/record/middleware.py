"""From where: the client's address, known to the audit trail for the time of one request."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from clinic.record import audit, chain


class OriginMiddleware:
    """Keep the address at hand while the request runs, and forget it afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = audit.origin.set(client_address(request))
        try:
            return self.get_response(request)
        finally:
            audit.origin.reset(token)


def client_address(request: HttpRequest) -> str | None:
    """The address our own outermost proxy saw; what a client claims about itself is not believed.

    Each trusted proxy appends the peer it talked to, so with two proxies the client is the
    second from the right. A shorter header means that a proxy was passed by: then the peer counts.
    """
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    count = settings.TRUSTED_PROXIES
    forwarded = chain.address(hops[-count]) if 0 < count <= len(hops) else None
    return forwarded or chain.address(request.META.get("REMOTE_ADDR"))
