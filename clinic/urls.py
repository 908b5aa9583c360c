"""Composition: the only place that sees every app's pages."""

from importlib import import_module
from importlib.util import find_spec

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("language/", login_not_required(set_language), name="set_language"),
]
for prefix, module in [
    ("", "clinic.health"),
    ("", "clinic.board"),
    ("tasks/", "clinic.inbox"),
    ("chart/", "clinic.chart"),
    ("lifecycle/", "clinic.lifecycle"),
]:
    if find_spec(module):
        urlpatterns.append(path(prefix, include(module)))

# An app's pages for staff and its pages for patients, under /p/, share one namespace.
for name, prefix, app, patient_prefix in [
    ("staff", "clinic/", "clinic.staff", ""),
    ("messaging", "messages/", "clinic.messaging", "p/"),
    ("patients", "patients/", "patients", "p/intake/"),
    ("consent", "consents/", "consent", "p/consent/"),
    ("procedures", "treatment/", "procedures", ""),
    ("aftercare", "aftercare/", "aftercare", "p/aftercare/"),
]:
    pages = [
        path(start, include(import_module(module).urlpatterns))
        for start, module in [(prefix, f"{app}.urls"), (patient_prefix, f"{app}.patient_urls")]
        if find_spec(module)
    ]
    urlpatterns.append(path("", include((pages, name))))
