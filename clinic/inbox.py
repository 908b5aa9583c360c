"""The task list: what the role or the person has to do, the urgent first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from clinic.errors import ClinicError
from clinic.record import worklist
from clinic.record.models import Task
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.models import User
from clinic.staff.roles import Permission
from patients.models import Patient

# Where a task leads: the page of its subject, for whoever may see that.
PAGES: dict[str, tuple[str, Permission]] = {
    "messaging.message": ("messaging:message-detail", Permission.SEE_MESSAGES),
    "consent.consentdocument": ("consent:document-detail", Permission.SEE_CONSENTS),
    "consent.wordingdraft": ("consent:wording-draft", Permission.SEE_RULES),
    "procedures.appointment": ("procedures:appointment-detail", Permission.SEE_CALENDAR),
    "procedures.session": ("procedures:session-detail", Permission.TREAT),
    "procedures.plan": ("procedures:plan-detail", Permission.SEE_CLINICAL),
    "procedures.rulebookdraft": ("procedures:draft-detail", Permission.SEE_RULES),
    "lifecycle.merge": ("lifecycle:merge-detail", Permission.MERGE_PATIENTS),
    "lifecycle.erasure": ("lifecycle:erasure-detail", Permission.ERASE_PATIENTS),
    "aftercare.aftercareplan": ("aftercare:plan-detail", Permission.SEE_CLINICAL),
    "aftercare.checkin": ("aftercare:check-in-detail", Permission.SEE_CLINICAL),
    "aftercare.question": ("aftercare:question-detail", Permission.SEE_CLINICAL),
    "aftercare.reaction": ("aftercare:reaction-detail", Permission.SEE_CLINICAL),
}
CHART = ("chart:patient-chart", Permission.SEE_PATIENTS)
MORNING = time(9, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A task as its reader may see it."""

    task: Task
    patient: str
    url: str
    facts: tuple[tuple[str, object], ...]
    late: bool
    owner: str = ""
    mine: bool = False


