"""Evaluations: what the scorer says of a submission, as rows of the database, and rows.npz."""

import traceback
from collections.abc import Sequence
from dataclasses import asdict

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import DatabaseError

from podium import files
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.catalog.models import Solution
from podium.challenges.models import current_scorer_version
from podium.submissions import originals
from podium.submissions.models import Evaluation, Score, Submission, Validation
from scoring import Limits
from scoring.runner import Failed, Rejected, Scored, Scorer

# (submission, what the scorer said of it)
Outcomes = Sequence[tuple[Submission, Scored]]


class NoRows(Exception):
    """The rows of an evaluation cannot be made again; the text says why."""


def outcome_of(
    submission: Submission, solution: Solution, scorer: Scorer
) -> Scored | Rejected | Failed:
    """Return what the scorer says of a submission. Raises UploadGone, OSError."""
    task = submission.task
    folder = task.dataset_version.folder
    with originals.for_scoring(submission) as file:
        outcome = scorer.score(
            file=file,
            dataset=files.local(files.public(), f"{folder}/dataset.json"),
            test=files.local(files.public(), f"{folder}/test.parquet"),
            solution=files.local(files.private(), solution.file),
            limits=Limits(
                memory_bytes=settings.SCORING_MEMORY_BYTES,
                cpu_seconds=settings.SCORING_WALL_SECONDS,
                wall_seconds=settings.SCORING_WALL_SECONDS,
            ),
            headline=task.headline,
        )
    record_crashes(scorer, submission)
    return outcome


def record_crashes(scorer: Scorer, subject: Submission | Validation) -> None:
    """Keep for the organizers which file ended a program of the scorer, if one did."""
    for crash in scorer.take_crashes():
        slug = subject.task.challenge.slug
        record(Verb.CRASHED_SCORER, subject=subject, challenge=slug, crash=crash)


def store(
    outcomes: Outcomes, solution: Solution, *, counts: bool, rows: str = ""
) -> list[Evaluation]:
    """Return the stored evaluations with their scores. Runs in a transaction."""
    evaluations = Evaluation.objects.bulk_create(
        Evaluation(
            submission=submission,
            solution=solution,
            scorer_version=current_scorer_version(),
            seconds=outcome.seconds,
            rows=rows,
            diagnostics=dict(outcome.diagnostics),
            counts=counts,
        )
        for submission, outcome in outcomes
    )
    Score.objects.bulk_create(
        Score(evaluation=evaluation, **asdict(score))
        for evaluation, (_, outcome) in zip(evaluations, outcomes, strict=True)
        for score in outcome.scores
    )
    return evaluations


def rows_of(evaluation: Evaluation, scorer: Scorer) -> bytes:
    """Return rows.npz of an evaluation: as stored, or made again from the upload.

    A worker's work. Raises NoRows if the upload is gone or the scorer is another one by now.
    """
    if evaluation.rows:
        try:
            with files.private().open(evaluation.rows) as file:
                return bytes(file.read())
        except FileNotFoundError:
            pass  # the tidying has just deleted it
    if evaluation.scorer_version != current_scorer_version():
        raise NoRows(
            f"Its rows were made by scorer {evaluation.scorer_version}, and this is scorer "
            f"{current_scorer_version()}. Rescore the task."
        )
    try:
        outcome = outcome_of(evaluation.submission, evaluation.solution, scorer)
    except originals.UploadGone as gone:
        raise NoRows(str(gone)) from gone
    if not isinstance(outcome, Scored):
        what = outcome.reason if isinstance(outcome, Failed) else "the file is rejected now"
        raise NoRows(f"Its rows could not be made again: {what}.")
    return outcome.rows


def keep_rows(evaluation: Evaluation, scorer: Scorer) -> None:
    """Store rows.npz of an evaluation that has none. Raises NoRows as `rows_of` does."""
    name = f"rows/{evaluation.submission.task_id}/{evaluation.submission_id}-e{evaluation.pk}.npz"
    content = rows_of(evaluation, scorer)
    files.private().delete(name)  # what a broken attempt may have left
    files.private().save(name, ContentFile(content))
    Evaluation.objects.filter(pk=evaluation.pk, rows="").update(rows=name)


def operator_text(error: Exception) -> str:
    """Return where and how it failed. A database's own words may quote a row, scores and all."""
    where = "".join(traceback.format_tb(error.__traceback__)[-8:])
    what = "" if isinstance(error, DatabaseError) else f": {error}"
    return f"{where}{type(error).__name__}{what}"
