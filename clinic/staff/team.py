"""Who belongs to the team, and as what. Each public function is one transaction."""

from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException
from typing import NotRequired, TypedDict, Unpack

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError, Stale, WrongState, constraints_as
from clinic.record import audit
from clinic.staff.models import Location, User
from clinic.staff.roles import Permission, Role


class EmailTaken(ClinicError):
    code = "email-taken"
    text = _(
        "A colleague already signs in with this address. Look in the team list, former ones too."
    )


class NoRole(ClinicError):
    code = "no-role"
    text = _("Choose at least one role: without a role nobody can do anything.")


class LastAdministrator(ClinicError):
    code = "last-administrator"
    text = _("This is the last administrator. Make somebody else an administrator first.")


class NotYourself(ClinicError):
    code = "not-yourself"
    text = _("Do this on your own account page, or ask another administrator.")


class Invitation(TypedDict):
    """What an invitation needs beside address, name and roles."""

    location: Location | None
    language: str
    title: NotRequired[str]


class Details(TypedDict):
    """What may be corrected about a colleague."""

    email: str
    full_name: str
    title: str
    location: Location | None
    language: str


def leads() -> list[User]:
    """The doctors who own rules and wording."""
    active = User.objects.filter(is_active=True, roles__contains=[Role.CLINICAL_LEAD.value])
    return list(active.order_by("full_name", "pk"))


@transaction.atomic
def invite(
    email: str,
    full_name: str,
    roles: Sequence[Role],
    *,
    at: datetime,
    by: User | None,
    **more: Unpack[Invitation],
) -> User:
    """Somebody joins; until they choose a password by their link, nobody can sign in as them."""
    with constraints_as(
        user_email_unique_in_any_case=EmailTaken,
        staff_user_email_key=EmailTaken,
        user_roles_known=NoRole,
    ):
        user: User = User.objects.create(
            email=email.strip(),
            full_name=full_name.strip(),
            roles=in_order(roles),
            invited_at=at,
            password="!",  # noqa: S106  the mark of a password that nothing matches
            **more,
        )
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    audit.record("user.invited", user, at=at, by=by or user, roles=", ".join(user.roles))
    return user


@transaction.atomic
def edit(user: User, *, version: int, at: datetime, by: User, **details: Unpack[Details]) -> User:
    """Correct a colleague's name, address, title, place or language."""
    user = fresh(user, version)
    changed = [name for name, value in details.items() if getattr(user, name) != value]
    for name, value in details.items():
        setattr(user, name, value)
    user.version += 1
    with constraints_as(user_email_unique_in_any_case=EmailTaken, staff_user_email_key=EmailTaken):
        user.save(update_fields=[*details, "version"])
    EmailAddress.objects.filter(user=user, primary=True).update(email=user.email)
    audit.record("user.edited", user, at=at, by=by, changed=", ".join(changed))
    return user


@transaction.atomic
def change_roles(
    user: User, roles: Sequence[Role], *, version: int, at: datetime, by: User
) -> User:
    """What somebody may do from now on, in their open pages too."""
    with_administrators_locked(user)
    user = fresh(user, version)
    before, after = user.roles, in_order(roles)
    if not after:
        raise NoRole
    if Role.ADMINISTRATOR not in after:
        keep_an_administrator(user)
    user.roles = after
    user.version += 1
    user.save(update_fields=["roles", "version"])
    audit.record(
        "user.roles-changed", user, at=at, by=by, old=", ".join(before), new=", ".join(after)
    )
    return user


@transaction.atomic
def deactivate(user: User, *, at: datetime, by: User) -> User:
    """Somebody leaves: signed out everywhere at once, and kept for what they did."""
    with_administrators_locked(user)
    user = User.objects.get(pk=user.pk)
    if not user.is_active:
        raise WrongState(state=pgettext_lazy("account", "deactivated"))
    keep_an_administrator(user)
    user.is_active, user.deactivated_at = False, at
    user.version += 1
    user.save(update_fields=["is_active", "deactivated_at", "version"])
    audit.record("user.deactivated", user, at=at, by=by)
    return user


@transaction.atomic
def reactivate(user: User, *, at: datetime, by: User) -> User:
    """Somebody comes back, with the roles they had."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.is_active:
        raise WrongState(state=pgettext_lazy("account", "active"))
    user.is_active, user.deactivated_at = True, None
    user.version += 1
    user.save(update_fields=["is_active", "deactivated_at", "version"])
    audit.record("user.reactivated", user, at=at, by=by)
    return user


@transaction.atomic
def reset_second_factor(user: User, *, at: datetime, by: User) -> User:
    """Somebody lost their phone or key: they sign in by password, and set up a new one."""
    if user == by:
        raise NotYourself
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    removed, _rows = Authenticator.objects.filter(user=user).delete()
    audit.record("user.second-factor-reset", user, at=at, by=by, removed=removed)
    return user


@transaction.atomic
def set_password(user: User, password: str, *, at: datetime, by: User | None) -> User:
    """A password chosen elsewhere than on the page of the link; weak ones are refused."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record("user.password-set", user, at=at, by=by)
    return user


def password_link(user: User) -> str:
    """The path where a password is chosen, once; it dies with the password it replaces."""
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])


def mail_link(user: User, path: str) -> bool:
    """Send the link to its owner; False where the mail server did not take it."""
    with translation.override(user.language):
        subject = gettext("Your access to %(clinic)s") % {"clinic": settings.CLINIC_NAME}
        text = gettext(
            "Hello %(name)s,\n\nchoose your password here, within three days:\n%(link)s\n\n"
            "Nobody else should have this link. If you did not expect it, tell the clinic."
        ) % {"name": user.full_name, "link": f"{settings.SITE_URL.rstrip('/')}{path}"}
    try:
        return bool(send_mail(subject, text, None, [user.email]))
    except (OSError, SMTPException):
        return False


def has_second_factor(user: User) -> bool:
    """Beside the password: an app, or a passkey. Recovery codes alone are none."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user=user, type__in=kinds).exists())


def should_add_second_factor(user: User) -> bool:
    """Whoever sees clinical data is asked for more than a password."""
    return user.may(Permission.SEE_CLINICAL) and not has_second_factor(user)


def in_order(roles: Sequence[Role]) -> list[str]:
    """As they stand in `Role`, each once."""
    return [role.value for role in Role if role in roles]


def fresh(user: User, version: int) -> User:
    """The row under lock, as the editor saw it."""
    row: User = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if row.version != version:
        raise Stale
    return row


def with_administrators_locked(user: User) -> None:
    """Queue on all administrators, in one order: two of them may not remove each other at once."""
    administrators = Q(is_active=True, roles__contains=[Role.ADMINISTRATOR])
    rows = User.objects.filter(administrators | Q(pk=user.pk)).order_by("pk")
    list(rows.select_for_update(no_key=True))


def keep_an_administrator(user: User) -> None:
    """Refuse what would leave nobody to run the team."""
    administrators = User.objects.active().filter(roles__contains=[Role.ADMINISTRATOR])
    if not administrators.exclude(pk=user.pk).exists():
        raise LastAdministrator
