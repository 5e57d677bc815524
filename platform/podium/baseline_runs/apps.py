from django.apps import AppConfig


class BaselineRunsConfig(AppConfig):
    name = "podium.baseline_runs"

    def ready(self) -> None:
        """Say what goes with a task that is removed."""
        from podium.baseline_runs import removing
        from podium.challenges import signals

        signals.task_contents.append(removing.contents)
