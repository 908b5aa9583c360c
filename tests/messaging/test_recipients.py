"""Where somebody is reached, and what they agreed to, with the day they did."""

from datetime import timedelta
from typing import Any

import pytest

from clinic.messaging import recipients
from clinic.messaging.models import Channel, Recipient
from tests.factories.staff import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def channels(**changes: Any) -> Any:
    return {
        "email": "somebody@patients.example",
        "phone": "+380440000009",
        "language": "uk",
        "time_zone": "Europe/Kyiv",
        "email_allowed": True,
        "sms_allowed": False,
    } | changes


def test_an_agreement_keeps_its_first_day_and_belongs_to_one_address() -> None:
    recipient = recipients.add(at=NOW, **channels())
    same = recipients.set_channels(recipient, at=LATER, **channels(language="ru"))
    assert (same.language, same.email_allowed_at) == ("ru", NOW)
    other = recipients.set_channels(recipient, at=LATER, **channels(email="new@patients.example"))
    assert other.email_allowed_at == LATER


def test_what_is_not_allowed_any_more_is_taken_back() -> None:
    recipient = recipients.add(at=NOW, **channels(details_allowed=True))
    assert recipient.details_allowed_at == NOW
    recipients.set_channels(recipient, at=LATER, **channels(email_allowed=False))
    now = Recipient.objects.get()
    assert (now.email_allowed_at, now.details_allowed_at) == (None, None)


@pytest.mark.parametrize("missing", [{"email": ""}, {"phone": "", "sms_allowed": True}])
def test_a_channel_without_an_address_is_refused(missing: dict[str, object]) -> None:
    with pytest.raises(recipients.NoAddress):
        recipients.add(at=NOW, **channels(**missing))
    assert not Recipient.objects.exists()


@pytest.mark.parametrize(
    ("allowed", "channel"),
    [
        ({}, Channel.EMAIL),
        ({"sms_allowed": True}, Channel.EMAIL),
        ({"email_allowed": False, "sms_allowed": True}, Channel.SMS),
        ({"email_allowed": False}, Channel.EMAIL),
    ],
)
def test_mail_goes_before_sms(allowed: dict[str, bool], channel: Channel) -> None:
    assert recipients.channel_for(recipients.add(at=NOW, **channels(**allowed))) == channel
