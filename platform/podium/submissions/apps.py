from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    name = "podium.submissions"

    def ready(self) -> None:
        """Hear of teams that become one or go, so that submissions do in the same transaction."""
        from podium.challenges import signals as challenges
        from podium.submissions import leaving, merging, removing
        from podium.teams import signals

        signals.merge_questioned.append(merging.why_not)
        signals.merge_described.append(merging.described)
        signals.teams_merged.append(merging.merge)
        signals.team_removed.append(leaving.remove)
        signals.account_deleted.append(leaving.forget)
        challenges.removal_questioned.append(removing.why_not)
        challenges.task_contents.append(removing.contents)
        challenges.task_removed.append(removing.remove)
