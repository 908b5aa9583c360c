"""Phone numbers: as people type them, and as the world dials them."""

from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext_lazy as _

from clinic.errors import ClinicError


class NoPhone(ClinicError):
    code = "no-phone"
    text = _(
        "This is not a phone number. Type it with its country code, for example +380 44 123 45 67."
    )


def normalise(text: str, country: str = "") -> str:
    """E.164; a number without a country code is one of `country` (UA). Empty stays empty."""
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, country.upper() or None)
    except phonenumbers.NumberParseException as error:
        raise NoPhone from error
    if not phonenumbers.is_possible_number(number):
        raise NoPhone
    e164: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164


@lru_cache(maxsize=100)
def country_of(phone: str) -> str:
    """The country of a number with a country code (a location's); empty where it has none."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(phone, None))
    except phonenumbers.NumberParseException:
        return ""
    return region or ""


def readable(e164: str) -> str:
    """With the gaps people are used to: +380 44 123 4567."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    shown: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return shown
