"""What the sources leave to the clinic: what is still open first, then what was set and why."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from clinic.errors import ClinicError
from clinic.knowledge.entries import ClinicSetting as Known
from clinic.knowledge.loader import load
from clinic.staff.access import StaffRequest, place_of, requires
from clinic.staff.roles import Permission
from procedures import settings
from procedures.forms.settings import SettingForm, as_typed
from procedures.models import ClinicSetting


@require_GET
@requires(Permission.MANAGE_RULES)
def setting_list(request: StaffRequest) -> HttpResponse:
    """The to-do list of the clinical lead, and below it what already holds."""
    have = settings.current()
    latest = {row.key: row for row in history()}
    context = {
        "waiting": [shown(one) for one in settings.unset()],
        "holding": sum(one.holds for one in settings.unset()),
        "set": [
            shown(one) | {"row": latest[key], "value": as_typed(have[key])}
            for key, one in load().settings.items()
            if key in have
        ],
        "place": place_of(request.user),
        "may_review": request.user.may(Permission.SIGN_OFF),
    }
    return render(request, "procedures/setting_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.MANAGE_RULES)
def setting_edit(request: StaffRequest, key: str) -> HttpResponse:
    """Say what holds from now on, and why; earlier values stay on record."""
    known = load().settings.get(key)
    if known is None:
        raise Http404
    value = settings.current().get(key)
    data = request.POST if request.method == "POST" else None
    initial = {"value": "" if value is None else as_typed(value)}
    form = SettingForm(data, known=known, is_set=value is not None, initial=initial)
    if form.is_valid() and was_set(request, known, form):
        messages.success(request, _("Saved. Screenings reckon with it from now on."))
        return redirect("procedures:setting-list")
    context = shown(known) | {"form": form, "is_set": value is not None}
    context |= {"history": lines_of(key), "place": place_of(request.user)}
    status = 422 if form.errors else 200
    return render(request, "procedures/setting_edit.html", context, status=status)


def was_set(request: StaffRequest, known: Known, form: SettingForm) -> bool:
    """Whether it went through; else the form says what stands in the way."""
    reason = form.cleaned_data["reason"]
    try:
        settings.set_value(known.id, form.wanted(), reason, at=timezone.now(), by=request.user)
    except ClinicError as error:
        form.add_error("reason" if isinstance(error, settings.NoReason) else "value", str(error))
        return False
    return True


def shown(known: Known) -> dict[str, object]:
    """A setting in the reader's language, with what the sources do not say."""
    language, gap = get_language() or "en", load().gaps[known.gap]
    return {
        "known": known,
        "label": known.label.in_(language),
        "used_when": known.used_when.in_(language),
        "unit": known.unit.in_(language) if known.unit else "",
        "missing": gap.missing.in_(language),
        "proposal": gap.proposal.in_(language),
    }


def history(key: str = "") -> list[ClinicSetting]:
    """What was set, oldest first, so that the last of a key wins."""
    rows = ClinicSetting.objects.filter(key=key) if key else ClinicSetting.objects.all()
    return list(rows.select_related("set_by").order_by("set_at", "pk"))


def lines_of(key: str) -> list[dict[str, object]]:
    """Newest first, each value as one would type it."""
    return [
        {"row": row, "value": None if row.value is None else as_typed(row.value)}
        for row in reversed(history(key))
    ]
