"""What becomes of submissions when the account of their team's last member is deleted."""

from typing import Any

from django.utils import timezone

from podium.audit.actions import record
from podium.submissions.models import Submission
from podium.submissions.signals import submission_withdrawn
from podium.teams.models import Team


def remove(team: Team, by: Any) -> None:
    """Withdraw all that the team has submitted. The tidying deletes the files of removed teams.

    Not asked is whether teams may still choose what counts: this is no choice of what is best.
    """
    rows = list(Submission.objects.filter(team=team, withdrawn_at=None).select_related("task"))
    Submission.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=timezone.now())
    for row in rows:
        record("withdrew submission", subject=row, by=by, challenge=team.challenge.slug)
    # Boards are made anew by team and task, of which one submission tells.
    for row in {row.task_id: row for row in rows}.values():
        row.refresh_from_db(fields=["withdrawn_at"])
        for listener in submission_withdrawn:
            listener(row)
