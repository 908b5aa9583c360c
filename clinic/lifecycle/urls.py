"""Addresses of what ends or comes together."""

from django.urls import path

from clinic.lifecycle.views import doubles, erasure, leaving

app_name = "lifecycle"
urlpatterns = [
    path("team/<uuid:user>/deactivate/", leaving.staff_deactivate, name="staff-deactivate"),
    path("doubles/", doubles.duplicate_list, name="duplicate-list"),
    path("doubles/<uuid:pair>/", doubles.patient_merge, name="patient-merge"),
    path("doubles/<uuid:pair>/dismiss/", doubles.duplicate_dismiss, name="duplicate-dismiss"),
    path("merges/<uuid:merge>/", doubles.merge_detail, name="merge-detail"),
    path("merges/<uuid:merge>/undo/", doubles.merge_undo, name="merge-undo"),
    path("erasures/", erasure.erasure_list, name="erasure-list"),
    path("erasures/ask/<uuid:patient>/", erasure.patient_erase, name="patient-erase"),
    path("erasures/<uuid:erasure>/", erasure.erasure_detail, name="erasure-detail"),
    path("erasures/<uuid:erasure>/approve/", erasure.erasure_approve, name="erasure-approve"),
    path("erasures/<uuid:erasure>/cancel/", erasure.erasure_cancel, name="erasure-cancel"),
    path("erasures/<uuid:erasure>/finish/", erasure.erasure_finish, name="erasure-finish"),
    path("retention/", erasure.retention_set, name="retention-set"),
]
