from django.urls import path

from patients.views import home

urlpatterns = [
    path("", home.patient_intake, name="patient-intake"),
    path("keep/", home.patient_intake_keep, name="patient-intake-keep"),
    path("done/", home.patient_intake_done, name="patient-intake-done"),
]
