"""One settings module. What differs between machines comes from the environment."""

from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from clinic import environment

ROOT = Path(__file__).resolve().parent.parent
VAR = environment.path("VAR_DIR", ROOT / "var")

DEBUG = environment.flag("DEBUG", default=True)
PRODUCTION = environment.production()
SECRET_KEY = environment.secret("SECRET_KEY", "development-only-secret-key")
LINK_KEY = environment.secret("LINK_KEY", "development-only-link-key")
FILE_KEYS = environment.keys("FILE_KEYS", "ZGV2ZWxvcG1lbnQtb25seS1maWxlLWtleS0wMDAwMDE=")
ALLOWED_HOSTS = environment.listing("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", required=True)
SITE_URL = environment.url(
    "SITE_URL", "http://localhost:8000", schemes=["http", "https"], required=True
)
CLINIC_NAME = environment.text("CLINIC_NAME", "Mesoclinic", required=True)
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0, most=5)
ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
AUTH_USER_MODEL = "staff.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

INSTALLED_APPS = [
    "clinic",
    "clinic.record",
    "clinic.staff",
    "clinic.messaging",
    "patients",
    "consent",
    "procedures",
    "aftercare",
    "clinic.lifecycle",
    "clinic.portable",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "template_partials",
    "pgtrigger",
    "pghistory",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "clinic.staff.middleware.TabletMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clinic.record.middleware.OriginMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "template_partials.templatetags.partials",
                "clinic.staff.templatetags.look",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "clinic.staff.context.clinic",
            ],
        },
    }
]

# PostgreSQL, and nothing else. The embedded servers put their addresses into the environment.
_DATABASE = conninfo_to_dict(
    environment.url("DATABASE_URL", schemes=["postgresql", "postgres"], required=True)
)
_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": environment.number("DATABASE_POOL", 8, least=1)}
        },
    }
    | {_NAMES[key]: value for key, value in _DATABASE.items() if key in _NAMES}
}
REDIS_URL = environment.url(
    "REDIS_URL", "redis://127.0.0.1:6379/0", schemes=["redis", "rediss", "unix"], required=True
)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

