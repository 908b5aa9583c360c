from django.urls import path

from aftercare.views import patient

urlpatterns = [
    path("", patient.patient_aftercare, name="patient-aftercare"),
    path("check-in/", patient.patient_check_in, name="patient-check-in"),
    path("ask/", patient.patient_ask, name="patient-ask"),
    path("call/", patient.patient_call, name="patient-call"),
    path("visits/", patient.patient_visits_enter, name="patient-visits-enter"),
    path("dates.ics", patient.patient_dates, name="patient-dates"),
    path("sheet.pdf", patient.patient_sheet, name="patient-sheet"),
]
