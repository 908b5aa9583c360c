"""What happened to a patient, from every app, in one query and page by page, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from aftercare.models import CheckIn, Reaction
from clinic.messaging.models import Message, MessageState
from clinic.staff.models import User
from clinic.staff.roles import Permission
from consent.models import ConsentDocument, ConsentState
from patients.models import HistoryItem, HistoryKind, Intake, Patient
from procedures.models import Appointment, AppointmentKind, AppointmentStatus, Plan, Screening

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, without health words: a title, and where to read more."""

    at: datetime
    icon: str
    title: str | Promise
    text: str | Promise = ""
    url: str = ""


class Row(NamedTuple):
    """As the database tells it: what, since when, two codes, a name, and which row."""

    what: str
    when: datetime
    kind: str
    word: str
    who: str
    ref: UUID


class Look(NamedTuple):
    """How one kind of event is shown; `words` turns its code into words."""

    icon: str
    title: str | Promise
    page: str = ""
    words: Any = None


LOOKS: dict[str, Look] = {
    "visit": Look("calendar-event", "", "procedures:appointment-detail", AppointmentStatus),
    "consent": Look("file-certificate", _("Consent"), "consent:document-detail", ConsentState),
    "plan-drafted": Look("clipboard-list", _("Plan drafted"), "procedures:plan-detail"),
    "plan-signed": Look("stethoscope", _("Plan signed off"), "procedures:plan-detail"),
    "screening": Look("shield-check", _("Screening"), "procedures:screening-detail"),
    "check-in": Look(
        "heart-handshake",
        _("Check-in"),
        "aftercare:plan-detail",
        CheckIn._meta.get_field("triage").choices,
    ),
    "reaction": Look(
        "alert-triangle",
        _("Reaction reported"),
        "",
        Reaction._meta.get_field("severity").choices,
    ),
    "history": Look("edit", _("History entry"), "", HistoryKind),
    "message": Look("send", _("Message"), "messaging:message-detail", MessageState),
    "questionnaire": Look("clipboard-check", _("Questionnaire completed")),
    "registered": Look("user-plus", _("Registered")),
}


def page_of(patient: Patient, user: User, number: str | None) -> Page[Any]:
    """One page of it; its `object_list` are events."""
    first, *others = _sources(patient, user)
    rows = first.union(*others, all=True).order_by("-e_when", "e_what")
    page = Paginator(rows, PER_PAGE).get_page(number)
    page.object_list = [_event(Row(*row)) for row in page.object_list]
    return page


def _event(row: Row) -> Event:
    look = LOOKS[row.what]
    words = dict(getattr(look.words, "choices", look.words) or ())
    title = AppointmentKind(row.kind).label if row.what == "visit" else look.title
    text = ", ".join(part for part in (str(words.get(row.word, "")), row.who) if part)
    url = reverse(look.page, args=[row.ref]) if look.page else ""
    return Event(row.when, look.icon, title, text, url)


def _sources(patient: Patient, user: User) -> Iterator[QuerySet[Any, Any]]:
    """Of each app, for these eyes."""
    yield _rows(Patient.objects.filter(pk=patient.pk), "registered", "registered_at")
    intakes = Intake.objects.completed().filter(patient=patient)
    yield _rows(intakes, "questionnaire", "completed_at")
    visits = Appointment.objects.visible_to(user).filter(patient=patient)
    yield _rows(
        visits,
        "visit",
        "slot__startswith",
        kind="kind",
        word="status",
        who="practitioner__full_name",
    )
    documents = ConsentDocument.objects.visible_to(user).filter(patient=patient)
    yield _rows(documents, "consent", Coalesce("signed_at", "created_at"), word="state")
    if user.may(Permission.SEE_MESSAGES):
        unsent = Q(state__in=[MessageState.OWED, MessageState.LEASED, MessageState.CANCELLED])
        sent = Message.objects.filter(patient_uuid=patient.uuid).exclude(unsent)
        yield _rows(sent, "message", "state_at", word="state")
    if user.may(Permission.SEE_CLINICAL):
        yield from _clinical(patient, user)


def _clinical(patient: Patient, user: User) -> Iterator[QuerySet[Any, Any]]:
    plans = Plan.objects.visible_to(user).filter(patient=patient)
    yield _rows(plans, "plan-drafted", "created_at")
    yield _rows(plans.exclude(signed_off_at=None), "plan-signed", "signed_off_at")
    yield _rows(Screening.objects.filter(patient=patient), "screening", "made_at")
    items = HistoryItem.objects.visible_to(user).filter(patient=patient)
    yield _rows(items, "history", "recorded_at", word="kind", who="recorded_by__full_name")
    check_ins = CheckIn.objects.filter(plan__patient=patient)
    yield _rows(check_ins, "check-in", "at", word="triage", ref="plan__uuid")
    reactions = Reaction.objects.filter(patient=patient)
    yield _rows(reactions, "reaction", "reported_at", word="severity")


def _rows(rows: QuerySet[Any, Any], what: str, when: Any, **columns: str) -> QuerySet[Any, Any]:
    """The same six columns of whatever it is."""

    def text(name: str) -> Any:
        if name not in columns:
            return Value("", output_field=CharField())
        return Cast(F(columns[name]), CharField())

    found: QuerySet[Any, Any] = (
        rows.order_by()
        .annotate(
            e_what=Value(what, output_field=CharField()),
            e_when=F(when) if isinstance(when, str) else when,
            e_kind=text("kind"),
            e_word=text("word"),
            e_who=text("who"),
            e_ref=F(columns.get("ref", "uuid")),
        )
        .values_list("e_what", "e_when", "e_kind", "e_word", "e_who", "e_ref")
    )
    return found
