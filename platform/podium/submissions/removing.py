"""What becomes of the submissions of baselines when a task is removed."""

from django.db import transaction
from django.db.models import Model, QuerySet

from podium import files
from podium.challenges.models import Task
from podium.submissions.models import Evaluation, PartialUpload, Rescore, Submission, Validation


def why_not(task: Task) -> str:
    """Say why the task must stay: people have submitted to it, or are about to."""
    teams = {row.team_id for row in _of_people(task)}
    if teams:
        count = f"{len(teams)} team{'s have' if len(teams) > 1 else ' has'}"
        return (
            f"{count} submitted to task “{task}”, so it must stay: their work and its board rest "
            "on it. Pause the task instead, with a sentence that says why."
        )
    if PartialUpload.objects.filter(task=task).exists():
        return (
            f"Somebody is uploading to task “{task}” now. Pause the task instead, or try again "
            "when no upload is on its way."
        )
    return ""


def contents(task: Task) -> list[str]:
    """Return in words what is removed with the task."""
    rows: list[tuple[QuerySet[Model], str]] = [
        (Submission.objects.filter(task=task), "submission of a baseline|submissions of baselines"),
        (Rescore.objects.filter(task=task), "rescore|rescores"),
        (task.questions.all(), "question with its answers|questions with their answers"),
    ]
    return [
        f"{count} {words.split('|')[count > 1]}" for each, words in rows if (count := each.count())
    ]


def remove(task: Task) -> None:
    """Delete the submissions to a task, with their evaluations, and at the end their files."""
    submissions = Submission.objects.filter(task=task)
    evaluations = Evaluation.objects.filter(submission__task=task)
    checks = Validation.objects.filter(task=task)
    names = [
        *submissions.exclude(file="").values_list("file", flat=True),
        *evaluations.exclude(rows="").values_list("rows", flat=True),
        *checks.exclude(file="").values_list("file", flat=True),
    ]
    Rescore.objects.filter(task=task).delete()
    evaluations.delete()
    submissions.delete()
    checks.delete()
    # Robust: the task is gone, whatever happens to the storage.
    transaction.on_commit(lambda: _delete(names), robust=True)


def _of_people(task: Task) -> QuerySet[Submission]:
    return Submission.objects.filter(task=task, team__baseline="")


def _delete(names: list[str]) -> None:
    for name in names:
        files.private().delete(name)
