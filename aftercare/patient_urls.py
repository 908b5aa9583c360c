from django.urls import path

from aftercare import views

urlpatterns = [
    path("", views.patient_aftercare, name="patient-aftercare"),
    path("check-in/", views.patient_check_in, name="patient-check-in"),
    path("ask/", views.patient_ask, name="patient-ask"),
]
