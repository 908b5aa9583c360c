"""Real servers for every test that asks: DATABASE_URL names a PostgreSQL, else it is embedded."""

import os
from collections.abc import Iterator

import hypothesis
import pytest
import redis
from django.conf import settings
from pytest_django import DjangoDbBlocker
from pytest_django.plugin import blocking_manager_key
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from clinic import servers
from tests import databases

TOGETHER = "tests/clinic/demo/"  # seeded once, so that one worker runs it all


# A busy machine is no counterexample.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """One database per worker, a copy of one that was migrated once."""
    with django_db_blocker.unblock():
        before = databases.copy()
    yield
    with django_db_blocker.unblock():
        databases.drop(before)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Pure tests start no server."""
    if not settings.EMBEDDED:
        yield
        return
    with servers.running(settings.TEST_SERVICES, needed=["DATABASE_URL"], durable=False):
        yield


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis database of this worker's own, empty at first."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    with servers.running(settings.TEST_SERVICES, needed=["REDIS_URL"]) as urls:
        url = urls["REDIS_URL"].removesuffix("/0") + f"/{number}"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        yield url


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A test with real transactions empties every table; then the migrations' rows come back."""
    yield
    marker = item.get_closest_marker("django_db")
    emptied = "transactional_db" in getattr(item, "fixturenames", [])
    emptied = emptied or bool(marker and marker.kwargs.get("transaction"))
    if emptied and nextitem is not None:  # after the last one the database is gone
        from tests.factories.consent import ensure_wording  # noqa: PLC0415  models, once they are there

        with item.config.stash[blocking_manager_key].unblock():
            ensure_wording()


class OneByOne(LoadScopeScheduling):  # type: ignore[misc]
    """Whoever is free takes the next test; what shares the demonstration goes as one piece."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneByOne:
    return OneByOne(config, log)
