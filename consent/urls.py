from django.urls import path

from consent.views import acts, documents, public, rules, wording

app_name = "consent"
urlpatterns = [
    path("", documents.document_list, name="document-list"),
    path("verify/", public.verify, name="verify"),
    path("export/", documents.document_export, name="document-export"),
    path("rules/", rules.rules_list, name="rules-list"),
    path("rules/<uuid:location>/", rules.rules_edit, name="rules-edit"),
    path("wording/", wording.wording_list, name="wording-list"),
    path("wording/start/", wording.wording_start, name="wording-start"),
    path("wording/compare/", wording.wording_compare, name="wording-compare"),
    path("wording/<int:version>/", wording.wording_detail, name="wording-detail"),
    path("wording/<uuid:wording>/", wording.wording_draft, name="wording-draft"),
    path("wording/<uuid:wording>/propose/", wording.wording_propose, name="wording-propose"),
    path("wording/<uuid:wording>/publish/", wording.wording_publish, name="wording-publish"),
    path("wording/<uuid:wording>/give-up/", wording.wording_give_up, name="wording-give-up"),
    path("wording/<uuid:wording>/<slug:block>/", wording.wording_write, name="wording-write"),
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
