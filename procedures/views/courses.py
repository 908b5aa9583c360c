"""The sessions of a plan: proposed, booked together, booked again; a hold released."""

from datetime import time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Room
from clinic.staff.roles import Permission
from patients.models import Patient
from procedures import booking, courses, planning, reserving
from procedures.booking import Stretch
from procedures.forms.calendar import ReasonForm, SlotForm
from procedures.forms.courses import GIVEN_UP, CourseForm, WishForm
from procedures.models import AppointmentKind, Course, CourseHold, Plan


@require_http_methods(["GET", "POST"])
@requires(Permission.BOOK)
def course_book(request: StaffRequest, plan: UUID) -> HttpResponse:
    """First a wish, then all dates at once: each can still be changed before they are booked."""
    row = get_object_or_404(Plan.objects.visible_to(request.user).current(), uuid=plan)
    wish = WishForm(request.GET if "first" in request.GET else None, location=row.location)
    wish.initial = {"first": timezone.localdate() + timedelta(days=1), "hour": time(10)}
    laid, form = proposed(row, wish), None
    posted = request.method == "POST"
    if posted and wish.understood:
        form = CourseForm(request.POST, plan=row, laid=laid)
        if form.is_valid() and booked(request, row, wish, form):
            messages.success(request, _("All sessions are booked."))
            return redirect("chart:patient-chart", patient=row.patient.uuid)
    elif laid is not None:
        form = CourseForm(plan=row, laid=laid)
    status = 422 if posted or wish.errors else 200
    context = {"plan": row, "patient": row.patient, "wish": wish, "form": form}
    context["obstacle"] = GIVEN_UP.get(laid.given_up) if laid and laid.given_up else None
    return render(request, "procedures/course_book.html", context, status=status)


@require_POST
@requires(Permission.BOOK)
def course_hold(request: StaffRequest, plan: UUID) -> HttpResponse:
    """Keep the chosen dates for some minutes, while the patient thinks."""
    row = get_object_or_404(Plan.objects.visible_to(request.user).current(), uuid=plan)
    wish = WishForm(request.GET, location=row.location)
    form = CourseForm(request.POST, plan=row)
    if not (wish.is_valid() and form.is_valid()):
        return held(request, row, _("Choose a time for every session first."), kept=False)
    at = timezone.now()
    try:
        stretches = stretches_of(row, wish, form)
        rows = reserving.reserve(stretches, patient=row.patient, at=at, by=request.user)
    except ClinicError as error:
        return held(request, row, str(error), kept=False)
    until = timezone.localtime(rows[0].expires_at, row.location.zone)
    return held(request, row, _("Kept until %(hour)s.") % {"hour": f"{until:%H:%M}"}, kept=True)


def stretches_of(plan: Plan, wish: WishForm, form: CourseForm) -> list[Stretch]:
    minutes = wish.cleaned_data["minutes"]
    return [
        Stretch(practitioner=one.practitioner, room=one.room, start=one.start, minutes=minutes)
        for one in form.seats(room_of(plan, wish))
    ]


def held(request: StaffRequest, plan: Plan, said: object, *, kept: bool) -> HttpResponse:
    """What came of it: beside the button, or without JavaScript on the page of the dates."""
    if request.htmx:
        context = {"text": str(said), "tone": "success" if kept else "danger", "icon": "clock"}
        return render(request, "components/alert.html", context, status=200 if kept else 422)
    (messages.success if kept else messages.error)(request, str(said))
    asked = request.GET.urlencode()
    return redirect(f"{reverse('procedures:course-book', args=[plan.uuid])}?{asked}")


def room_of(plan: Plan, wish: WishForm) -> Room:
    """The room of the wish; for times of one's own the first of the place."""
    rooms = Room.objects.in_use().filter(location=plan.location).order_by("name", "pk")
    room: Room | None = wish.cleaned_data["room"] or rooms.first()
    if room is None:
        raise booking.RoomClosed
    return room


def proposed(plan: Plan, wish: WishForm) -> planning.LaidOut | None:
    """A free time for every session, or the wish with what stands in the way."""
    if not wish.is_bound or not wish.is_valid():
        return None
    try:
        return planning.propose(plan, wish.wish(), at=timezone.now())
    except ClinicError as error:
        wish.add_error(None, str(error))
        return None


def booked(request: StaffRequest, plan: Plan, wish: WishForm, form: CourseForm) -> bool:
    """Whether all were booked; else the form says which rule stands in the way."""
    try:
        courses.book_laid_out(
            plan,
            form.seats(room_of(plan, wish)),
            wish.wish(),
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            by=request.user,
        )
    except ClinicError as error:
        form.add_error(None, str(error))
        return False
    return True


@require_http_methods(["GET", "POST"])
@requires(Permission.BOOK)
def session_book_again(request: StaffRequest, course: UUID, number: int) -> HttpResponse:
    """A session that was cancelled or missed gets a new time."""
    plans = Plan.objects.visible_to(request.user)
    row = get_object_or_404(Course.objects.filter(plan__in=plans), uuid=course)
    form = SlotForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            courses.book_again(row, number, visit_of(row, form), at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Session booked."))
            return redirect("chart:patient-chart", patient=row.patient.uuid)
    context = {"form": form, "course": row, "number": number, "patient": row.patient}
    status = 422 if form.errors else 200
    return render(request, "procedures/session_book_again.html", context, status=status)


def visit_of(course: Course, form: SlotForm) -> booking.Visit:
    """As long as the other sessions of the course."""
    last = course.sessions.select_related("appointment").order_by("-number", "-pk").first()
    slot = last.appointment.slot if last else None
    return booking.Visit(
        kind=AppointmentKind.SESSION,
        patient=course.patient,
        practitioner=form.cleaned_data["practitioner"],
        room=form.cleaned_data["room"],
        start=form.start(),
        minutes=int((slot.upper - slot.lower).total_seconds() // 60) if slot else 45,
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.SIGN_OFF)
def hold_release(request: StaffRequest, hold: UUID) -> HttpResponse:
    """A doctor has looked: the course may go on."""
    patients = Patient.objects.visible_to(request.user)
    row = get_object_or_404(CourseHold.objects.filter(course__patient__in=patients), uuid=hold)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            courses.release(row, form.cleaned_data["reason"], at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The course may go on."))
            return redirect("chart:patient-chart", patient=row.course.patient.uuid)
    context = {"form": form, "hold": row, "patient": row.course.patient}
    status = 422 if form.errors else 200
    return render(request, "procedures/hold_release.html", context, status=status)


@require_GET
@vary_on_headers("HX-Request")
@requires(Permission.SEE_CALENDAR)
def chart_sessions(request: StaffRequest, patient: UUID) -> HttpResponse:
    """The chart's visits: courses with their dots, then every visit, newest first."""
    row = get_object_or_404(Patient.objects.visible_to(request.user), uuid=patient)
    running = row.courses.select_related("plan", "plan__location").order_by("-booked_at", "-pk")
    visits = row.appointments.select_related("practitioner", "room__location", "session")
    context = {
        "patient": row,
        "courses": [
            {"course": course, "dots": courses.counted(course), "gaps": gaps(course)}
            for course in running
        ],
        "visits": visits.order_by("-slot", "-pk")[:20],
        "may_book": request.user.may(Permission.BOOK),
    }
    template = "procedures/chart_sessions.html" + ("#panel" if request.htmx else "")
    return render(request, template, context)


def gaps(course: Course) -> list[int]:
    """The numbers of the sessions that have no time."""
    words = courses.by_number(course)
    return [number for number, word in enumerate(words, start=1) if word in {"free", "missed"}]
