"""Telegram: only who started the bot can be written to, and only the bot knows where."""

import json
from dataclasses import dataclass

from clinic.messaging.channels import http
from clinic.messaging.channels.base import Adapter, Letter, OptedOut, Refused

BLOCKED = "refused-403"


@dataclass(kw_only=True)
class Telegram(Adapter):
    """It knows neither keys nor reports, and asks to be spoken to slowly."""

    url: str
    token: str
    per_second: float = 25.0

    def send(self, letter: Letter) -> str:
        told = {
            "chat_id": letter.to,
            "text": letter.text,
            "link_preview_options": {"is_disabled": True},
        }
        try:
            answer = http.post(
                f"{self.url}/bot{self.token}/sendMessage",
                content=json.dumps(told, ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json"},
            )
        except Refused as refused:
            raise (OptedOut("opted-out") if refused.outcome == BLOCKED else refused) from refused
        return http.field(answer, "result", "message_id")[:200]
