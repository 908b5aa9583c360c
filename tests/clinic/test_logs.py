"""A log names pages and rows; with what stands in it nobody opens a patient's page."""

import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from clinic.logs import NoTokens
from clinic.messaging import access, links
from clinic.messaging.models import Purpose
from tests.factories.patients import make_patient


@pytest.mark.django_db
def test_a_living_link_that_is_refused_leaves_no_token_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    recipient = make_patient(at=now).recipient
    link = links.make(
        recipient, Purpose.AFTERCARE, "session:x", expires_at=now + timedelta(days=1), at=now
    )
    monkeypatch.setattr(access, "TOKENS_A_MINUTE", 0)
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(NoTokens())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        assert Client().get(f"/p/{links.token(link)}/").status_code == 429
    finally:
        logger.removeHandler(handler)
    assert "/p/(token)/" in written.getvalue()
    assert links.token(link) not in written.getvalue()


def test_what_we_log_passes_the_filter() -> None:
    config: dict[str, Any] = settings.LOGGING
    names = config["handlers"]["console"]["filters"]
    assert [config["filters"][name]["()"] for name in names] == ["clinic.logs.NoTokens"]
