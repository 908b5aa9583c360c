"""Where providers report; signed, and without anybody signed in."""

from django.urls import path

from clinic.messaging import views

urlpatterns = [
    path("gateway/", views.hook_gateway, name="hook-gateway"),
    path("sms/", views.hook_sms, name="hook-sms"),
    path("sms/status/<uuid:message>/", views.hook_sms, name="hook-sms-status"),
]