# Celery is the doorbell; what is owed stands in the database.
CELERY_BROKER_URL = (
    f"redis+socket://{REDIS_URL.removeprefix('unix://')}"
    if REDIS_URL.startswith("unix:")
    else REDIS_URL
)
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000  # kB; a worker that grew is replaced after its task
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 2,
    "max_retries": 0,
}  # who rings does not wait
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "clinic.messaging.tasks.beat", "schedule": 30.0},
    "deliver-due": {
        "task": "clinic.messaging.tasks.deliver_due",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "watch-messages": {
        "task": "clinic.messaging.tasks.watch",
        "schedule": 300.0,
        "options": {"expires": 290},
    },
    "seal-signed": {
        "task": "consent.tasks.seal_countersigned",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "stamp-sealed": {
        "task": "consent.tasks.stamp",
        "schedule": 600.0,
        "options": {"expires": 590},
    },
    "watch-seals": {"task": "consent.tasks.watch", "schedule": crontab(hour="1-4", minute="*/10")},
    "flag-unsafe": {
        "task": "procedures.tasks.flag_unsafe_sessions",
        "schedule": 600.0,
        "options": {"expires": 590},
    },
    "flag-displaced": {
        "task": "procedures.tasks.flag_displaced",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "invite": {
        "task": "procedures.tasks.invite_before_first_visits",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "offer-what-is-free": {
        "task": "procedures.tasks.offer_what_is_free",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "sweep-reservations": {
        "task": "procedures.tasks.sweep_reservations",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "ask-to-return": {
        "task": "procedures.tasks.ask_to_return",
        "schedule": crontab(hour="6", minute="20"),
    },
    "rescreen": {
        "task": "procedures.tasks.rescreen",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "read-again": {
        "task": "patients.tasks.read_again",
        "schedule": 300.0,
        "options": {"expires": 290},
    },
    "compare-charts": {
        "task": "patients.tasks.compare_charts",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "thumbnails": {
        "task": "patients.tasks.make_thumbnails",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "watch": {"task": "aftercare.tasks.watch", "schedule": 60.0, "options": {"expires": 55}},
    "export": {
        "task": "clinic.portable.tasks.export",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "export-consents": {
        "task": "clinic.portable.tasks.export_consents",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "import-lists": {
        "task": "clinic.portable.tasks.import_lists",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "remove-outdated-exports": {
        "task": "clinic.portable.tasks.remove_outdated",
        "schedule": 3600.0,
        "options": {"expires": 3500},
    },
    "catch-up": {"task": "aftercare.tasks.catch_up", "schedule": 60.0, "options": {"expires": 55}},
}

# Mail goes through SMTP; the demo's mailbox is an SMTP server on loopback.
EMAIL_URL = environment.url(
    "EMAIL_URL", "smtp://127.0.0.1:8025", schemes=["smtp", "smtps", "smtp+tls"], required=True
)
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_EMAIL = environment.parts(EMAIL_URL)
EMAIL_HOST = _EMAIL.host
EMAIL_PORT = _EMAIL.port or 25
EMAIL_HOST_USER = _EMAIL.user
EMAIL_HOST_PASSWORD = _EMAIL.password
EMAIL_USE_TLS = _EMAIL.scheme == "smtp+tls"
EMAIL_USE_SSL = _EMAIL.scheme == "smtps"
EMAIL_TIMEOUT = 10  # seconds; far below the outbox's lease
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM", "clinic@localhost.example", required=True)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Other channels. Without an address a channel does not exist: its messages become telephone calls.
SMS_URL = environment.url(
    "SMS_URL", schemes=["webhook+https", "webhook+http", "twilio+https", "twilio+http"]
)
SMS_SECRET = environment.text("SMS_SECRET")
TELEGRAM_API = environment.url(
    "TELEGRAM_API", "https://api.telegram.org", schemes=["https", "http"]
)
TELEGRAM_TOKEN = environment.text("TELEGRAM_TOKEN")
TELEGRAM_BOT = environment.text("TELEGRAM_BOT")
TELEGRAM_SECRET = environment.text("TELEGRAM_SECRET")
CANARY_EMAIL = environment.text("CANARY_EMAIL", DEFAULT_FROM_EMAIL)  # the clinic's own address
ALERT_URLS = environment.listing("ALERT_URLS")

# Files at rest are encrypted with the first of FILE_KEYS, and read with any of them.
MEDIA_ROOT = environment.path("MEDIA_DIR", VAR / "media")
SEAL_FILE = environment.path("SEAL_FILE", VAR / "seal" / "seal.p12", required=True)
SEAL_TOKEN_LIBRARY = environment.text("SEAL_TOKEN_LIBRARY")  # PKCS#11; empty: the key is a file
SEAL_TOKEN = environment.text("SEAL_TOKEN", required=bool(SEAL_TOKEN_LIBRARY))
SEAL_TOKEN_KEY = environment.text("SEAL_TOKEN_KEY", "seal")
SEAL_TOKEN_PIN = environment.text("SEAL_TOKEN_PIN", required=bool(SEAL_TOKEN_LIBRARY))
SEAL_PASSWORD = (
    ""
    if SEAL_TOKEN_LIBRARY
    else environment.secret("SEAL_PASSWORD", "development-only-seal-password", least=16)
)
SEAL_CRLS = environment.listing("SEAL_CRLS")  # files; who is listed there seals no more
SEAL_TSA_URL = environment.url("SEAL_TSA_URL", schemes=["http", "https"])
SEAL_TSA_ROOTS = environment.text("SEAL_TSA_ROOTS", required=bool(SEAL_TSA_URL))  # PEM
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Signing in: allauth, closed to the public, with second factors.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "board:home"
ACCOUNT_ADAPTER = "clinic.staff.accounts.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger's address gets no mail from us
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_USER_DISPLAY = "clinic.staff.accounts.display_name"
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
}
MFA_ADAPTER = "clinic.staff.accounts.EncryptedFactors"
MFA_TOTP_TOLERANCE = 1  # half a minute either way: phones keep no exact time
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
MFA_TOTP_ISSUER = CLINIC_NAME
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]

# What a browser may and may not do with our pages.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = environment.flag("HTTPS_ONLY", default=PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
SESSION_COOKIE_AGE = 12 * 3600  # seconds: a working day
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",
    "security.W021",
]  # subdomains and preload are the clinic's choice

# Acceptance cases of the rules in TOML; where they are not installed, the clinic's own cases count.
CASES_DIR = ROOT / "tests" / "procedures" / "cases"

# Instants are UTC; a location's zone is used only at the edges.
USE_TZ = True
TIME_ZONE = environment.text("CLINIC_TIME_ZONE", "Europe/Kyiv")
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ru", _("Russian")), ("uk", _("Ukrainian"))]
LOCALE_PATHS = [ROOT / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = environment.path("STATIC_DIR", VAR / "static")
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "clinic.staff.storage.EncryptedStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# Logs carry ids, never people.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"no-tokens": {"()": "clinic.logs.NoTokens"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no-tokens"],
        }
    },
    "root": {
        "handlers": ["console"],
        "level": environment.choice(
            "LOG_LEVEL", "INFO", among=["DEBUG", "INFO", "WARNING", "ERROR"]
        ),
    },
}
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
