from django.urls import path

from procedures.views import waiting

urlpatterns = [path("", waiting.patient_offer, name="patient-offer")]
