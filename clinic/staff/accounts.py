"""How staff sign in: nobody signs up, people are invited."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest

from clinic.record.middleware import client_address


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
