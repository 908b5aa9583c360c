from django.urls import path

from procedures.views import visiting

urlpatterns = [
    path("", visiting.patient_visits, name="patient-visits"),
    path("calendar/", visiting.patient_visits_feed, name="patient-visits-feed"),
    path("<uuid:visit>/confirm/", visiting.patient_visit_confirm, name="patient-visit-confirm"),
    path("<uuid:visit>/move/", visiting.patient_visit_move, name="patient-visit-move"),
    path("<uuid:visit>/cancel/", visiting.patient_visit_cancel, name="patient-visit-cancel"),
]
