"""The tablet between staff and patient: taken back by a PIN that its owner sets here."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.errors import ClinicError
from clinic.staff import pins, tablet
from clinic.staff.access import StaffRequest, public, requires
from clinic.staff.forms import PinForm
from clinic.staff.models import User
from clinic.staff.roles import Permission

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@requires(Permission.SIGN_IN)
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def pin_choose(request: StaffRequest) -> HttpResponse:
    """One's own PIN; the password was asked for just now."""
    form = PinForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            pins.choose(request.user, form.cleaned_data["pin"], at=timezone.now(), by=request.user)
        except ClinicError as error:
            form.add_error("pin", str(error))
        else:
            messages.success(request, _("PIN set. You can hand over tablets now."))
            return redirect("staff:account")
    status = 422 if form.errors else 200
    return render(request, "staff/pin_choose.html", {"form": form}, status=status)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def tablet_page(request: HttpRequest) -> HttpResponse:
    """Where every wrong turn of a patient ends; the PIN of who handed it over leads out."""
    held = tablet.of(request)
    if held is None:
        return redirect("board:home")
    form = PinForm(request.POST if request.method == "POST" else None)
    user = User.objects.active().filter(uuid=UUID(held.by)).first()
    if form.is_valid() and user is not None:
        at = timezone.now()
        if pins.is_right(user, form.cleaned_data["pin"], at=at):
            return _taken_back(request, held, user)
        locked = pins.is_locked(user, at=at)
        form.add_error("pin", _locked() if locked else _("This is not the PIN."))
    status = 422 if form.errors else 200
    context = {"form": form, "held": held, "who": user}
    return render(request, "staff/tablet.html", context, status=status)


def _locked() -> str:
    return _("Too many wrong PINs. Nothing is tried for a quarter of an hour.")


def _taken_back(request: HttpRequest, held: tablet.Tablet, user: User) -> HttpResponse:
    """Back where it was handed over; after two hours with the password again."""
    tablet.unlock(request)
    if held.is_recent(at=timezone.now()):
        login(request, user, backend=BACKEND)
    response = redirect(held.back)
    for name in [name for name in request.COOKIES if name.startswith("patient-")]:
        response.delete_cookie(name, path="/p/")
    return response
