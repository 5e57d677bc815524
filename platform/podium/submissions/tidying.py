"""Deleting what is no longer needed of submissions: uploads, rows.npz, checks, unfinished uploads.

Done in small parts behind all other work of the scoring workers. Every part may be interrupted
at any point: what is left to do is asked of the database again.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from podium import files
from podium.challenges.models import Task, current_scorer_version
from podium.submissions import originals, partial, signals
from podium.submissions.jobs import validations
from podium.submissions.models import IN_FLIGHT, Evaluation, State, Submission

log = structlog.get_logger(__name__)
PART_SECONDS = 0.5
MOST_AT_A_TIME = 500
ROWS_KEPT = timedelta(hours=6)


def retention() -> str:
    """Return the retention rule of uploads in words, for those who upload."""
    rejected = settings.REJECTED_UPLOAD_DAYS
    archived = settings.ARCHIVED_UPLOAD_DAYS
    scored = (
        "Scored files are stored for the life of the challenge"
        if archived is None
        else f"Scored files are stored until {_days(archived)} after the challenge is archived"
    )
    return f"{scored}, rejected ones for {_days(rejected)}."


def tidy() -> bool:
    """Tidy a batch. Returns whether there may be more."""
    until = time.monotonic() + PART_SECONDS
    done = 0
    steps: list[tuple[QuerySet[Any], Callable[[Any], None]]] = [
        (_expired(), originals.delete),
        (_unneeded_rows(), _drop_rows),
        (validations.left_over(), validations.drop),
        (validations.out_of_date(), validations.forget),
        (partial.out_of_date(), partial.drop),
    ]
    for rows, step in steps:
        for row in rows.order_by("pk")[:MOST_AT_A_TIME]:
            try:
                step(row)
            except Exception:
                # An hour later it is tried again; it must not keep the others from their turn.
                log.exception("not tidied", step=step.__name__, id=row.pk)
            else:
                done += 1
            if time.monotonic() > until:
                return True
    return bool(done)


def missing_rows() -> list[int]:
    """Return the ids of evaluations whose rows.npz is needed and can be made again."""
    found = Evaluation.objects.filter(
        _needed(), rows="", scorer_version=current_scorer_version()
    ).exclude(submission__file="")
    return list(found.order_by("pk").values_list("pk", flat=True)[:MOST_AT_A_TIME])


def delete_strays() -> int:
    """Delete files that no row names, as a process killed after storing leaves them; count them."""
    count = 0
    for task in Task.objects.values_list("pk", flat=True):
        uploads = Submission.objects.filter(task=task).values_list("file", flat=True)
        count += files.delete_strays(files.private(), f"uploads/{task}", uploads)
        rows = Evaluation.objects.filter(submission__task=task).exclude(rows="")
        count += files.delete_strays(
            files.private(), f"rows/{task}", rows.values_list("rows", flat=True)
        )
    return count


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _expired() -> QuerySet[Submission]:
    """Return the submissions whose files are to be deleted."""
    now = timezone.now()
    over = Q(
        state=State.REJECTED,
        finished_at__lt=now - timedelta(days=settings.REJECTED_UPLOAD_DAYS),
    )
    over |= Q(team__removed_at__isnull=False)
    if settings.ARCHIVED_UPLOAD_DAYS is not None:
        since = now - timedelta(days=settings.ARCHIVED_UPLOAD_DAYS)
        over |= Q(task__challenge__archived_at__lt=since)
    return Submission.objects.exclude(state__in=IN_FLIGHT).filter(over).exclude(file="")


def _needed() -> Q:
    """Return which evaluations' rows are asked for again and again: the teams' best."""
    needed = Q(pk__in=())
    for submissions in signals.rows_needed:
        needed |= Q(submission__in=submissions())
    return needed & Q(counts=True)


def _unneeded_rows() -> QuerySet[Evaluation]:
    old = Evaluation.objects.filter(created_at__lt=timezone.now() - ROWS_KEPT)
    return old.exclude(rows="").exclude(_needed())


def _drop_rows(evaluation: Evaluation) -> None:
    # The file first: interrupted in between, this is done again; nobody misses what can be remade.
    files.private().delete(evaluation.rows)
    Evaluation.objects.filter(pk=evaluation.pk, rows=evaluation.rows).update(rows="")
