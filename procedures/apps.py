from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    name = "procedures"

    def ready(self) -> None:
        from procedures import receivers  # noqa: F401, PLC0415  listens from now on
