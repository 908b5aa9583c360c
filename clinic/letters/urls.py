"""Addresses of the texts of messages."""

from django.urls import path

from clinic.letters import views

app_name = "letters"
urlpatterns = [
    path("", views.words_list, name="words-list"),
    path("<str:message>/<str:language>/<str:channel>/", views.words_edit, name="words-edit"),
    path(
        "<str:message>/<str:language>/<str:channel>/reset/",
        views.words_reset,
        name="words-reset",
    ),
]
