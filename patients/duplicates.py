"""Charts that may be of one person: found as charts change, decided by people.

Each public function is one transaction.
"""

from datetime import datetime, timedelta

from django.apps import apps
from django.contrib.postgres.search import TrigramSimilarity
from django.db import transaction
from django.db.models import Q

from clinic.errors import Stale
from clinic.record import audit
from clinic.staff.models import User
from patients.models import DuplicatePair, DuplicateSearch, Patient

AT_ONCE = 300  # changes in one go
MOST = 20  # pairs of one chart; who looks like more is a name, not a person
ALIKE = 0.4  # of the trigrams, with the same birth date
AKIN = 0.2  # of the trigrams, with the same phone or mail: a family shares those too
SETTLED = timedelta(seconds=30)  # by then no transaction with an earlier key is still open


@transaction.atomic
def look(*, at: datetime, most: int = AT_ONCE) -> int:
    """Compare the charts that changed since the last time; returns how many changes were seen."""
    DuplicateSearch.objects.get_or_create(pk=1)
    search = DuplicateSearch.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if search is None:
        return 0
    changes = apps.get_model("patients", "PatientEvent").objects.filter(
        pgh_id__gt=search.event, pgh_created_at__lte=at - SETTLED
    )
    seen = list(changes.order_by("pgh_id").values_list("pgh_id", "pgh_obj_id")[:most])
    if not seen:
        return 0
    changed = {patient for _event, patient in seen}
    for patient in Patient.objects.standing().filter(pk__in=changed).order_by("pk"):
        compare(patient, at=at)
    search.event = seen[-1][0]
    search.save(update_fields=["event"])
    return len(seen)


@transaction.atomic
def compare(patient: Patient, *, at: datetime) -> list[DuplicatePair]:
    """Put this chart beside the others; a pair that was found before stays as it was decided."""
    pairs = [_pair(patient, other, at) for other in like(patient)]
    DuplicatePair.objects.bulk_create(pairs, ignore_conflicts=True)
    return pairs


@transaction.atomic
def dismiss(pair: DuplicatePair, *, at: datetime, by: User) -> DuplicatePair:
    """Somebody knows that these are two people."""
    pair = DuplicatePair.objects.select_for_update(no_key=True).get(pk=pair.pk)
    if pair.dismissed_at is not None:
        raise Stale
    pair.dismissed_at, pair.dismissed_by = max(at, pair.found_at), by
    pair.save(update_fields=["dismissed_at", "dismissed_by"])
    audit.record(
        "duplicate.dismissed",
        pair.first,
        at=at,
        by=by,
        patient=pair.first.uuid,
        other=str(pair.second.uuid),
    )
    return pair


def like(patient: Patient) -> list[Patient]:
    """Born that day with a similar name; the same phone or mail and a name not quite another."""
    same = Q(birth_date=patient.birth_date, likeness__gte=ALIKE)
    if patient.phone:
        same |= Q(phone=patient.phone) & (Q(likeness__gte=AKIN) | Q(birth_date=patient.birth_date))
    if patient.email:
        near = Q(likeness__gte=AKIN) | Q(birth_date=patient.birth_date)
        same |= Q(email__iexact=patient.email) & near
    named = Patient.objects.standing().exclude(pk=patient.pk)
    named = named.annotate(likeness=TrigramSimilarity("folded", patient.folded))
    return list(named.filter(same).order_by("-likeness", "pk")[:MOST])


def _pair(one: Patient, other: Patient, at: datetime) -> DuplicatePair:
    first, second = sorted((one, other), key=lambda patient: patient.pk)
    same = [
        name
        for name in ("birth_date", "phone", "email")
        if getattr(one, name) and _folded(one, name) == _folded(other, name)
    ]
    likeness: float = getattr(other, "likeness", 0.0)
    return DuplicatePair(first=first, second=second, likeness=likeness, same=same, found_at=at)


def _folded(patient: Patient, name: str) -> str:
    return str(getattr(patient, name)).casefold()
