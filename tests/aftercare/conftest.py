import pytest

from clinic.messaging import channels
from clinic.messaging.models import Channel
from tests.factories.messaging import Provider


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The only channel of the clinic, and it takes everything."""
    taking = Provider()
    monkeypatch.setattr(channels, "ADAPTERS", {Channel.EMAIL: taking})
    return taking
