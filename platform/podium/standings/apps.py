from django.apps import AppConfig


class StandingsConfig(AppConfig):
    name = "podium.standings"

    def ready(self) -> None:
        """Register the handlers that update boards in the transaction of each change."""
        from podium.challenges import signals as challenges
        from podium.standings import actions
        from podium.submissions import signals as submissions
        from podium.teams import signals as teams

        challenges.ranking_changed.append(actions.on_ranking_changed)
        challenges.task_removed.append(actions.on_task_removed)
        submissions.evaluation_stored.append(actions.on_evaluation_stored)
        submissions.submission_ended.append(actions.on_submission_ended)
        submissions.submission_withdrawn.append(actions.on_submission_withdrawn)
        submissions.submission_selected.append(actions.on_submission_selected)
        submissions.rows_needed.append(actions.standing_submissions)
        submissions.method_changed.append(actions.on_method_changed)
        teams.team_relabelled.append(actions.on_team_relabelled)
        teams.team_standing_changed.append(actions.on_team_changed)
        # Runs after the handler of `submissions`: apps become ready in the order of INSTALLED_APPS.
        teams.teams_merged.append(actions.on_teams_merged)
