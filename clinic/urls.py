"""Composition: the only place that sees every app's pages."""

from importlib import import_module

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

# An app's pages for staff, and its pages for patients under /p/, share one namespace.
APPS = {
    "staff": {"clinic/": "clinic.staff.urls"},
    "messaging": {
        "messages/": "clinic.messaging.urls",
        "p/": "clinic.messaging.patient_urls",
        "hooks/": "clinic.messaging.hook_urls",
    },
    "patients": {"patients/": "patients.urls", "p/intake/": "patients.patient_urls"},
    "consent": {"consents/": "consent.urls", "p/consent/": "consent.patient_urls"},
    "procedures": {
        "treatment/": "procedures.urls",
        "p/visits/": "procedures.patient_urls",
        "p/offer/": "procedures.offer_urls",
    },
    "aftercare": {"aftercare/": "aftercare.urls", "p/aftercare/": "aftercare.patient_urls"},
}


def pages_of(app: str) -> URLResolver:
    """All pages of one app, each part under its own prefix."""
    parts = [path(at, include(import_module(to).urlpatterns)) for at, to in APPS[app].items()]
    return path("", include((parts, app)))


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("clinic.health")),
    path("", include("clinic.board")),
    path("tasks/", include("clinic.inbox")),
    path("chart/", include("clinic.chart")),
    path("lifecycle/", include("clinic.lifecycle.urls")),
    path("letters/", include("clinic.letters.urls")),
    path("portable/", include("clinic.portable.urls")),
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
    *map(pages_of, APPS),
]
