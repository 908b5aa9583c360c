"""One sealed file for all tests that only look at one: making it takes a second."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.core.cache import cache
from django.db import transaction
from pytest_django import DjangoDbBlocker

from clinic.staff.storage import EncryptedStorage
from consent import sealing
from consent.models import ConsentDocument
from tests.factories.consent import make_content, make_countersigned, make_sealed
from tests.factories.staff import NOW


class Sample(NamedTuple):
    """A sealed file, and what its document said; the row itself is rolled back."""

    pdf: bytes
    document: ConsentDocument


@pytest.fixture(scope="session")
def sample(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Sample:
    with django_db_blocker.unblock(), transaction.atomic():
        document = make_sealed(content=make_content())
        pdf = EncryptedStorage().read(document.file)
        transaction.set_rollback(True)
    return Sample(pdf, document)


@pytest.fixture
def seal_fast(sample: Sample, db: None) -> Callable[..., ConsentDocument]:
    """A sealed document without printing one more: the file of another try is taken over."""

    def make(**changes: object) -> ConsentDocument:
        document = make_countersigned(content=make_content(), **changes)  # type: ignore[arg-type]
        EncryptedStorage().save_once(sealing.file_name(document), sample.pdf)
        return sealing.seal(document, at=NOW)

    return make


@pytest.fixture(autouse=True)
def nobody_counted() -> None:
    """How often somebody asked in this minute is no part of another test."""
    cache.clear()
