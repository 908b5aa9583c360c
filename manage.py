#!/usr/bin/env python
"""Django's commands, with the embedded servers behind them where no URL names others."""

import os
import signal
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from clinic import servers

VAR = Path(os.environ.get("VAR_DIR") or Path(__file__).resolve().parent / "var")
ALONE = {"cases", "check", "collectstatic", "compilemessages", "doctor", "help", "mailbox"}
ALONE |= {"makemessages", "messages", "states", "vendor", "version", "--help", "-h", "--version"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    missing = [name for name in servers.EVERYTHING if not os.environ.get(name)]
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if not missing or command in ALONE:
        execute_from_command_line(sys.argv)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with servers.running(VAR / "services", needed=missing) as urls:
        os.environ.update(urls)
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except (servers.ServerFailed, ImproperlyConfigured) as refused:
        sys.exit(str(refused))
