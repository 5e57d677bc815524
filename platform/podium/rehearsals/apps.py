from django.apps import AppConfig


class RehearsalsConfig(AppConfig):
    name = "podium.rehearsals"
