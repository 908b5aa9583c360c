"""What is forbidden from the end of a session until when, in real hours whatever the clock does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictionRule:
    """One ban, counted in hours from the end of a session. No areas: it holds for every area."""

    id: str
    from_hours: int
    until_hours: int
    release_from_hours: int | None = None
    areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when until when; at `until` it is allowed again. From `release_from` a clinician may
    end it earlier."""

    rule: str
    starts_at: datetime
    until: datetime
    release_from: datetime | None = None


def calendar(
    rules: Iterable[RestrictionRule], *, ended_at: datetime, area: str
) -> tuple[Window, ...]:
    """Every ban that one session brings, the one that ends first before the others."""
    windows = (_window(rule, ended_at) for rule in rules if not rule.areas or area in rule.areas)
    return tuple(sorted(windows, key=lambda window: (window.until, window.rule)))


def merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Sessions whose bans overlap: per ban it starts with the first and ends with the last."""
    kept: dict[str, list[Window]] = {}
    for window in sorted(windows, key=lambda one: (one.starts_at, one.until)):
        runs = kept.setdefault(window.rule, [])
        if runs and window.starts_at <= runs[-1].until:
            runs[-1] = _joined(runs[-1], window)
        else:
            runs.append(window)
    every = (window for runs in kept.values() for window in runs)
    return tuple(sorted(every, key=lambda window: (window.until, window.rule)))


def by_rule(windows: Iterable[Window]) -> dict[str, tuple[Window, ...]]:
    """The windows of each ban, the earliest first."""
    kept: dict[str, list[Window]] = {}
    for window in sorted(windows, key=lambda one: one.starts_at):
        kept.setdefault(window.rule, []).append(window)
    return {rule: tuple(runs) for rule, runs in kept.items()}


def _window(rule: RestrictionRule, ended_at: datetime) -> Window:
    end = ended_at.astimezone(UTC)
    release = rule.release_from_hours
    return Window(
        rule=rule.id,
        starts_at=end + timedelta(hours=rule.from_hours),
        until=end + timedelta(hours=rule.until_hours),
        release_from=None if release is None else end + timedelta(hours=release),
    )


def _joined(first: Window, then: Window) -> Window:
    later = max(first, then, key=lambda window: window.until)
    return replace(later, starts_at=first.starts_at)
