"""What a log may say of an address: never the token of a patient's link."""

import logging
import re

TOKEN = re.compile(r"(?<=/p/)[\w=-]{40,}")


class NoTokens(logging.Filter):
    """Whoever reads the log cannot open what a patient was sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _without(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_without(one) for one in record.args)
        return True


def _without(said: object) -> object:
    return TOKEN.sub("(token)", said) if isinstance(said, str) else said
