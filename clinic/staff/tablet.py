"""A tablet in a patient's hands: the session says so, and opens this one thing and nothing else.

Nobody is signed in meanwhile: the session of the staff ended when the tablet was handed over.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.contrib.auth import logout
from django.http import HttpRequest

from clinic.staff.models import User

KEY = "tablet"
BACK_WITHIN = timedelta(hours=2)  # later than this whoever handed it over signs in again


@dataclass(frozen=True, slots=True, kw_only=True)
class Tablet:
    """What it may show, and who handed it over."""

    prefix: str  # of the addresses: /p/intake/
    link: str  # the uuid of the patient's link
    by: str  # the uuid of the colleague
    back: str  # where the colleague goes on
    since: str  # ISO

    def is_recent(self, *, at: datetime) -> bool:
        return at - datetime.fromisoformat(self.since) <= BACK_WITHIN


def of(request: HttpRequest) -> Tablet | None:
    """What this session is locked to; None where it is an ordinary one."""
    session = getattr(request, "session", None)
    kept = session.get(KEY) if session is not None else None
    return Tablet(**kept) if kept else None


def lock(
    request: HttpRequest, *, prefix: str, link: str, back: str, by: User, at: datetime
) -> None:
    """From here on this browser is the patient's; our own login ends before."""
    logout(request)
    held = Tablet(prefix=prefix, link=link, by=str(by.uuid), back=back, since=at.isoformat())
    request.session[KEY] = asdict(held)


def unlock(request: HttpRequest) -> None:
    """An ordinary browser again, and nothing of the patient in it."""
    request.session.flush()
