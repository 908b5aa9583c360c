"""What the environment says, typed: a default for development, and production insists."""

import base64
import os
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
MANY_KINDS = 10  # a secret with fewer different characters was typed, not drawn


class Address(NamedTuple):
    """The parts of a URL that a client is configured with."""

    scheme: str
    host: str
    port: int | None
    user: str
    password: str


def production() -> bool:
    """Whether this is a clinic's real installation: DEBUG is False."""
    return not flag("DEBUG", default=True)


def text(name: str, default: str = "", *, required: bool = False) -> str:
    """The text as given; `required` means that production does not start on the default."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if required and production():
        raise ImproperlyConfigured(
            f"{name} is missing: set it, or DEBUG=True on a developer's machine."
        )
    return default


def secret(name: str, default: str, *, least: int = 50) -> str:
    """A key: production refuses one that is missing, short, guessable or published as a default."""
    value = text(name, default, required=True)
    if production() and (value == default or len(value) < least or len(set(value)) < MANY_KINDS):
        raise ImproperlyConfigured(
            f"{name} is weak: set at least {least} characters drawn at random, for example with "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'."
        )
    return value


def flag(name: str, *, default: bool) -> bool:
    """True or False, spelled so: anything else is a slip that must not pass as either."""
    value = _plain(name, str(default))
    if value not in {"True", "False"}:
        raise ImproperlyConfigured(f"{name} is {value!r}: write True or False.")
    return value == "True"


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """A whole number within its bounds."""
    value = _plain(name, str(default))
    bounds = f"from {least}" + ("" if most is None else f" to {most}")
    if not value.isdecimal() or int(value) < least or (most is not None and int(value) > most):
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number {bounds}.")
    return int(value)


def listing(name: str, default: str = "", *, required: bool = False) -> list[str]:
    """Several words, divided by commas."""
    value = text(name, default, required=required)
    return [word for part in value.split(",") if (word := part.strip())]


def keys(name: str, default: str) -> list[str]:
    """Keys of 32 random bytes in base64, the newest first; production refuses the published one."""
    values = listing(name, default, required=True)
    if production() and default in values:
        raise ImproperlyConfigured(f"{name} holds the key of the development: make a new one.")
    if any(_length(value) != KEY_BYTES for value in values):
        raise ImproperlyConfigured(
            f"{name} must hold keys of {KEY_BYTES} bytes in base64, for example from python3 -c "
            "'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'."
        )
    return values


def choice(name: str, default: str, *, among: Collection[str]) -> str:
    """One of a few words."""
    value = _plain(name, default)
    if value not in among:
        raise ImproperlyConfigured(f"{name} is {value!r}: write one of {', '.join(sorted(among))}.")
    return value


def url(name: str, default: str = "", *, schemes: Collection[str], required: bool = False) -> str:
    """An address whose scheme we speak; what it holds (a password, perhaps) is never repeated."""
    value = text(name, default, required=required)
    if value and urlsplit(value).scheme not in schemes:
        known = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ImproperlyConfigured(f"{name} does not start with one of {known}.")
    return value


def parts(url: str) -> Address:
    """A URL taken apart, its user and password decoded."""
    split = urlsplit(url)
    return Address(
        split.scheme,
        split.hostname or "",
        split.port,
        unquote(split.username or ""),
        unquote(split.password or ""),
    )


def path(name: str, default: Path, *, required: bool = False) -> Path:
    """A place on the disk."""
    return Path(text(name, str(default), required=required)).expanduser().absolute()


def _length(key: str) -> int:
    """How many bytes a key stands for; none where it is no base64."""
    try:
        return len(base64.urlsafe_b64decode(key))
    except ValueError:
        return 0


def _plain(name: str, default: str) -> str:
    """Without the question whether this is production, which itself is a flag."""
    return os.environ.get(name, "").strip() or default
