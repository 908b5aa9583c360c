from django.urls import path

from consent.views import public

app_name = "consent"
urlpatterns = [path("verify/", public.verify, name="verify")]
