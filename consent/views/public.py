"""Anybody may ask whether a paper is ours and still holds; the answer names nobody."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.messaging.access import busy, too_many
from clinic.staff.roles import Permission
from consent import verification
from consent.forms import VerifyForm
from consent.verification import Answer

TRIES_A_MINUTE = 20


@login_not_required
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Upload the file, or type the code of a paper copy."""
    is_asking = request.method == "POST"
    if is_asking and too_many("verify", TRIES_A_MINUTE):
        return busy(request)
    printed = {"code": request.GET.get("code", "")[:40]}  # the QR code of a paper copy
    form = VerifyForm(request.POST, request.FILES) if is_asking else VerifyForm(initial=printed)
    answer = _answer(form) if form.is_valid() else None
    status = 422 if is_asking and answer is None else 200
    by_file = answer is not None and bool(form.cleaned_data["file"])
    context = {"form": form, "answer": answer, "by_file": by_file}
    return render(request, "consent/verify.html", context, status=status)


verify.permission = Permission.SIGN_IN  # type: ignore[attr-defined]  # open to all, and says so


def _answer(form: VerifyForm) -> Answer:
    at = timezone.now()
    if file := form.cleaned_data["file"]:
        return verification.check(file.read(), at=at)
    return verification.check_code(form.cleaned_data["code"], at=at)
