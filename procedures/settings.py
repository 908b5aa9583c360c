"""What the sources leave to the clinic, as its lead set it. A public function: a transaction."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError
from clinic.knowledge.entries import ClinicSetting as Known
from clinic.knowledge.entries import SettingKind
from clinic.knowledge.loader import load
from clinic.record import audit
from clinic.staff.models import User
from clinic.staff.roles import Permission
from procedures.models import ClinicSetting

MAX_TEXT = 10_000


class NoSuchSetting(ClinicError):
    code = "no-such-setting"
    text = _("There is no such setting. Reload the page and choose one of the list.")


class NoReason(ClinicError):
    code = "no-reason"
    text = _("Write why this value, or where it comes from.")


class NotANumber(ClinicError):
    code = "not-a-number"
    text = _("Enter a number that is not negative, for example 14 or 37.2.")


class NotWholeDays(ClinicError):
    code = "not-whole-days"
    text = _("Enter whole days, for example 14.")


class NoText(ClinicError):
    code = "no-text"
    text = _("Enter the text, or leave the setting unset.")


class LeadsOnly(ClinicError):
    code = "leads-only"
    text = _("Only a clinical lead sets these values.")


@transaction.atomic
def set_value(key: str, value: object, reason: str, *, at: datetime, by: User) -> ClinicSetting:
    """Say what holds from now on; None unsets it again. Earlier values stay on record."""
    if not by.may(Permission.MANAGE_RULES):
        raise LeadsOnly
    if key not in load().settings:
        raise NoSuchSetting
    if not reason.strip():
        raise NoReason
    clean = None if value is None else _clean(load().settings[key], value)
    row = ClinicSetting.objects.create(
        key=key, value=clean, reason=reason.strip(), set_at=at, set_by=by
    )
    audit.record("setting.set", row, at=at, by=by, key=key, unset=clean is None)
    return row


def current(*, at: datetime | None = None) -> dict[str, object]:
    """The values that hold, by key; what is unset is absent."""
    rows = (
        ClinicSetting.objects.all() if at is None else ClinicSetting.objects.filter(set_at__lte=at)
    )
    latest = rows.order_by("key", "-set_at", "-pk").distinct("key")
    return {row.key: row.value for row in latest if row.value is not None}


def unset() -> list[Known]:
    """What still waits for the clinical lead: first what may hold a session."""
    have = current()
    open_ones = [one for key, one in load().settings.items() if key not in have]
    return sorted(open_ones, key=lambda one: not one.holds)


def _clean(known: Known, value: object) -> object:
    if known.kind in {SettingKind.NUMBER, SettingKind.DAYS}:
        return _number(known, value)
    if known.kind is SettingKind.LIST:
        return _lines(value)
    text = str(value).strip()[:MAX_TEXT]
    if not text:
        raise NoText
    return text


def _number(known: Known, value: object) -> str | int:
    try:
        number = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        raise NotANumber from None
    if not number.is_finite() or number < 0:
        raise NotANumber
    if known.kind is SettingKind.NUMBER:
        return str(number)
    if number != number.to_integral_value():
        raise NotWholeDays
    return int(number)


def _lines(value: object) -> list[str]:
    given = value if isinstance(value, list | tuple) else str(value).splitlines()
    lines = [text for one in given if (text := str(one).strip())]
    if not lines:
        raise NoText
    return lines
