"""The clinic itself: it does not start on knowledge that cannot be read."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from clinic.knowledge.loader import KnowledgeError, load


class ClinicConfig(AppConfig):
    name = "clinic"

    def ready(self) -> None:
        try:
            load()
        except KnowledgeError as error:
            raise ImproperlyConfigured(f"The knowledge cannot be read.\n{error}") from error
