"""The waiting list: a time that became free is offered to the next in line, who takes it or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, WrongState
from clinic.messaging import links, outbox
from clinic.messaging.models import PatientLink, Purpose
from clinic.messaging.outbox import Owed
from clinic.messaging.quiet_hours import next_allowed
from clinic.messaging.recipients import channel_for
from clinic.record import audit
from clinic.staff.models import Location, User
from patients.models import Patient
from procedures import booking, courses, reserving, telling
from procedures.booking import Place, Stretch, Visit
from procedures.models import (
    Appointment,
    AppointmentKind,
    FreedSlot,
    OfferState,
    SlotReservation,
    WaitlistEntry,
    WaitlistOffer,
)
from procedures.telling import GRACE

OFFER = "visit-offer"
OPEN = timedelta(hours=2)  # to answer in
LEAST = timedelta(minutes=20)  # less time to answer in than this is no offer
AHEAD = timedelta(hours=3)  # sooner than this nobody is asked any more: the desk telephones


class OfferOver(ClinicError):
    code = "offer-over"
    text = _("The time to answer is over, and the visit was offered to somebody else. Call us.")


class WaitsAlready(ClinicError):
    code = "waits-already"
    text = _("This patient already waits for this. Remove the other entry first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody waits for; `visit` is the one that would come earlier."""

    location: Location
    kind: AppointmentKind
    minutes: int
    first: date
    last: date
    priority: int
    practitioner: User | None = None
    visit: Appointment | None = None
    weekdays: tuple[int, ...] = ()
    hours_from: time | None = None
    hours_until: time | None = None


