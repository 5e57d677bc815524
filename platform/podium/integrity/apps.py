from django.apps import AppConfig


class IntegrityConfig(AppConfig):
    name = "podium.integrity"

    def ready(self) -> None:
        """Look at a task again whenever a score is stored."""
        from podium.integrity import looking
        from podium.submissions import signals as submissions

        submissions.evaluation_stored.append(looking.on_evaluation_stored)
