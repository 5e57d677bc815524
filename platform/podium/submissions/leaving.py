"""What becomes of submissions, uploads and checks when an account is deleted."""

from django.db import transaction
from django.utils import timezone

from podium import files
from podium.accounts.models import User
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.submissions.models import PartialUpload, Submission, Validation
from podium.submissions.signals import submission_withdrawn
from podium.teams.models import Team


def remove(team: Team, by: User) -> None:
    """Withdraw all that the team has submitted. The tidying deletes the files of removed teams.

    Ignores the selection deadline: this is removal, not selection.
    """
    rows = list(Submission.objects.filter(team=team, withdrawn_at=None).select_related("task"))
    Submission.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=timezone.now())
    for row in rows:
        record(Verb.WITHDREW_SUBMISSION, subject=row, by=by, challenge=team.challenge.slug)
    # Boards are rebuilt by team and task: one submission of each is enough.
    for row in {row.task_id: row for row in rows}.values():
        row.refresh_from_db(fields=["withdrawn_at"])
        for listener in submission_withdrawn:
            listener(row)


def forget(user: User) -> None:
    """Delete what a person has sent but not submitted: uploads in parts, and checks."""
    uploads = PartialUpload.objects.filter(user=user)
    folders = [upload.folder for upload in uploads]
    checks = Validation.objects.filter(user=user)
    names = list(checks.exclude(file="").values_list("file", flat=True))
    uploads.delete()
    checks.delete()
    # Once that is certain. What still arrives or is stored meanwhile finds no row and goes too.
    transaction.on_commit(lambda: _delete(folders, names), robust=True)


def _delete(folders: list[str], names: list[str]) -> None:
    for folder in folders:
        files.delete_folder(files.private(), folder)
    for name in names:
        files.private().delete(name)
