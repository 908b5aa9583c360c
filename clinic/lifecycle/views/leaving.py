"""What ends: a colleague leaves, and everybody sees which visits are still booked with them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clinic.errors import ClinicError
from clinic.staff import team
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import User
from clinic.staff.roles import Permission
from procedures.models import Appointment


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_TEAM)
def staff_deactivate(request: StaffRequest, user: UUID) -> HttpResponse:
    """End somebody's access. Their visits stay and are listed: the desk moves them."""
    colleague = get_object_or_404(User.objects.visible_to(request.user), uuid=user)
    visits = Appointment.objects.ahead().filter(practitioner=colleague)
    context = {
        "colleague": colleague,
        "visits": visits.select_related("patient", "room__location").order_by("slot", "pk"),
        "error": "",
    }
    if request.method == "POST":
        try:
            team.deactivate(colleague, at=timezone.now(), by=request.user)
        except ClinicError as error:
            context["error"] = str(error)
            return render(request, "lifecycle/staff_deactivate.html", context, status=422)
        messages.success(request, _("Access ended. The visits listed here still have to be moved."))
        return redirect("lifecycle:staff-deactivate", user=colleague.uuid)
    return render(request, "lifecycle/staff_deactivate.html", context)
