"""Composition: the only place that sees every app's pages."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("language/", include("django.conf.urls.i18n")),
]
for prefix, module in [
    ("", "clinic.health"),
    ("", "clinic.board"),
    ("tasks/", "clinic.inbox"),
    ("chart/", "clinic.chart"),
    ("lifecycle/", "clinic.lifecycle"),
    ("clinic/", "clinic.staff.urls"),
    ("messages/", "clinic.messaging.urls"),
    ("patients/", "patients.urls"),
    ("consents/", "consent.urls"),
    ("treatment/", "procedures.urls"),
    ("aftercare/", "aftercare.urls"),
]:
    if find_spec(module):
        urlpatterns.append(path(prefix, include(module)))
