"""Patients of an imaginary clinic, what they say, and pictures of nobody."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any

from PIL import Image

from clinic.messaging import links
from clinic.messaging.models import Purpose
from clinic.staff.models import Location, User
from clinic.staff.roles import Role
from patients import history, intake, photos, registration, synonyms
from patients.intake import Listed, Said
from patients.models import (
    Answer,
    Area,
    Asserter,
    HistoryItem,
    HistoryKind,
    Intake,
    IntakeSource,
    Moment,
    Patient,
    Photo,
    Reply,
    Synonym,
    View,
)
from patients.registration import Identity
from tests.factories.staff import NOW, make_location, make_staff

_number = count(1)
LONG_AGO = NOW - timedelta(days=30)


def make_identity(**changes: Any) -> Identity:
    """Somebody who is nobody: name only what the test is about."""
    number = next(_number)
    facts: dict[str, Any] = {
        "family_name": f"Testova{_letters(number)}",
        "given_name": "Fictiona",
        "birth_date": date(1985, 1, 1) + timedelta(days=number),
        "sex": "F",
        "can_be_pregnant": True,
        "phone": f"+38044{number:07}",
        "email": f"patient-{number}@patients.example",
    }
    return Identity(**(facts | changes))


def make_patient(
    *,
    location: Location | None = None,
    at: datetime = LONG_AGO,
    by: User | None = None,
    email_allowed: bool = True,
    sms_allowed: bool = False,
    **identity: Any,
) -> Patient:
    """Registered a month ago by the reception, reached by e-mail."""
    who = make_identity(**identity)
    return registration.register(
        who,
        location=location or make_location(),
        email_allowed=email_allowed and bool(who.email),
        sms_allowed=sms_allowed and bool(who.phone),
        accept_duplicate=True,
        at=at,
        by=by or make_staff(Role.RECEPTION),
    )


def make_intake(
    patient: Patient,
    answers: Mapping[str, str | Said | tuple[str, date]] | None = None,
    *,
    moment: str = Moment.INTAKE,
    at: datetime | None = None,
    by: User | None = None,
    complete: bool = True,
) -> Intake:
    """Every question answered with no, but for what is named: `{"CI-FEVER": "yes"}`.

    A pair is an answer with its date: `{"CI-POSTPARTUM": ("yes", date(2026, 2, 1))}`.
    """
    at, by = at or LONG_AGO, by or make_staff(Role.COSMETOLOGIST)
    filled = intake.start(patient, moment=moment, source=IntakeSource.DESK, at=at, by=by)
    said = {one.code: Said(reply=Reply.NO) for one in intake.asked(patient, moment) if one.answers}
    said |= {code: _said(reply) for code, reply in (answers or {}).items()}
    intake.save(filled, said, at=at, by=by)
    return intake.complete(filled, at=at, by=by) if complete else filled


def make_handed_in(
    patient: Patient,
    answers: Mapping[str, str | Said | tuple[str, date]] | None = None,
    *,
    lists: Mapping[str, str] | None = None,
    moment: str = Moment.INTAKE,
    at: datetime = NOW,
    pregnant: bool | None = None,
) -> Intake:
    """Filled in by the patient alone: no to everything but what is named, and nothing to list.

    `lists` are the patient's own words: `{"medicine": "aspirin"}`.
    """
    subject = intake.subject_of(patient, moment)
    until = at + timedelta(days=1)
    by = links.make(patient.recipient, Purpose.INTAKE, subject, expires_at=until, at=at)
    filled = intake.start(patient, moment=moment, source=IntakeSource.LINK, at=at, by=by)
    said = {
        one.code: Said(reply=Reply.NO)
        for one in intake.asked(patient, moment)
        if one.answers and not (one.ask_if_can_be_pregnant and pregnant is False)
    }
    said |= {code: _said(reply) for code, reply in (answers or {}).items()}
    words = {kind.value: Listed(none_known=True) for kind in HistoryKind}
    words |= {kind: Listed(text=text) for kind, text in (lists or {}).items()}
    intake.save(filled, said, can_be_pregnant=pregnant, lists=words, at=at, by=by)
    return intake.hand_in(filled, at=at, by=by)


def make_answers(patient: Patient, **changes: str) -> dict[str, Answer]:
    """What the patient says now, after an intake with these answers."""
    made = make_intake(patient, {code.replace("_", "-"): said for code, said in changes.items()})
    return intake.answers_now(patient, at=made.completed_at or LONG_AGO)


def make_history(
    patient: Patient,
    kind: str,
    text: str,
    *,
    at: datetime = LONG_AGO,
    by: User | None = None,
) -> HistoryItem:
    return history.add(
        patient,
        kind,
        text,
        asserted_by=Asserter.PATIENT,
        at=at,
        by=by or make_staff(Role.COSMETOLOGIST),
    )


def make_synonym(text: str = "blorbitis", concept: str = "diabetes") -> Synonym:
    """Words that the clinic has learnt."""
    by = make_staff(Role.CLINICAL_LEAD)
    return synonyms.learn(text, HistoryKind.CONDITION, concept, at=LONG_AGO, by=by)


def make_none_known(
    patient: Patient, *, at: datetime = LONG_AGO, by: User | None = None
) -> list[HistoryItem]:
    """Asked, and none: of conditions, of allergies and of medicines."""
    by = by or make_staff(Role.COSMETOLOGIST)
    return [
        history.assert_none(patient, kind, asserted_by=Asserter.PATIENT, at=at, by=by)
        for kind in ("condition", "allergy", "medicine")
    ]


def make_healthy_patient(
    *,
    location: Location | None = None,
    at: datetime = LONG_AGO,
    by: User | None = None,
    **identity: Any,
) -> Patient:
    """Asked everything, and nothing found."""
    patient = make_patient(location=location, at=at, **identity)
    make_none_known(patient, at=at, by=by)
    make_intake(patient, at=at, by=by)
    patient.refresh_from_db()
    return patient


def make_photo(
    patient: Patient,
    *,
    area: str = Area.FACE,
    view: str = View.FRONT,
    at: datetime = LONG_AGO,
    by: User | None = None,
    colour: tuple[int, ...] = (205, 170, 150),
) -> Photo:
    return photos.add(
        patient,
        make_picture(colour=colour),
        area=area,
        view=view,
        taken_at=at,
        at=at,
        by=by or make_staff(Role.COSMETOLOGIST),
    )


def make_photos(
    patient: Patient, area: str = Area.FACE, *, at: datetime = LONG_AGO, by: User | None = None
) -> list[Photo]:
    """Every standard view of the area."""
    by = by or make_staff(Role.COSMETOLOGIST)
    return [
        make_photo(patient, area=area, view=view, at=at, by=by)
        for view in photos.standard_views(area)
    ]


def make_picture(
    width: int = 240,
    height: int = 320,
    *,
    kind: str = "JPEG",
    colour: tuple[int, ...] = (205, 170, 150),
    mode: str = "RGB",
    exif: Image.Exif | None = None,
) -> bytes:
    """The bytes of a picture in one colour, with a dark upper left corner to tell its sides."""
    picture = Image.new(mode, (width, height), colour)
    picture.paste((40, 30, 30), (0, 0, width // 4, height // 4))
    buffer = BytesIO()
    picture.save(buffer, kind, **({"exif": exif} if exif else {}))
    return buffer.getvalue()


def _said(reply: str | Said | tuple[str, date]) -> Said:
    if isinstance(reply, Said):
        return reply
    return Said(reply=reply[0], date=reply[1]) if isinstance(reply, tuple) else Said(reply=reply)


def _letters(number: int) -> str:
    """Names have no digits: 0 is a, 27 is bb."""
    letters = ""
    while True:
        number, rest = divmod(number, 26)
        letters = "abcdefghijklmnopqrstuvwxyz"[rest] + letters
        if not number:
            return letters
