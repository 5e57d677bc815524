from django.apps import AppConfig


class CorrectionsConfig(AppConfig):
    name = "podium.corrections"
