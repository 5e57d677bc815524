from django.apps import AppConfig


class BaselineRunsConfig(AppConfig):
    name = "podium.baseline_runs"
