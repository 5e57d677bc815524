from django.apps import AppConfig


class IntegrityConfig(AppConfig):
    name = "podium.integrity"

    def ready(self) -> None:
        """Look at a task again whenever a score is stored, and warn of merges that hide a case."""
        from podium.integrity import looking, merging
        from podium.submissions import signals as submissions
        from podium.teams import signals as teams

        submissions.evaluation_stored.append(looking.on_evaluation_stored)
        teams.merge_described.append(merging.described)
