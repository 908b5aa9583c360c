import logging

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "consent"

    def ready(self) -> None:
        logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # it tells every step