class FinishForm(forms.Form):
    outcome = forms.CharField(
        label=gettext_lazy("What was done"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SnoozeForm(forms.Form):
    until = forms.ChoiceField(
        label=gettext_lazy("Put off"),
        choices=[
            ("hour", gettext_lazy("for an hour")),
            ("tomorrow", gettext_lazy("until tomorrow morning")),
            ("week", gettext_lazy("for a week")),
        ],
        widget=forms.RadioSelect,
        initial="tomorrow",
    )

    def moment(self, zone: ZoneInfo, *, at: datetime) -> datetime:
        """When it comes back, on the wall clock of who puts it off."""
        if self.cleaned_data["until"] == "hour":
            return at + timedelta(hours=1)
        days = 7 if self.cleaned_data["until"] == "week" else 1
        day = timezone.localdate(at, zone) + timedelta(days=days)
        return datetime.combine(day, MORNING, zone)


@require_GET
@requires(Permission.SEE_TASKS)
def task_list(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    tasks = Task.objects.visible_to(request.user)
    later = request.GET.get("show") == "later"
    shown = tasks.put_off(at=now) if later else tasks.due(at=now)
    context = {
        "lines": lines(shown.order_by("-urgent", "due_at", "pk"), request.user, at=now),
        "later": later,
        "counts": {"now": tasks.due(at=now).count(), "later": tasks.put_off(at=now).count()},
        "place": place_of(request.user),
    }
    return render(request, "inbox/task_list.html", context)


@require_GET
@requires(Permission.SEE_TASKS)
def task_detail(request: StaffRequest, task: UUID) -> HttpResponse:
    return task_page(request, door(request, task), FinishForm(), SnoozeForm())


@require_POST
@requires(Permission.SEE_TASKS)
def task_finish(request: StaffRequest, task: UUID) -> HttpResponse:
    row, form = door(request, task), FinishForm(request.POST)
    if form.is_valid():
        try:
            worklist.finish(row, form.cleaned_data["outcome"], at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Task done."))
            return redirect("inbox:task-list")
    return task_page(request, row, form, SnoozeForm())


@require_POST
@requires(Permission.SEE_TASKS)
def task_snooze(request: StaffRequest, task: UUID) -> HttpResponse:
    row, form, now = door(request, task), SnoozeForm(request.POST), timezone.now()
    if form.is_valid():
        until = form.moment(place_of(request.user).zone, at=now)
        try:
            worklist.snooze(row, until, at=now, by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Put off. It comes back by itself."))
            return redirect("inbox:task-list")
    return task_page(request, row, FinishForm(), form)


@require_POST
@requires(Permission.SEE_TASKS)
def task_take(request: StaffRequest, task: UUID) -> HttpResponse:
    """Mine; and the other way round, when it is mine already."""
    row, now = door(request, task), timezone.now()
    mine = row.owner_uuid == request.user.uuid
    try:
        (worklist.give_back if mine else worklist.take)(row, at=now, by=request.user)
    except ClinicError as error:
        back = reverse("inbox:task-list")
        return render(request, "409.html", {"error": str(error), "back": back}, status=409)
    messages.success(request, _("Given back to the role.") if mine else _("This task is yours."))
    return redirect("inbox:task-detail", row.uuid) if not mine else redirect("inbox:task-list")


def task_page(
    request: StaffRequest, task: Task, finish: FinishForm, snooze: SnoozeForm
) -> HttpResponse:
    """One task, what it is about, and both ways to get rid of it."""
    (line,) = lines([task], request.user, at=timezone.now())
    context = {"line": line, "finish": finish, "snooze": snooze, "place": place_of(request.user)}
    status = 422 if finish.is_bound or snooze.is_bound else 200
    return render(request, "inbox/task_detail.html", context, status=status)


def door(request: StaffRequest, task: UUID) -> Task:
    """Theirs, or absent."""
    return get_object_or_404(Task.objects.visible_to(request.user), uuid=task)


def lines(tasks: Iterable[Task], user: User, *, at: datetime) -> list[Line]:
    """With names and links; the facts only for who may see clinical data."""
    rows = list(tasks)
    people = {
        patient.uuid: patient.full_name
        for patient in Patient.objects.visible_to(user).filter(
            uuid__in={row.patient_uuid for row in rows if row.patient_uuid}
        )
    }
    clinical = user.may(Permission.SEE_CLINICAL)
    taken = User.objects.filter(uuid__in={row.owner_uuid for row in rows if row.owner_uuid})
    owners = dict(taken.values_list("uuid", "full_name"))
    return [
        Line(
            task=row,
            patient=people.get(row.patient_uuid, "") if row.patient_uuid else "",
            url=address(row, user),
            facts=tuple(row.facts.items()) if clinical else (),
            late=row.done_at is None and row.due_at < at,
            owner=owners.get(row.owner_uuid, "") if row.owner_uuid else "",
            mine=row.owner_uuid == user.uuid,
        )
        for row in rows
    ]


def address(task: Task, user: User) -> str:
    """Where the work is: the subject's page, else the patient's chart, else nowhere."""
    page, permission = PAGES.get(task.subject_kind, CHART)
    if task.subject_kind in PAGES and user.may(permission):
        return reverse(page, args=[task.subject_uuid])
    if task.patient_uuid and user.may(CHART[1]):
        return reverse(CHART[0], args=[task.patient_uuid])
    return ""


app_name = "inbox"
urlpatterns = [
    path("", task_list, name="task-list"),
    path("<uuid:task>/", task_detail, name="task-detail"),
    path("<uuid:task>/finish/", task_finish, name="task-finish"),
    path("<uuid:task>/snooze/", task_snooze, name="task-snooze"),
    path("<uuid:task>/take/", task_take, name="task-take"),
]
