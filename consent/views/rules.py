"""What each location decides about its consents: seen together, changed one by one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from clinic.errors import ClinicError
from clinic.staff.access import StaffRequest, requires
from clinic.staff.models import Location
from clinic.staff.roles import Permission
from consent import policy
from consent.forms import RulesForm
from consent.models import ConsentRules

FIELDS = ("valid_months", "valid_sessions", "guardian", "interpreter", "witness", "price_line")


@requires(Permission.MANAGE_RULES)
@require_GET
def rules_list(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    places = Location.objects.visible_to(request.user).in_use().order_by("name")
    rows = [(place, ConsentRules.objects.all().of(place, at=now)) for place in places]
    return render(request, "consent/rules_list.html", {"rows": rows})


@requires(Permission.MANAGE_RULES)
@require_http_methods(["GET", "POST"])
def rules_edit(request: StaffRequest, location: UUID) -> HttpResponse:
    place = get_object_or_404(Location.objects.visible_to(request.user), uuid=location)
    now = timezone.now()
    rules = ConsentRules.objects.all().of(place, at=now)
    initial = {name: getattr(rules, name) for name in FIELDS} | {"after": rules.pk}
    form = RulesForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        after = form.cleaned_data["after"]
        try:
            policy.decide(place, form.wish(), after=after, at=now, by=request.user)
        except ClinicError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. It holds for consents offered from now on."))
            return redirect("consent:rules-list")
    status = 422 if form.errors else 200
    context = {"form": form, "place": place}
    return render(request, "consent/rules_edit.html", context, status=status)
