"""The clinic's settings, with servers, files and hashes of the tests' own."""

import os
from pathlib import Path

from clinic import servers

TEST_VAR = Path(__file__).resolve().parent.parent / "var" / "tests"
TEST_SERVICES = TEST_VAR / "services"
WORKER_VAR = TEST_VAR / os.environ.get("PYTEST_XDIST_WORKER", "alone")

os.environ["DEBUG"] = "True"
os.environ["VAR_DIR"] = str(WORKER_VAR)
(WORKER_VAR / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where it is missing
os.environ.setdefault("DATABASE_URL", servers.database_url(TEST_SERVICES))

from clinic.settings import *  # noqa: E402, F403
from clinic.settings import DATABASES  # noqa: E402

EMBEDDED = os.environ["DATABASE_URL"] == servers.database_url(TEST_SERVICES)
DATABASES["default"] |= {"OPTIONS": {}}  # threads of a test open and close their own connections
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_BROKER_URL = "memory://"  # tests of the doorbell take the fixture `redis_url`
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_URL = "/files-of-tests/"  # else the live server hands out files at the addresses of pages
