"""Addresses of what ends or comes together."""

from django.urls import path

from clinic.lifecycle.views import doubles, leaving

app_name = "lifecycle"
urlpatterns = [
    path("team/<uuid:user>/deactivate/", leaving.staff_deactivate, name="staff-deactivate"),
    path("doubles/", doubles.duplicate_list, name="duplicate-list"),
    path("doubles/<uuid:pair>/", doubles.patient_merge, name="patient-merge"),
    path("doubles/<uuid:pair>/dismiss/", doubles.duplicate_dismiss, name="duplicate-dismiss"),
    path("merges/<uuid:merge>/", doubles.merge_detail, name="merge-detail"),
    path("merges/<uuid:merge>/undo/", doubles.merge_undo, name="merge-undo"),
]
