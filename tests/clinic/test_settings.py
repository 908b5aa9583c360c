"""Production starts with every required setting, and with none missing."""

import base64
import os
import runpy
import secrets
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from clinic import settings as module

REQUIRED = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "LINK_KEY": secrets.token_urlsafe(64),
    "FILE_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "SEAL_FILE": "/data/seal.p12",
    "SEAL_PASSWORD": secrets.token_urlsafe(32),
    "ALLOWED_HOSTS": "clinic.example",
    "SITE_URL": "https://clinic.example",
    "CLINIC_NAME": "The Example Clinic",
    "DATABASE_URL": "postgresql://clinic:secret@database.example:5433/clinic",
    "REDIS_URL": "rediss://broker.example/1",
    "EMAIL_URL": "smtp+tls://sender:p%40ss@mail.example:587",
    "MAIL_FROM": "desk@clinic.example",
}


@pytest.fixture(autouse=True)
def _production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "False")
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)


def load() -> dict[str, Any]:
    return runpy.run_path(str(Path(module.__file__)))


def test_production_starts_with_what_is_required() -> None:
    loaded = load()
    assert loaded["DEBUG"] is False
    assert loaded["DATABASES"]["default"]["HOST"] == "database.example"
    assert loaded["DATABASES"]["default"]["PORT"] == "5433"
    assert loaded["CELERY_BROKER_URL"] == "rediss://broker.example/1"
    assert loaded["EMAIL_USE_TLS"] is True
    assert loaded["EMAIL_HOST_PASSWORD"] == "p@ss"


def test_production_sends_cookies_over_tls_only() -> None:
    loaded = load()
    assert loaded["SESSION_COOKIE_SECURE"] is True
    assert loaded["CSRF_COOKIE_SECURE"] is True
    assert loaded["SECURE_SSL_REDIRECT"] is True
    assert loaded["SECURE_HSTS_SECONDS"] > 0


@pytest.mark.parametrize("name", REQUIRED)
def test_production_refuses_to_start_without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ImproperlyConfigured, match=f"^{name} is missing"):
        load()


@pytest.mark.parametrize("name", ["SECRET_KEY", "LINK_KEY", "SEAL_PASSWORD"])
def test_production_refuses_a_weak(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "password")
    with pytest.raises(ImproperlyConfigured, match=f"^{name} is weak"):
        load()


def test_a_developer_needs_no_setting_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEBUG")
    for name in REQUIRED:
        monkeypatch.delenv(name)
    assert load()["DEBUG"] is True
