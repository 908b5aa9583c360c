from django.urls import path

from consent.views import documents, public

app_name = "consent"
urlpatterns = [
    path("", documents.document_list, name="document-list"),
    path("verify/", public.verify, name="verify"),
    path("export/", documents.document_export, name="document-export"),
    path("of/<uuid:patient>/", documents.chart_consents, name="chart-consents"),
    path("<uuid:document>/", documents.document_detail, name="document-detail"),
    path("<uuid:document>/pdf/", documents.document_pdf, name="document-pdf"),
    path("<uuid:document>/tablet/", documents.document_tablet, name="document-tablet"),
    path("<uuid:document>/send/", documents.document_send, name="document-send"),
    path(
        "<uuid:document>/countersign/", documents.document_countersign, name="document-countersign"
    ),
    path("<uuid:document>/decline/", documents.document_decline, name="document-decline"),
    path("<uuid:document>/withdraw/", documents.document_withdraw, name="document-withdraw"),
]
