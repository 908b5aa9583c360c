from django.urls import path

from consent.views import endings, patient

urlpatterns = [
    path("", patient.patient_consent, name="patient-consent"),
    path("section/", patient.patient_section, name="patient-section"),
    path("check/", patient.patient_check, name="patient-check"),
    path("ask/", patient.patient_ask, name="patient-ask"),
    path("further/", patient.patient_further, name="patient-further"),
    path("decline/", endings.patient_decline, name="patient-decline"),
    path("later/", endings.patient_later, name="patient-later"),
    path("copy/", endings.patient_copy, name="patient-copy"),
    path("withdraw/", endings.patient_withdraw, name="patient-withdraw"),
    path("withdrawal/", endings.patient_withdrawal, name="patient-withdrawal"),
]
