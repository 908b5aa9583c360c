"""Every night: is each sealed file still the one that was sealed? One after the other, oldest check
first, so that a worker that was killed or ran out of time goes on where it stopped.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction

from clinic.record import audit, worklist
from clinic.record.models import TaskKind
from clinic.staff.roles import Role
from clinic.staff.storage import EncryptedStorage
from consent.content import digest_of_bytes
from consent.models import ConsentDocument, Withdrawal

AT_ONCE = 100
AGAIN_AFTER = timedelta(hours=20)
LONGEST = timedelta(minutes=5)  # less than the broker waits before it asks another worker


def go_round(*, clock: Callable[[], datetime]) -> int:
    """Look at all that was not looked at since yesterday; returns how many."""
    begun, count = clock(), 0
    while clock() - begun <= LONGEST:
        rows = ConsentDocument.objects.unchecked(since=begun - AGAIN_AFTER)
        batch = list(rows.select_related("patient", "withdrawal")[:AT_ONCE])
        if not batch:
            break
        look(batch, at=clock())
        count += len(batch)
    return count


@transaction.atomic
def look(documents: list[ConsentDocument], *, at: datetime) -> None:
    """Compare each file with the hash of its seal; what differs is an administrator's task."""
    damaged = [document for document in documents if not is_whole(document)]
    for document in damaged:
        _report(document, at=at)
    for document in documents:
        if document not in damaged:
            worklist.settle(_cause(document), at=at)
    keys = [document.pk for document in documents]
    ConsentDocument.objects.filter(pk__in=keys).update(checked_at=at)


def is_whole(document: ConsentDocument) -> bool:
    """The paper, and the page of its withdrawal where there is one."""
    page: Withdrawal | None = getattr(document, "withdrawal", None)
    if page is not None and page.file and not holds(page.file, page.pdf_sha256):
        return False
    return holds(document.file, document.pdf_sha256)


def holds(name: str, sha256: str) -> bool:
    try:
        return digest_of_bytes(EncryptedStorage().read(name)) == sha256
    except (OSError, InvalidToken):
        return False


def _report(document: ConsentDocument, *, at: datetime) -> None:
    worklist.ask(
        TaskKind.CONSENT_PROBLEM,
        _cause(document),
        document,
        role=Role.ADMINISTRATOR,
        patient=document.patient.uuid,
        urgent=True,
        due_at=at,
        at=at,
        code="damaged-file",
    )
    audit.record("consent.found-damaged", document, at=at, by=None, patient=document.patient.uuid)


def _cause(document: ConsentDocument) -> str:
    return f"file:{document.cause}"
