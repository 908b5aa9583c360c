from django.urls import path, register_converter

from clinic.messaging import links, views


class TokenConverter:
    """The token of a patient's link."""

    regex = f"[A-Za-z0-9_-]{{{links.TOKEN_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "token")
urlpatterns = [
    path("<token:token>/", views.link_open, name="link-open"),
    path("stop/<token:token>/", views.mail_stop, name="mail-stop"),
]
