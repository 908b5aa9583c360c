"""The arithmetic of the audit chain: what an entry's digest and a link's hash are made of."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from uuid import UUID

GENESIS = "0" * 64

Fact = str | int | bool | None
Column = Fact | UUID | datetime | Mapping[str, Fact]


def digest(columns: Mapping[str, Column]) -> str:
    """SHA-256 over the one canonical JSON form of an entry's columns."""
    canonical = json.dumps(
        {name: plain(value) for name, value in columns.items()},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def link(previous: str, digest: str) -> str:
    """The same sum as the database's trigger makes at commit."""
    return hashlib.sha256((previous + digest).encode()).hexdigest()


def plain(value: Column) -> Fact | dict[str, Fact]:
    """Instants in UTC to the microsecond, identifiers as text: a second reading spells the same."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    return value


def address(text: str | None) -> str | None:
    """An address in the one spelling the database keeps; empty where it is none."""
    try:
        parsed = ip_address((text or "").strip())
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)
