"""How often a product, or a lot of it, is followed by a reaction; and the reactions themselves,
for a manufacturer or an authority, without anybody's identity."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from math import sqrt

from django.db import transaction
from django.db.models import Count, Q

from aftercare.models import Reaction
from clinic.record import audit
from clinic.staff.models import User
from procedures.models import Injection, Lot

Z = 1.959964  # of a confidence of 95 %
AN_HOUR = timedelta(hours=1)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEAD = (
    "product",
    "lot",
    "expires",
    "signs",
    "severity",
    "hours_after_session",
    "month",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Of so many sessions with this lot so many were followed by a reaction."""

    lot: Lot
    sessions: int
    reactions: int

    @property
    def percent(self) -> float:
        return 100 * self.reactions / self.sessions

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, in percent: it also says something where nothing has happened yet."""
        low, high = wilson(self.reactions, self.sessions)
        return 100 * low, 100 * high


def wilson(events: int, trials: int) -> tuple[float, float]:
    """Where the true share lies, with 95 % confidence; holds for few trials and for none seen."""
    share, spread = events / trials, Z * Z / trials
    middle = share + spread / 2
    half = Z * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return max(low, 0.0), min(high, 1.0)


def by_lot() -> list[Rate]:
    """Every lot that was given, the highest share first. A session is counted once per lot."""
    given, reacted = Count("session", distinct=True), Q(session__reactions__isnull=False)
    counts = Injection.objects.values("lot").annotate(
        sessions=given, reactions=Count("session", distinct=True, filter=reacted)
    )
    lots = Lot.objects.select_related("product").in_bulk([one["lot"] for one in counts])
    rates = [
        Rate(lot=lots[one["lot"]], sessions=one["sessions"], reactions=one["reactions"])
        for one in counts
    ]
    return sorted(rates, key=lambda one: (-one.percent, one.lot.product.name, one.lot.number))


@transaction.atomic
def export(*, at: datetime, by: User) -> str:
    """A line for each reaction and lot: what, how grave, how long after; nobody's name, no words
    somebody wrote."""
    audit.record("reactions.exported", by, at=at, by=by)
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(HEAD)
    writer.writerows([_safe(cell) for cell in line] for line in _lines())
    return file.getvalue()


def _lines() -> Iterator[tuple[str, ...]]:
    rows = Reaction.objects.select_related("session").order_by("reported_at", "pk")
    for row in rows:
        ended = row.session.completed_at
        hours = str((row.reported_at - ended) // AN_HOUR) if ended else ""
        lots = Lot.objects.filter(injections__session=row.session).distinct()
        for lot in lots.select_related("product").order_by("pk"):
            yield (
                lot.product.name,
                lot.number,
                lot.expires_on.isoformat(),
                " ".join(row.signs),
                row.severity,
                hours,
                f"{row.reported_at:%Y-%m}",
            )


def _safe(cell: str) -> str:
    """A spreadsheet computes nothing of it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
