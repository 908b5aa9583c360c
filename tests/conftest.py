"""Real servers for every test that asks: DATABASE_URL and REDIS_URL, or the embedded ones."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from clinic import servers


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Pure tests start no server; search in Cyrillic needs the locale, whatever the server's is."""
    locale = f"LC_COLLATE '{servers.LOCALE}' LC_CTYPE '{servers.LOCALE}'"
    connection.creation.sql_table_creation_suffix = lambda: (  # type: ignore[method-assign]
        f"TEMPLATE template0 ENCODING 'UTF8' {locale}"
    )
    if not settings.EMBEDDED:
        yield
        return
    with servers.running(settings.TEST_SERVICES, needed=["DATABASE_URL"], durable=False):
        yield


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis database of this worker's own, empty at first."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    if given := os.environ.get("REDIS_URL"):
        yield given
        return
    with servers.running(settings.TEST_SERVICES, needed=["REDIS_URL"]) as urls:
        yield urls["REDIS_URL"].removesuffix("/0") + f"/{number}"
