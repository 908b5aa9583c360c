"""Signing in and out, failing to, and a changed key to the account are on the record."""

from allauth.account.signals import password_changed, password_reset, user_logged_in
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.record import audit
from clinic.staff import team
from clinic.staff.models import User


@receiver(user_logged_in)
def signed_in(request: HttpRequest, response: HttpResponse, user: User, **_news: object) -> None:
    """Pages speak the language of the account, unless this browser was told another."""
    note("user.signed-in", user, by=user)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, user.language, secure=secure, samesite="Lax"
        )
    if team.should_add_second_factor(user):
        text = _("You see clinical data: turn on a second factor under “Second factor”.")
        messages.warning(request, text)


@receiver(user_logged_out)
def signed_out(user: User | None, **_news: object) -> None:
    if user is not None:
        note("user.signed-out", user, by=user)


@receiver(user_login_failed)
def refused(credentials: dict[str, str], **_news: object) -> None:
    """Only for an address that somebody here has: what strangers type is not kept."""
    user = User.objects.filter(email__iexact=credentials.get("email", "")).first()
    if user is not None:
        note("user.sign-in-refused", user, by=None)


@receiver([password_changed, password_reset])
def password_chosen(user: User, **_news: object) -> None:
    note("user.password-set", user, by=user)


@receiver(authenticator_added)
def factor_added(user: User, **_news: object) -> None:
    note("user.second-factor-added", user, by=user)


@receiver(authenticator_removed)
def factor_removed(user: User, **_news: object) -> None:
    note("user.second-factor-removed", user, by=user)


def note(action: str, user: User, *, by: User | None) -> None:
    with transaction.atomic():
        audit.record(action, user, at=timezone.now(), by=by)
