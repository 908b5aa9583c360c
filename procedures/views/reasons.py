"""Why a finding stands, in the reader's language; what somebody wrote stays as they wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.knowledge.loader import load
from patients.models import Reply
from procedures.domain.findings import UNASKED, Finding

ALONE: dict[str, Promise] = {
    "allergy test: reaction": _("reaction to the allergy test"),
    "concentration: known": _("the concentration is known"),
    "concentration: not known": _("the concentration is not known"),
    "not intradermal": _("not made for use in the skin"),
    "not registered": _("not registered"),
    "oil emulsion": _("an oil emulsion"),
}
DATED: dict[str, Promise] = {
    "delivery_date": _("birth or end of pregnancy: %s"),
    "expired": _("expired: %s"),
    "lactation_ended": _("end of breastfeeding: %s"),
    "last_alcohol": _("last drink: %s"),
    "menstruation_ended": _("last day of bleeding: %s"),
    "opened": _("opened: %s"),
    "pregnancy_ended": _("end of pregnancy: %s"),
    "prescriber_stopped_drug": _("medicine ended by the prescriber: %s"),
    "previous session": _("previous session: %s"),
    "recent_procedure": _("procedure: %s"),
}
NUMBERED: dict[str, Promise] = {
    "age": _("age: %s"),
    "blood pressure": _("blood pressure: %s mmHg"),
    "temperature": _("temperature: %s °C"),
}
PROCEDURES: dict[str, Promise] = {
    "botulinum": _("botulinum toxin"),
    "filler": _("filler"),
    "laser": _("laser treatment"),
    "other_procedure": _("another cosmetic procedure"),
    "peel": _("peel"),
    "tattoo": _("tattoo or permanent make-up"),
    "vaccination": _("vaccination"),
}


def reasons_of(finding: Finding) -> tuple[str, ...]:
    """Each reason in plain words; of what was not asked the label says enough."""
    if finding.rule.startswith(UNASKED):
        return ()
    return tuple(in_words(reason) for reason in finding.because)


def in_words(reason: str) -> str:
    """One reason as the domain gave it: "answer: yes", "delivery_date: 2026-11-02", "ING-HA"."""
    head, _colon, rest = reason.rpartition(": ")
    if reason in ALONE:
        return str(ALONE[reason])
    if head in KNOWN:
        return KNOWN[head](head, rest)
    if head and (when := _day(rest)):
        return f"{PROCEDURES.get(head, head)}: {when}"
    return _named(reason)


def _answer(_head: str, rest: str) -> str:
    reply, *days = rest.split(", ")
    answer = str(Reply(reply).label).lower() if reply in set(Reply) else reply
    return _("answer: %s") % ", ".join([answer, *(_day(day) or day for day in days)])


def _dated(head: str, rest: str) -> str:
    return str(DATED[head]) % (_day(rest) or rest)


def _numbered(head: str, rest: str) -> str:
    return str(NUMBERED[head]) % rest


def _planned(_head: str, rest: str) -> str:
    return _("planned: %s") % _named(rest)


KNOWN: dict[str, Callable[[str, str], str]] = {
    "answer": _answer,
    "planned": _planned,
    "technique": _planned,
    **dict.fromkeys(DATED, _dated),
    **dict.fromkeys(NUMBERED, _numbered),
}


def _day(text: str) -> str:
    """A day as people write it; "" where the text is none."""
    if text == "?":
        return str(_("on an unknown day"))
    try:
        return formats.date_format(date.fromisoformat(text), "j E Y")
    except ValueError:
        return ""


def _named(text: str) -> str:
    """What a rule or a component is called; any other text as it is."""
    return next(_names(text), text)


def _names(key: str) -> Iterator[str]:
    known, language = load(), get_language() or "en"
    sections = (known.indications, known.techniques, known.medicines)
    for labelled in (section.get(key) for section in sections):
        if labelled:
            yield labelled.label.in_(language)
    if component := known.ingredients.get(key):
        terms = known.synonyms[key].terms if key in known.synonyms else None
        local = {"ru": terms.ru, "uk": terms.uk}.get(language[:2]) if terms else None
        yield local[0] if local else component.name
