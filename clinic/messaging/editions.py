"""The words as they went out: kept once, before they are handed over."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from clinic.messaging import wording
from clinic.messaging.models import Edition, Message


def of(rows: Sequence[Message], book: wording.Book) -> dict[int, int]:
    """For each message the edition of its words, written down if it is new."""
    drafts = {row.pk: wording.draft_of(row, book) for row in rows}
    keys = {pk: _digest(draft) for pk, draft in drafts.items()}
    wanted = {keys[pk]: draft for pk, draft in drafts.items()}
    known = _known(wanted)
    new = [
        Edition(sha256=key, version=draft.version, title=draft.title, text=draft.text)
        for key, draft in wanted.items()
        if key not in known
    ]
    if new:
        Edition.objects.bulk_create(new, ignore_conflicts=True)
        known = _known(wanted)
    return {pk: known[key] for pk, key in keys.items()}


def _known(wanted: Mapping[str, wording.Draft]) -> dict[str, int]:
    rows = Edition.objects.filter(sha256__in=wanted)
    return dict(rows.values_list("sha256", "pk"))


def _digest(draft: wording.Draft) -> str:
    return sha256(f"{draft.version}\n{draft.title}\n{draft.text}".encode()).hexdigest()
