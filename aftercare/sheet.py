"""The sheet that goes home with the patient: own dates, telephone, allowed products. One PDF."""

from datetime import datetime

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from aftercare import leaflet, told
from aftercare.models import AftercarePlan
from clinic.knowledge.entries import ReminderKind
from clinic.knowledge.entries.aftercare import SideEffect
from clinic.knowledge.loader import load
from clinic.record import audit
from clinic.staff.models import User
from consent import rendering
from procedures import catalogue

AT_ONCE_HOURS = 0  # a sign whose limit is 0 is reported whenever it appears


@transaction.atomic
def hand_over(plan: AftercarePlan, *, at: datetime, by: User) -> bytes:
    """Printed for the patient, in the patient's language, and on the record."""
    audit.record("aftercare.sheet-printed", plan, at=at, by=by, patient=plan.patient.uuid)
    return print_sheet(plan, plan.patient.language)


def print_sheet(plan: AftercarePlan, language: str) -> bytes:
    """As it stands when the session ends; what is released later is on the patient's page."""
    with translation.override(language):
        page = leaflet.read(plan.session, at=plan.session_ended_at)
        context = {
            "plan": plan,
            "page": page,
            "own": page.own,
            "location": plan.session.appointment.room.location,
            "language": language,
            "words": told.everything(language),
            "advice": [(_days(one, language), one.words) for one in leaflet.advice(plan, language)],
            "signs": [
                (one.name.in_(language), one.call_doctor_when.in_(language))
                for one in _alarming(plan)
                if one.call_doctor_when
            ],
            "we_ask": told.say("we_ask", language, days=", ".join(asked_on())),
        }
        html = render_to_string("pdf/aftercare/sheet.html", context)
    return rendering.print_pdf(html, [], style="aftercare")


def asked_on() -> list[str]:
    """The days on which a patient is asked."""
    days = {
        row.day_offset
        for row in load().reminders.values()
        if row.send and row.variant is None and row.kind is ReminderKind.CHECK_IN
    }
    return [str(day) for day in sorted(days)]


def _alarming(plan: AftercarePlan) -> list[SideEffect]:
    """What must not wait, of what fits the treated area."""
    area = plan.session.plan.area if plan.session.plan else ""
    return [
        one
        for one in catalogue.signs()
        if one.red_flag and one.red_flag.hours == AT_ONCE_HOURS and one.area in {None, area}
    ]


def _days(one: leaflet.Advice, language: str) -> str:
    if one.last is None:
        return told.say("from_day", language, first=one.first)
    return told.say("days", language, first=one.first, last=one.last)
