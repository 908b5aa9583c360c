"""Colleagues: invited, corrected, given roles, let back in."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinic.errors import ClinicError
from clinic.staff import pins, team
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.forms import InviteForm, PersonForm, RolesForm
from clinic.staff.models import TimeOff, User
from clinic.staff.roles import Permission

LINK = "password-link"  # in the session, until it was shown once


@require_GET
@requires(Permission.MANAGE_TEAM)
def user_list(request: StaffRequest) -> HttpResponse:
    people = User.objects.visible_to(request.user).select_related("location")
    here = list(people.active().order_by("full_name", "pk"))
    former = people.filter(is_active=False).order_by("full_name", "pk")
    safe = set(people.with_second_factor().values_list("pk", flat=True))
    context = {"people": [(person, person.pk in safe) for person in here], "former": former}
    return render(request, "staff/user_list.html", context | {"place": place_of(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_TEAM)
def user_invite(request: StaffRequest) -> HttpResponse:
    form = InviteForm(
        request.POST if request.method == "POST" else None,
        initial={"language": request.user.language, "location": request.user.location},
    )
    form.offer_locations(request.user)
    if request.method == "POST" and form.is_valid():
        try:
            person = team.invite(at=timezone.now(), by=request.user, **form.cleaned_data)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            return hand_over_link(request, person)
    status = 422 if form.errors else 200
    return render(request, "staff/user_invite.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_TEAM)
def user_edit(request: StaffRequest, user: UUID) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), uuid=user)
    if request.method != "POST":
        return user_page(request, person)
    form = PersonForm(request.POST)
    form.offer_locations(request.user)
    if form.is_valid():
        try:
            team.edit(person, at=timezone.now(), by=request.user, **form.cleaned_data)
        except ClinicError as error:
            form.refuse(error, person)
        else:
            messages.success(request, _("Saved."))
            return redirect("staff:user-edit", user=user)
    return user_page(request, person, details=form)


@require_POST
@requires(Permission.MANAGE_TEAM)
def user_roles(request: StaffRequest, user: UUID) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), uuid=user)
    form = RolesForm(request.POST)
    if form.is_valid():
        try:
            team.change_roles(person, at=timezone.now(), by=request.user, **form.cleaned_data)
        except ClinicError as error:
            form.refuse(error, person)
        else:
            messages.success(request, _("Roles changed; they hold from now on."))
            return redirect("staff:user-edit", user=user)
    return user_page(request, person, roles=form)


@require_POST
@requires(Permission.MANAGE_TEAM)
def user_link(request: StaffRequest, user: UUID) -> HttpResponse:
    """A new link for somebody who lost theirs, or forgot the password."""
    person = get_object_or_404(User.objects.visible_to(request.user).active(), uuid=user)
    return hand_over_link(request, person)


@require_POST
@requires(Permission.MANAGE_TEAM)
def user_reset_second_factor(request: StaffRequest, user: UUID) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), uuid=user)
    try:
        team.reset_second_factor(person, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, error, person)
    messages.success(request, _("Second factor removed. A new one is set up after signing in."))
    return redirect("staff:user-edit", user=user)


@require_POST
@requires(Permission.MANAGE_TEAM)
def user_reactivate(request: StaffRequest, user: UUID) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), uuid=user)
    try:
        team.reactivate(person, at=timezone.now(), by=request.user)
    except ClinicError as error:
        return refused(request, error, person)
    messages.success(request, _("Back in the team, with the same roles."))
    return redirect("staff:user-edit", user=user)


@require_GET
@requires(Permission.SIGN_IN)
def account(request: StaffRequest) -> HttpResponse:
    """One's own page: who the clinic thinks one is, and how safe the sign-in is."""
    person = request.user
    context = {
        "person": person,
        "roles": person.role_names,
        "second_factor": team.has_second_factor(person),
        "has_pin": pins.has_pin(person),
        "second_factor_missing": team.should_add_second_factor(person),
        "hours": person.working_hours.select_related("location").order_by("weekday", "starts"),
    }
    return render(request, "staff/account.html", context)


def hand_over_link(request: StaffRequest, person: User) -> HttpResponse:
    """Mail the link to its owner, and show it on the next page, once."""
    path = team.password_link(person)
    request.session[LINK] = {"user": str(person.uuid), "path": path}
    if team.mail_link(person, path):
        messages.success(request, _("The link was sent by e-mail."))
    else:
        messages.warning(request, _("The e-mail could not be sent. Hand over the link yourself."))
    return redirect("staff:user-edit", user=person.uuid)


def shown_once(request: StaffRequest, person: User) -> str:
    """The link made a moment ago for this person; empty ever after."""
    kept: dict[str, str] = request.session.get(LINK, {})
    if request.method != "GET" or kept.get("user") != str(person.uuid):
        return ""
    del request.session[LINK]
    return request.build_absolute_uri(kept["path"])


def user_page(
    request: StaffRequest,
    person: User,
    *,
    details: PersonForm | None = None,
    roles: RolesForm | None = None,
) -> HttpResponse:
    """A colleague's page; 422 where it comes back with a form that needs another look."""
    status = 422 if details or roles else 200
    if details is None:
        names = ("version", "full_name", "title", "email", "location", "language")
        details = PersonForm(initial={name: getattr(person, name) for name in names})
        details.offer_locations(request.user)
    context = {
        "person": person,
        "details": details,
        "roles": roles or RolesForm(initial={"version": person.version, "roles": person.roles}),
        "second_factor": team.has_second_factor(person),
        "link": shown_once(request, person),
        "hours": person.working_hours.select_related("location").order_by("weekday", "starts"),
        "absences": TimeOff.objects.planned(person, at=timezone.now()).order_by("span"),
        "place": person.location or place_of(request.user),
        "deactivate_url": above("lifecycle:staff-deactivate", person.uuid),
    }
    return render(request, "staff/user_edit.html", context, status=status)


def refused(request: StaffRequest, error: ClinicError, person: User) -> HttpResponse:
    context = {"error": str(error), "back": reverse("staff:user-edit", args=[person.uuid])}
    return render(request, "409.html", context, status=409)


def above(page: str, uuid: UUID) -> str:
    """A page of an app that stands above this one; empty where it does not exist."""
    try:
        return reverse(page, args=[uuid])
    except NoReverseMatch:
        return ""
