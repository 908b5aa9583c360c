"""Addresses of a patient's pages; the chart itself is assembled by the project."""

from django.urls import path

from patients.views import asking, chart, comparing, history, intake, people, photos, words

app_name = "patients"
urlpatterns = [
    path("", people.patient_list, name="patient-list"),
    path("search/", people.patient_search, name="patient-search"),
    path("add/", people.patient_add, name="patient-add"),
    path("words/", words.unresolved_list, name="unresolved-list"),
    path("words/known/", words.synonym_list, name="synonym-list"),
    path(
        "words/known/<uuid:synonym>/take-back/", words.synonym_take_back, name="synonym-take-back"
    ),
    path("words/suggest/<str:kind>/", words.word_suggest, name="word-suggest"),
    path("<uuid:patient>/edit/", people.patient_edit, name="patient-edit"),
    path("<uuid:patient>/summary/", chart.chart_summary, name="chart-summary"),
    path("<uuid:patient>/alerts/", chart.chart_alerts, name="chart-alerts"),
    path("<uuid:patient>/history/", chart.chart_history, name="chart-history"),
    path("<uuid:patient>/history/add/", history.history_add, name="history-add"),
    path("<uuid:patient>/history/none/", history.history_none, name="history-none"),
    path("<uuid:patient>/history/suggest/", history.history_suggest, name="history-suggest"),
    path(
        "<uuid:patient>/history/<uuid:item>/correct/",
        history.history_correct,
        name="history-correct",
    ),
    path("<uuid:patient>/history/<uuid:item>/end/", history.history_end, name="history-end"),
    path(
        "<uuid:patient>/history/<uuid:item>/withdraw/",
        history.history_withdraw,
        name="history-withdraw",
    ),
    path("<uuid:patient>/history/<uuid:item>/review/", words.history_review, name="history-review"),
    path("<uuid:patient>/notes/<str:question>/review/", words.note_review, name="note-review"),
    path("<uuid:patient>/intake/", intake.intake_fill, name="intake-fill"),
    path("<uuid:patient>/intake/again/", intake.intake_again, name="intake-again"),
    path("<uuid:patient>/intake/tablet/", asking.intake_tablet, name="intake-tablet"),
    path("<uuid:patient>/intake/send/", asking.intake_send, name="intake-send"),
    path("<uuid:patient>/intake/send/stop/", asking.intake_send_stop, name="intake-send-stop"),
    path("<uuid:patient>/intake/<uuid:intake>/review/", asking.intake_review, name="intake-review"),
    path("<uuid:patient>/intake/<uuid:intake>/", intake.intake_detail, name="intake-detail"),
    path("<uuid:patient>/links/free/", asking.link_free, name="link-free"),
    path("<uuid:patient>/photos/", chart.chart_photos, name="chart-photos"),
    path("<uuid:patient>/photos/add/", photos.photo_add, name="photo-add"),
    path("<uuid:patient>/photos/compare/", comparing.photo_compare, name="photo-compare"),
    path("<uuid:patient>/photos/align/", comparing.photo_align, name="photo-align"),
    path("<uuid:patient>/photos/<uuid:photo>/mark/", comparing.photo_mark, name="photo-mark"),
    path("<uuid:patient>/photos/<uuid:photo>/", photos.photo_detail, name="photo-detail"),
    path("<uuid:patient>/photos/<uuid:photo>/file/", photos.photo_file, name="photo-file"),
    path("<uuid:patient>/photos/<uuid:photo>/use/", photos.photo_use, name="photo-use"),
    path("<uuid:patient>/photos/<uuid:photo>/remove/", photos.photo_remove, name="photo-remove"),
]
