"""How staff sign in: nobody signs up, people are invited."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from clinic.record.middleware import client_address
from clinic.staff.models import User


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator's invitation, never by a visitor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """An address is corrected by an administrator: it is who somebody is."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Attempts are counted by the address our own proxy saw."""
        return client_address(request) or "local"


class EncryptedFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Whoever reads the database alone does not learn the secrets of second factors."""

    def encrypt(self, text: str) -> str:
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return box().decrypt(encrypted_text.encode()).decode()

    def _get_site_name(self) -> str:
        """What a phone shows beside the key."""
        return str(settings.CLINIC_NAME)


def box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FILE_KEYS])


@transaction.atomic
def rotate_factors() -> int:
    """Encrypt the secrets of second factors with the first key; how many people's there are."""
    rows = list(Authenticator.objects.select_for_update().order_by("pk"))
    for row in rows:
        row.data = {key: _rotated(key, value) for key, value in row.data.items()}
        row.save(update_fields=["data"])
    return len(rows)


def _rotated(key: str, value: Any) -> Any:
    if key in {"secret", "seed"}:
        return box().rotate(value).decode()
    if key == "migrated_codes":
        return [box().rotate(code).decode() for code in value]
    return value


def display_name(user: User) -> str:
    """What a phone or browser calls the account of a passkey."""
    return user.full_name
