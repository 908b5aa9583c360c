"""When nobody is disturbed, on the recipient's own clock."""

from datetime import UTC, datetime, time, timedelta, tzinfo


def next_allowed(at: datetime, *, zone: tzinfo, quiet_from: time, quiet_until: time) -> datetime:
    """`at` itself outside of the quiet hours, else the moment they end.

    They may cross midnight; the same hour twice means that there are none. An end that the clocks
    jump over lies after the jump, one that comes twice is the next of the two.
    """
    if quiet_from == quiet_until:
        return at
    local = at.astimezone(zone)
    clock = local.time()
    crosses = quiet_from > quiet_until
    after, before = clock >= quiet_from, clock < quiet_until
    if not (after or before if crosses else after and before):
        return at
    day = local.date() + timedelta(days=1 if crosses and after else 0)
    end = datetime.combine(day, quiet_until, tzinfo=zone)
    if end.astimezone(UTC) <= at:
        end = end.replace(fold=1)
    return end.astimezone(UTC)
