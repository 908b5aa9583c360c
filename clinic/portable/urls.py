"""Addresses of what comes in and goes out."""

from django.urls import path

from clinic.portable.views import exports, imports, papers

app_name = "portable"
urlpatterns = [
    path("patients/<uuid:patient>/", exports.patient_export, name="patient-export"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/ask/", exports.export_ask, name="export-ask"),
    path("exports/<uuid:export>/file/", exports.export_fetch, name="export-fetch"),
    path("consents/", papers.consent_export, name="consent-export"),
    path("consents/<uuid:papers_of>/file/", papers.consent_fetch, name="consent-fetch"),
    path("photos/teaching/", exports.teaching_photos, name="teaching-photos"),
    path("photos/marketing/", exports.marketing_photos, name="marketing-photos"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/archive/", imports.archive_restore, name="archive-restore"),
    path("imports/<uuid:run>/", imports.import_detail, name="import-detail"),
    path("imports/<uuid:run>/faults/", imports.import_faults, name="import-faults"),
]
