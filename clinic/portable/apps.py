from django.apps import AppConfig


class PortableConfig(AppConfig):
    name = "clinic.portable"
    label = "portable"
