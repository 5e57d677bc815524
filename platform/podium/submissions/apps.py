from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "podium.submissions"

    def ready(self) -> None:
        """Hear of teams that become one or go, so that submissions do in the same transaction."""
        from podium.submissions import leaving, merging
        from podium.teams import signals

        signals.merge_questioned.append(merging.why_not)
        signals.teams_merged.append(merging.merge)
        signals.team_removed.append(leaving.remove)
        signals.account_deleted.append(leaving.forget)
