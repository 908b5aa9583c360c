"""The demonstration clinic, seeded once for everything in this folder and rolled back after it."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TestCase, override_settings
from django.utils import timezone
from django.utils.html import format_html_join
from pytest_django import DjangoDbBlocker

from clinic.demo import seeding
from clinic.messaging import tasks
from consent import rendering
from consent.models import ConsentDocument, SignatureEvent
from consent.text import Text

NOW = datetime(2026, 3, 4, 11, 30, tzinfo=UTC)  # a Wednesday, half past one at the clinic
PRINTED_WHOLE = 1  # of the consents; the others have one page
Page = Callable[[ConsentDocument, Text, list[SignatureEvent]], str]


@dataclass
class Demonstration:
    """What was said while it was made, and what the logs kept of it."""

    now: datetime
    said: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)


class Ear(logging.Handler):
    """Keeps every line that any logger writes."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.INFO)
        self.lines = lines
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def short_paper(full: Page, *, whole: int = PRINTED_WHOLE) -> Page:
    """Consents of one page, really printed and sealed; only the first of them in full length."""
    printed: list[str] = []

    def page(document: ConsentDocument, text: Text, steps: list[SignatureEvent]) -> str:
        printed.append(document.code)
        if len(printed) <= whole:
            return full(document, text, steps)
        body = format_html_join("", "<p>{}</p>", ([words] for words in checked(document, text)))
        return f'<html lang="en"><head><title>Consent</title></head><body>{body}</body></html>'

    return page


def checked(document: ConsentDocument, text: Text) -> list[str]:
    """What the seal insists on finding on the paper."""
    content = text.content
    sessions = f"{text.labels['sessions']}: {content.sessions.count}"
    drugs = [drug.name for drug in content.drugs]
    pages = f"{text.labels['page']} 1 {text.labels['of']} 1"
    said = [content.patient.name, document.signer_name, sessions, pages]
    return [*drugs, document.content_sha256, *said]


@pytest.fixture(scope="package")
def demonstration(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Demonstration]:
    """The whole clinic inside one transaction, with everything that a commit would have done."""
    made, folder = Demonstration(now=NOW), tmp_path_factory.mktemp("demonstration")
    ear, root = Ear(made.logged), logging.getLogger()
    house = house_of(folder, redis_url)
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), house:
        patch.setattr(timezone, "now", lambda: NOW)
        patch.setattr(rendering, "page", short_paper(rendering.page))
        root.addHandler(ear)
        try:
            with transaction.atomic():
                seed(made)
                yield made
                transaction.set_rollback(True)
        finally:
            root.removeHandler(ear)


def seed(made: Demonstration) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert seeding.seed(made.now, say=made.said.append)
    connection.check_constraints()


def house_of(folder: Path, redis_url: str) -> override_settings:
    """Photos, papers and the seal's key of the demonstration, beside nobody else's; a broker."""
    seal = folder / "seal" / "seal.p12"
    return override_settings(MEDIA_ROOT=folder / "media", SEAL_FILE=seal, REDIS_URL=redis_url)


@pytest.fixture(autouse=True)
def as_it_was(demonstration: Demonstration) -> Iterator[None]:
    """Each test finds the clinic as it was seeded."""
    start_afresh()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def start_afresh() -> None:
    """Nobody asked too often yet, and the clock of the messages has just been heard."""
    cache.clear()
    tasks.beat()
