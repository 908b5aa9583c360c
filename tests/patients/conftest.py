"""Somebody at a screen."""

from collections.abc import Callable

import pytest
from django.test import Client

from clinic.staff.models import User
from clinic.staff.roles import Role
from tests.factories.staff import make_staff

SignIn = Callable[..., Client]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """`sign_in(Role.RECEPTION)`, or a colleague who is there already."""

    def browser(who: Role | User = Role.COSMETOLOGIST) -> Client:
        client = Client()
        client.force_login(who if isinstance(who, User) else make_staff(who))
        return client

    return browser
