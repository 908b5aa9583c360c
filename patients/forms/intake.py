"""The questionnaire as a form, made of the knowledge's questions; nothing is preselected."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from clinic.knowledge.questions import Question
from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients import intake as questionnaire
from patients.forms.dates import day
from patients.intake import Said
from patients.models import Answer, Intake, Moment, Reply

CHOOSE = _("Choose an answer. “Not sure” is an answer too.")
PREGNANT = "can_be_pregnant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question on the page, with its fields; `before` is what was said last time."""

    question: Question
    text: str
    hints: tuple[str, ...]
    reply: BoundField
    date: BoundField | None
    note: BoundField | None
    before: Answer | None
    is_kept: bool  # answered, and not for these eyes

    @property
    def date_class(self) -> str:
        return " ".join(f"after-{reply}" for reply in self.question.date_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A heading and its questions; `decides` asks whether they are asked at all."""

    code: str
    heading: str
    by_staff: bool
    questions: list[Asked]
    decides: BoundField | None = None


class IntakeForm(forms.Form):
    """Every question that this patient is asked now; `complete` insists on every answer."""

    def __init__(self, *args: Any, intake: Intake, page: "Page", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page, self.intake = page, intake
        self.initial.update(_said_before(page.answers.values()))
        if intake.moment == Moment.INTAKE:
            known = intake.pregnancy_possible
            self.fields[PREGNANT] = _choice(
                _("Can you be pregnant?"), [("yes", _("Yes")), ("no", _("No"))]
            )
            self.initial[PREGNANT] = {True: "yes", False: "no", None: ""}[known]
        for question in page.questions:
            self._add(question)

    def _add(self, question: Question) -> None:
        code, text = question.code, question.text.in_(self.page.language)
        if question.answers:
            choices = [(reply, Reply(reply).label) for reply in question.answers]
            self.fields[code] = _choice(text, choices)
        else:
            self.fields[code] = _words(text)
            return
        if question.date_label is not None:
            self.fields[f"{code}-date"] = day(question.date_label.in_(self.page.language))
        if "yes" in question.answers:
            self.fields[f"{code}-note"] = _words(_("Details"))

    @property
    def completes(self) -> bool:
        return "complete" in self.data

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.completes:
            for code in self._missing(data):
                self.add_error(code, CHOOSE)
        return data

    def _missing(self, data: Mapping[str, Any]) -> Iterator[str]:
        """A question left open; those that are kept from these eyes have their answer."""
        if PREGNANT in self.fields and not data.get(PREGNANT) and PREGNANT not in self.errors:
            yield PREGNANT
        settled = self.page.kept | self.page.optional | set(self.errors)
        for question in self.page.questions:
            is_open = bool(question.answers) and not data.get(question.code)
            if is_open and question.code not in settled and self._is_asked(question, data):
                yield question.code

    def _is_asked(self, question: Question, data: Mapping[str, Any]) -> bool:
        if not question.ask_if_can_be_pregnant:
            return True
        return self.can_be_pregnant(data) is not False

    def can_be_pregnant(self, data: Mapping[str, Any] | None = None) -> bool | None:
        """As answered here; else as it stands in the chart."""
        said = (self.cleaned_data if data is None else data).get(PREGNANT)
        known = self.intake.pregnancy_possible
        return {"yes": True, "no": False}.get(said or "", known)

    def said(self) -> dict[str, Said]:
        """What was answered, by question."""
        data = self.cleaned_data
        return {
            question.code: _said(question, data)
            for question in self.page.questions
            if data.get(question.code) and self._is_asked(question, data)
        }

    def groups(self) -> list[Group]:
        groups: dict[str, Group] = {}
        for question in self.page.questions:
            if question.group not in groups:
                pregnancy = question.ask_if_can_be_pregnant and PREGNANT in self.fields
                groups[question.group] = Group(
                    code=question.group,
                    heading=question.heading.in_(self.page.language),
                    by_staff=question.code in self.page.optional,
                    questions=[],
                    decides=self[PREGNANT] if pregnancy else None,
                )
            groups[question.group].questions.append(self._asked(question))
        return list(groups.values())

    def _asked(self, question: Question) -> Asked:
        code = question.code
        return Asked(
            question=question,
            text=question.text.in_(self.page.language),
            hints=tuple(words.in_(self.page.language) for words in question.follow_ups),
            reply=self[code],
            date=self[f"{code}-date"] if f"{code}-date" in self.fields else None,
            note=self[f"{code}-note"] if f"{code}-note" in self.fields else None,
            before=self.page.before.get(code),
            is_kept=code in self.page.kept,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one person sees of a questionnaire: its questions, and the answers for their eyes."""

    language: str
    questions: tuple[Question, ...]
    optional: frozenset[str]  # the staff's own: the plan asks them again
    answers: Mapping[str, Answer]
    kept: frozenset[str]
    before: Mapping[str, Answer]


def page_of(intake: Intake, *, user: User, language: str, before: Mapping[str, Answer]) -> Page:
    """`before` is what was said last time; `intake` may not have begun yet."""
    given = Answer.objects.filter(intake=intake) if intake.pk else Answer.objects.none()
    answers = {answer.question: answer for answer in given.visible_to(user)}
    staff = questionnaire.asked_of_staff(intake.moment)
    everybody = intake.moment == Moment.INTAKE  # whether they can be pregnant is asked there
    patient = (
        questionnaire.asked_of_patients(intake.moment)
        if everybody
        else questionnaire.asked(intake.patient, intake.moment)
    )
    sees_all = user.may(Permission.SEE_SENSITIVE)
    return Page(
        language=language,
        questions=(*patient, *staff),
        optional=frozenset(one.code for one in staff),
        answers=answers,
        kept=frozenset(given.values_list("question", flat=True)) - answers.keys(),
        before={code: one for code, one in before.items() if sees_all or not one.sensitive},
    )


def page_of_patient(intake: Intake, *, language: str, before: Mapping[str, Answer]) -> Page:
    """What the patient sees: their own questions and all they said, nothing of the staff."""
    given = intake.answers.all() if intake.pk else Answer.objects.none()
    everybody = intake.moment == Moment.INTAKE  # whether they can be pregnant is asked there
    asked = questionnaire.asked_of_patients(intake.moment)
    return Page(
        language=language,
        questions=asked if everybody else questionnaire.asked_in(intake),
        optional=frozenset(),
        answers={answer.question: answer for answer in given},
        kept=frozenset(),
        before=before,
    )


def _said(question: Question, data: Mapping[str, Any]) -> Said:
    code = question.code
    if not question.answers:
        return Said(reply=Reply.SAID, note=data[code])
    reply = data[code]
    on: date | None = data.get(f"{code}-date") if reply in question.date_after else None
    return Said(reply=reply, date=on, note=data.get(f"{code}-note") or "")


def _said_before(answers: Iterable[Answer]) -> dict[str, Any]:
    first: dict[str, Any] = {}
    for answer in answers:
        code = answer.question
        first[code] = answer.note if answer.reply == Reply.SAID else answer.reply
        first[f"{code}-date"], first[f"{code}-note"] = answer.date, answer.note
    return first


def _choice(label: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": CHOOSE},
    )


def _words(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
