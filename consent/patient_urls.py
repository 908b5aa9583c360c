from django.urls import path

from consent.views import patient

urlpatterns = [
    path("", patient.patient_consent, name="patient-consent"),
    path("section/", patient.patient_section, name="patient-section"),
    path("decline/", patient.patient_decline, name="patient-decline"),
    path("later/", patient.patient_later, name="patient-later"),
    path("copy/", patient.patient_copy, name="patient-copy"),
    path("withdraw/", patient.patient_withdraw, name="patient-withdraw"),
]
