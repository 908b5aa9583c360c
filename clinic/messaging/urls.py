from django.urls import path

from clinic.messaging import views

app_name = "messaging"
urlpatterns = [
    path("", views.message_list, name="message-list"),
    path("paused/", views.outbox_pause, name="outbox-pause"),
    path("paused/resume/", views.outbox_resume, name="outbox-resume"),
    path("<uuid:message>/", views.message_detail, name="message-detail"),
    path("<uuid:message>/send-again/", views.message_send_again, name="message-send-again"),
    path(
        "<uuid:message>/mark-delivered/",
        views.message_mark_delivered,
        name="message-mark-delivered",
    ),
]
