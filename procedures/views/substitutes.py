"""One tap puts a product that may be used in the place of one that must not."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from procedures import substitutes
from procedures.models import Product
from procedures.views.plans import found


@require_POST
@requires(Permission.PLAN)
def plan_substitute(
    request: StaffRequest, plan: UUID, blocked: UUID, product: UUID
) -> HttpResponse:
    """A new revision of the plan with the other product."""
    row = found(request, plan)
    products = Product.objects.visible_to(request.user)
    old, new = get_object_or_404(products, uuid=blocked), get_object_or_404(products, uuid=product)
    try:
        revised = substitutes.substitute(row, old, new, at=timezone.now(), by=request.user)
    except ClinicError as error:
        back = reverse("procedures:plan-detail", args=[row.uuid])
        return render(request, "409.html", {"error": str(error), "back": back}, status=409)
    messages.success(request, _("A new revision with the other product. Next: the screening."))
    return redirect("procedures:plan-detail", plan=revised.uuid)
