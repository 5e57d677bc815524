from django.apps import AppConfig


class ChallengesConfig(AppConfig):
    name = "podium.challenges"
