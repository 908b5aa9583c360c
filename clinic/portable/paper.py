"""A patient's record to be read by a person, in the patient's own language."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import formats, timezone, translation

from clinic.knowledge.loader import load
from consent.models import ConsentDocument
from consent.rendering import print_pdf
from patients.models import HistoryItem, Patient, Photo
from procedures.models import Appointment, Injection, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, and lines of a day and words."""

    title: str
    lines: list[tuple[str, str]]


def printed(patient: Patient, *, sees_all: bool, at: datetime) -> bytes:
    """The PDF. What is for doctors is in it only when a doctor hands it out."""
    language = patient.language
    words = {key: said[language] for key, said in _words().items()}
    with translation.override(language), timezone.override(patient.recipient.zone):
        context = {
            "patient": patient,
            "words": words,
            "language": language,
            "at": at,
            "sections": list(_sections(patient, words, sees_all=sees_all)),
            "hidden": not sees_all and _hidden(patient),
        }
        html = render_to_string("pdf/portable/record.html", context)
    return print_pdf(html, [])


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def _sections(patient: Patient, words: dict[str, str], *, sees_all: bool) -> Iterator[Section]:
    items = patient.history.current().order_by("kind", "recorded_at", "pk")
    shown = items if sees_all else items.filter(sensitive=False)
    yield Section(title=words["history"], lines=[_statement(one, words) for one in shown])
    sources: list[tuple[str, Callable[[Patient], Iterator[tuple[str, str]]]]] = [
        ("plans", _plans),
        ("visits", _visits),
        ("consents", _consents),
        ("photos", _photos),
    ]
    for key, lines in sources:
        yield Section(title=words[key], lines=list(lines(patient)))
    yield Section(title=words["sessions"], lines=list(_given(patient, words["lot"])))


def _hidden(patient: Patient) -> bool:
    return patient.history.current().filter(sensitive=True).exists()


def _statement(item: HistoryItem, words: dict[str, str]) -> tuple[str, str]:
    said = words["none_known"] if item.none_known else item.text
    return item.get_kind_display(), f"{said} ({item.get_status_display()})"


def _plans(patient: Patient) -> Iterator[tuple[str, str]]:
    for plan in Plan.objects.current().filter(patient=patient).order_by("created_at", "pk"):
        yield day(plan.created_at), f"{_label(plan.indication, patient.language)}. {plan.goal}"


def _visits(patient: Patient) -> Iterator[tuple[str, str]]:
    visits = Appointment.objects.filter(patient=patient).select_related("practitioner")
    for visit in visits.order_by("slot", "pk"):
        kind, status = visit.get_kind_display(), visit.get_status_display()
        yield day(visit.slot.lower), f"{kind}, {status}, {visit.practitioner.full_name}"


def _consents(patient: Patient) -> Iterator[tuple[str, str]]:
    for document in ConsentDocument.objects.filter(patient=patient).order_by("created_at", "pk"):
        yield day(document.signed_at or document.created_at), document.get_state_display()


def _photos(patient: Patient) -> Iterator[tuple[str, str]]:
    for photo in Photo.objects.kept().filter(patient=patient).order_by("taken_at", "pk"):
        yield day(photo.taken_at), f"{photo.get_area_display()}, {photo.get_view_display()}"


def _given(patient: Patient, lot: str) -> Iterator[tuple[str, str]]:
    rows = Injection.objects.filter(session__patient=patient).select_related("lot__product")
    for one in rows.order_by("recorded_at", "pk"):
        said = f"{one.lot.product.name}, {lot} {one.lot.number}, {one.volume_ml} ml, {one.zone}"
        yield day(one.recorded_at), said


def _label(indication: str, language: str) -> str:
    known = load().indications.get(indication)
    return known.label.in_(language) if known else indication


def day(at: datetime | date) -> str:
    on = timezone.localdate(at) if isinstance(at, datetime) else at
    return formats.date_format(on, "j E Y")
