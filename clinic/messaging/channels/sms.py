"""SMS through Twilio, or whoever speaks its language."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from clinic.messaging.channels import http
from clinic.messaging.channels.base import Adapter, Letter, OptedOut, Refused

OPTED_OUT = "21610"  # the receiver has answered STOP


@dataclass(kw_only=True)
class Twilio(Adapter):
    """It knows no keys for a POST, but reports what became of each message."""

    url: str
    account: str
    token: str
    sender: str
    status_url: str = ""
    per_second: float = 0.0

    queryable = True

    def send(self, letter: Letter) -> str:
        """The words alone: an SMS has no subject."""
        told = {"To": letter.to, "From": self.sender, "Body": letter.text}
        if self.status_url:
            told["StatusCallback"] = f"{self.status_url}{letter.key}/"
        secret = f"{self.account}:{self.token}"
        try:
            answer = http.post(
                f"{self.url}/2010-04-01/Accounts/{self.account}/Messages.json",
                content=urlencode(told).encode(),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
                },
            )
        except Refused as refused:
            raise (OptedOut("opted-out") if refused.code == OPTED_OUT else refused) from refused
        return http.field(answer, "sid")[:200]


def signature(token: str, url: str, told: Mapping[str, str]) -> str:
    """How Twilio signs what it tells us: the address, then every field in order."""
    text = url + "".join(f"{name}{told[name]}" for name in sorted(told))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
