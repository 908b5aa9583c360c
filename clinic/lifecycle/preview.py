"""What a merge would do, before it is done, for the eyes that look at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from clinic.lifecycle import comparing
from clinic.lifecycle.belongings import MOVED
from clinic.lifecycle.comparing import Contradiction
from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models import Answer, DuplicatePair, HistoryItem, HistoryKind
from patients.views.door import language
from patients.views.lines import label_of

NAMES = {
    "HistoryItem": _("History"),
    "Intake": _("Questionnaires"),
    "Synonym": _("Words explained"),
    "Photo": _("Photos"),
    "ConsentDocument": _("Consents"),
    "Plan": _("Plans"),
    "AllergyTest": _("Allergy tests"),
    "Screening": _("Screenings"),
    "LabResult": _("Laboratory results"),
    "Course": _("Courses"),
    "Appointment": _("Visits"),
    "Session": _("Sessions"),
    "AftercarePlan": _("Aftercare"),
    "Reaction": _("Reactions"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing of both charts beside each other."""

    label: object
    first: object
    second: object

    @property
    def differs(self) -> bool:
        return self.first != self.second


def preview(pair: DuplicatePair, user: User, *, at: datetime) -> dict[str, object]:
    """For a template: who they are, how much each chart holds, where they disagree."""
    found = comparing.contradictions(pair.first, pair.second, at=at)
    hidden = not user.may(Permission.SEE_SENSITIVE)
    shown = [one for one in found if not (hidden and one.sensitive)]
    return {
        "people": list(_people(pair)),
        "counts": list(_counts(pair)),
        "contradictions": [_told(one) for one in shown],
        "needs_doctor": len(shown) < len(found),
    }


def _people(pair: DuplicatePair) -> Iterable[Line]:
    both = (pair.first, pair.second)
    columns: list[tuple[object, list[object]]] = [
        (_("Name"), [one.full_name for one in both]),
        (_("Chart number"), [one.number for one in both]),
        (_("Date of birth"), [one.birth_date for one in both]),
        (_("Sex"), [one.get_sex_display() for one in both]),
        (_("Phone"), [one.readable_phone for one in both]),
        (_("E-mail"), [one.email for one in both]),
        (_("Registered"), [one.registered_at.date() for one in both]),
    ]
    for label, (first, second) in columns:
        yield Line(label=label, first=first, second=second)


def _counts(pair: DuplicatePair) -> Iterable[Line]:
    for rule in MOVED:
        if rule.news:
            first, second = rule.rows(pair.first).count(), rule.rows(pair.second).count()
            if first or second:
                name = rule.model._meta.verbose_name_plural
                yield Line(label=NAMES.get(rule.model.__name__, name), first=first, second=second)


def _told(one: Contradiction) -> Line:
    if one.is_list:
        return Line(
            label=HistoryKind(one.code).label, first=_words(one.kept), second=_words(one.merged)
        )
    label = label_of(one.code, language())
    return Line(label=label, first=_words(one.kept), second=_words(one.merged))


def _words(row: HistoryItem | Answer | None) -> object:
    if isinstance(row, HistoryItem):
        return _("none known") if row.none_known else row.text
    return row.get_reply_display() if row is not None else ""