@transaction.atomic
def add(patient: Patient, wanted: Wanted, *, at: datetime, by: User) -> WaitlistEntry:
    """Somebody waits from now on; who waits for the same already does not wait twice."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    mine = WaitlistEntry.objects.waiting().filter(patient=patient)
    if mine.filter(kind=wanted.kind, visit=wanted.visit).exists():
        raise WaitsAlready
    entry = WaitlistEntry.objects.create(
        patient=patient,
        location=wanted.location,
        practitioner=wanted.practitioner,
        visit=wanted.visit,
        kind=wanted.kind,
        minutes=wanted.minutes,
        weekdays=list(wanted.weekdays),
        hours_from=wanted.hours_from,
        hours_until=wanted.hours_until,
        first_date=wanted.first,
        last_date=wanted.last,
        priority=wanted.priority,
        added_at=at,
        added_by=by,
    )
    audit.record("waitlist.added", entry, at=at, by=by, patient=patient.uuid)
    return entry


@transaction.atomic
def remove(entry: WaitlistEntry, *, at: datetime, by: User) -> WaitlistEntry:
    """They wait no longer; what was offered to them is free for the next."""
    entry = WaitlistEntry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if entry.ended_at is not None:
        raise WrongState(state=_("Removed"))
    for offer in entry.offers.open():
        _close(offer, OfferState.REFUSED, at=at)
    entry.ended_at = at
    entry.save(update_fields=["ended_at"])
    audit.record("waitlist.removed", entry, at=at, by=by, patient=entry.patient.uuid)
    return entry


def work(*, at: datetime) -> list[WaitlistOffer]:
    """What was not answered in time goes to the next in line; what became free is offered."""
    for offer in WaitlistOffer.objects.overdue(at=at).order_by("pk"):
        expire(offer, at=at)
    FreedSlot.objects.filter(slot__startswith__lte=at + AHEAD).delete()
    settled = FreedSlot.objects.filter(freed_at__lte=at - GRACE)
    rows = settled.select_related("practitioner", "room__location").order_by("slot", "pk")
    made = (offer_next(freed, at=at) for freed in rows[:200])
    return [offer for offer in made if offer is not None]


@transaction.atomic
def expire(offer: WaitlistOffer, *, at: datetime) -> WaitlistOffer:
    """Nobody answered: the next in line may have it."""
    offer = WaitlistOffer.objects.select_for_update().get(pk=offer.pk)
    if offer.state == OfferState.OFFERED and offer.expires_at <= at:
        _close(offer, OfferState.EXPIRED, at=at)
        patient = offer.entry.patient.uuid
        audit.record("waitlist.expired", offer, at=at, by=None, patient=patient)
    return offer


@transaction.atomic
def offer_next(freed: FreedSlot, *, at: datetime) -> WaitlistOffer | None:
    """Offer it to the first in line for whom it would hold; nobody is offered it twice."""
    place = freed.room.location
    quiet = {"quiet_from": place.quiet_from, "quiet_until": place.quiet_until}
    for entry in in_line(freed):
        heard = next_allowed(at, zone=entry.patient.recipient.zone, **quiet)
        until = min(heard + OPEN, freed.slot.lower - AHEAD / 2)
        if until - heard < LEAST:
            continue
        try:
            return _offer(entry, freed, until=until, at=at)
        except ClinicError:  # not free after all, or not for this one: the next in line
            continue
    return None


@transaction.atomic
def accept(offer: WaitlistOffer, *, at: datetime, by: User | PatientLink) -> Appointment:
    """Book what was offered, or move the visit there; every rule of a booking holds."""
    offer = _answerable(offer, at=at)
    taken = _take(offer.entry, _stretch(offer), at=at)
    _close(offer, OfferState.ACCEPTED, at=at)
    WaitlistEntry.objects.filter(pk=offer.entry_id).update(ended_at=at)
    FreedSlot.objects.filter(practitioner=offer.practitioner, slot__contains=offer.start).delete()
    patient = offer.entry.patient.uuid
    audit.record("waitlist.accepted", offer, at=at, by=by, patient=patient)
    return taken


@transaction.atomic
def refuse(offer: WaitlistOffer, *, at: datetime, by: User | PatientLink) -> WaitlistOffer:
    """They keep waiting for another time; this one goes to the next in line."""
    offer = _close(_answerable(offer, at=at), OfferState.REFUSED, at=at)
    patient = offer.entry.patient.uuid
    audit.record("waitlist.refused", offer, at=at, by=by, patient=patient)
    return offer


def in_line(freed: FreedSlot) -> Iterator[WaitlistEntry]:
    """Those whom this time would suit, the most urgent and then the longest waiting first."""
    zone = freed.room.location.zone
    start = freed.slot.lower.astimezone(zone)
    length = (freed.slot.upper - freed.slot.lower) // timedelta(minutes=1)
    asked = WaitlistOffer.objects.filter(entry=OuterRef("pk"))
    same = asked.filter(practitioner=freed.practitioner, start=freed.slot.lower)
    rows = WaitlistEntry.objects.waiting().filter(
        Q(practitioner=None) | Q(practitioner=freed.practitioner),
        Q(weekdays=[]) | Q(weekdays__contains=[start.weekday()]),
        Q(hours_from=None) | Q(hours_from__lte=start.time()),
        Q(visit=None) | Q(visit__slot__startswith__gt=freed.slot.lower),
        location=freed.room.location,
        minutes__lte=length,
        first_date__lte=start.date(),
        last_date__gte=start.date(),
    )
    rows = rows.exclude(Exists(asked.open())).exclude(Exists(same))
    known = rows.select_related("patient__recipient", "added_by", "visit")
    for entry in known.order_by("priority", "added_at", "pk"):
        end = start + timedelta(minutes=entry.minutes)
        if entry.hours_until is None or end.time() <= entry.hours_until:
            yield entry


def subject_of(offer: WaitlistOffer) -> str:
    return f"offer:{offer.uuid}"


def _offer(
    entry: WaitlistEntry, freed: FreedSlot, *, until: datetime, at: datetime
) -> WaitlistOffer:
    stretch = Stretch(
        practitioner=freed.practitioner,
        room=freed.room,
        start=freed.slot.lower,
        minutes=entry.minutes,
    )
    with transaction.atomic():  # a rehearsal: nothing is offered that could not be taken
        _take(entry, stretch, at=at)
        transaction.set_rollback(True)
    reserving.queue([stretch], entry.patient)
    kept = reserving.hold(stretch, entry.patient, until=until, at=at, by=None)
    offer = WaitlistOffer.objects.create(
        entry=entry,
        practitioner=freed.practitioner,
        room=freed.room,
        start=freed.slot.lower,
        reservation=kept.uuid,
        offered_at=at,
        expires_at=until,
    )
    _tell(offer, at=at)
    audit.record("waitlist.offered", offer, at=at, by=None, patient=entry.patient.uuid)
    return offer


def _tell(offer: WaitlistOffer, *, at: datetime) -> None:
    """The link by which it is taken; in the message stands nothing but day and hour."""
    patient = offer.entry.patient
    link = links.make(
        patient.recipient, Purpose.OFFER, subject_of(offer), expires_at=offer.start, at=at
    )
    outbox.owe(
        Owed(
            subject=subject_of(offer),
            message=OFFER,
            recipient=patient.recipient,
            channel=channel_for(patient.recipient),
            due_at=at,
            not_after=offer.expires_at,
            patient_uuid=patient.uuid,
            link=link,
            location=offer.room.location,
            values={"date": offer.start, "time": offer.start},
        ),
        at=at,
    )


def _take(entry: WaitlistEntry, stretch: Stretch, *, at: datetime) -> Appointment:
    """In the name of who put the patient on the list: a course is a course, moved by its rules."""
    by = entry.added_by
    if entry.visit_id is None:
        booking.queue_for(stretch.practitioner, stretch.room, entry.patient)
        visit = Visit(
            kind=AppointmentKind(entry.kind),
            patient=entry.patient,
            practitioner=stretch.practitioner,
            room=stretch.room,
            start=stretch.start,
            minutes=stretch.minutes,
        )
        placed = booking.place(visit, at=at, by=by)
        telling.booked(placed, at=at)
        return placed
    booked = Appointment.objects.select_related("patient").get(pk=entry.visit_id)
    place = Place(
        start=stretch.start,
        room=stretch.room,
        practitioner=stretch.practitioner,
        version=booked.version,
    )
    if booked.kind == AppointmentKind.SESSION:
        return courses.move(booked.session, **place, at=at, by=by)
    return booking.move(booked, **place, at=at, by=by)


def _answerable(offer: WaitlistOffer, *, at: datetime) -> WaitlistOffer:
    """The offer under lock, as long as it can be answered."""
    known = WaitlistOffer.objects.select_for_update(of=("self",))
    offer = known.select_related("entry__patient", "entry__added_by").get(pk=offer.pk)
    if offer.state != OfferState.OFFERED or offer.expires_at <= at:
        raise OfferOver
    return offer


def _stretch(offer: WaitlistOffer) -> Stretch:
    return Stretch(
        practitioner=offer.practitioner,
        room=offer.room,
        start=offer.start,
        minutes=offer.entry.minutes,
    )


def _close(offer: WaitlistOffer, state: OfferState, *, at: datetime) -> WaitlistOffer:
    """Answered or over: the time is free again, unless it was just booked; the link shows how."""
    offer.state, offer.answered_at = state, at
    offer.save(update_fields=["state", "answered_at"])
    SlotReservation.objects.filter(uuid=offer.reservation).delete()
    outbox.settle(subject_of(offer), at=at, reason=f"offer-{state.value}")
    return offer
