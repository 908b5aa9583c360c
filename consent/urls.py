from django.urls import path

from consent.views import acts, documents, public, rules

app_name = "consent"
urlpatterns = [
    path("", documents.document_list, name="document-list"),
    path("verify/", public.verify, name="verify"),
    path("export/", documents.document_export, name="document-export"),
    path("rules/", rules.rules_list, name="rules-list"),
    path("rules/<uuid:location>/", rules.rules_edit, name="rules-edit"),
    path("questions/<uuid:question>/", acts.question_answer, name="question-answer"),
    path("of/<uuid:patient>/", documents.chart_consents, name="chart-consents"),
    path("<uuid:document>/", documents.document_detail, name="document-detail"),
    path("<uuid:document>/pdf/", documents.document_pdf, name="document-pdf"),
    path("<uuid:document>/withdrawal/", documents.document_withdrawal, name="document-withdrawal"),
    path("<uuid:document>/tablet/", acts.document_tablet, name="document-tablet"),
    path("<uuid:document>/send/", acts.document_send, name="document-send"),
    path("<uuid:document>/countersign/", acts.document_countersign, name="document-countersign"),
    path("<uuid:document>/decline/", acts.document_decline, name="document-decline"),
    path("<uuid:document>/withdraw/", acts.document_withdraw, name="document-withdraw"),
]
