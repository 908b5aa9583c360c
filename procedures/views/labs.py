"""Results of the tests that the clinic asks for before a course."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clinic.staff.access import StaffRequest, requires
from clinic.staff.roles import Permission
from procedures import labs
from procedures.forms.labs import ResultForm
from procedures.views.plans import done, found


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_CLINICAL)
def lab_record(request: StaffRequest, plan: UUID) -> HttpResponse:
    """One result, as the laboratory gives it."""
    row, at = found(request, plan), timezone.now()
    items = labs.checklist(row, at=at)
    form = ResultForm(request.POST if request.method == "POST" else None, items=items or ())

    def record() -> object:
        said = form.cleaned_data
        return labs.record(row, said["name"], said["value"], on=said["on"], at=at, by=request.user)

    if done(request, form, record, _("Result recorded.")):
        return redirect("procedures:plan-detail", plan=row.uuid)
    context = {"plan": row, "patient": row.patient, "form": form, "items": items}
    status = 422 if form.errors else 200
    return render(request, "procedures/lab_record.html", context, status=status)
