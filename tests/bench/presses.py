"""What a second process does in the benchmark of consents; it starts with nothing loaded."""

import time
from datetime import UTC, datetime
from typing import Any


def ready(database: str = "") -> None:
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    if database:
        settings.DATABASES["default"]["NAME"] = database
    django.setup()


def printed(html: str) -> int:
    from consent import pades, rendering  # noqa: PLC0415

    return len(pades.certify(rendering.print_pdf(html, []), at=datetime.now(UTC)))


def sealed(asked: tuple[int, Any]) -> float:
    from consent import sealing  # noqa: PLC0415
    from consent.models import ConsentDocument  # noqa: PLC0415

    pk, at = asked
    sealing.seal(ConsentDocument.objects.get(pk=pk), at=at)
    return time.time()
