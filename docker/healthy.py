"""Asks the web server of this container whether it is alive; Django wants to see a known host."""

import os
from http import HTTPStatus
from http.client import HTTPConnection

connection = HTTPConnection("127.0.0.1", 8000, timeout=5)
connection.request("GET", "/healthz", headers={"Host": os.environ["ALLOWED_HOSTS"].split(",")[0]})
raise SystemExit(connection.getresponse().status != HTTPStatus.OK)
