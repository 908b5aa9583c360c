"""What two thousand consents in one ZIP cost: time, and memory that must not grow with them."""

import resource
import time
import tracemalloc
from uuid import uuid4

import pytest

from clinic.portable import papers
from clinic.portable.papers import Choice
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent import sealing
from consent.models import ConsentDocument
from tests.factories.consent import make_sealed
from tests.factories.staff import NOW, make_staff

FEW, MANY = 200, 2_000


def copies(document: ConsentDocument, most: int) -> None:
    """The same sealed file again and again, each under its own name."""
    storage = EncryptedStorage()
    pdf = storage.read(document.file)
    rows = []
    for _ in range(most):
        uuid = uuid4()
        row = ConsentDocument.objects.get(pk=document.pk)
        row.pk, row.uuid, row.subject = None, uuid, f"plan:{uuid}"
        row.file = sealing.file_name(row)
        storage.save_once(row.file, pdf)
        rows.append(row)
    ConsentDocument.objects.bulk_create(rows)


def exported(most: int) -> tuple[float, float, float, int]:
    """Seconds to make, seconds to send, the most memory meanwhile in MB, bytes of the ZIP."""
    by = make_staff(Role.ADMINISTRATOR)
    export = papers.ask(Choice(), at=NOW, by=by)
    assert export.total == most
    tracemalloc.start()
    began = time.perf_counter()
    while papers.write_part(at=NOW):
        pass
    made = time.perf_counter()
    export.refresh_from_db()
    size = sum(len(piece) for piece in papers.fetch(export, at=NOW, by=by))
    sent = time.perf_counter()
    peak = tracemalloc.get_traced_memory()[1] / 1024**2
    tracemalloc.stop()
    return made - began, sent - made, peak, size


@pytest.mark.django_db
def test_memory_stays_flat(figures: dict[str, object]) -> None:
    document = make_sealed()
    copies(document, FEW - 1)
    few = exported(FEW)
    copies(document, MANY - FEW)
    many = exported(MANY)
    figures |= {
        "documents": MANY,
        "make_s": round(many[0], 1),
        "send_s": round(many[1], 1),
        "zip_mb": round(many[3] / 1024**2, 1),
        "peak_mb_of_200": round(few[2], 1),
        "peak_mb_of_2000": round(many[2], 1),
        "process_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
