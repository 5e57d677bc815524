"""Looking for cases: when a task is looked at, and by which rules.

The database says what is left to do, so a message may be lost or doubled, and a worker killed, at
any moment: what is found twice is one case.
"""

import time
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from podium import celery
from podium.challenges.models import Task
from podium.integrity import accounts, agreement, equal_files, jumping, steps
from podium.integrity.findings import store
from podium.integrity.models import Look
from podium.submissions.models import Evaluation

# Longer than a look takes: an older claim belongs to a worker that is gone, or whose look failed.
LEASE = timedelta(minutes=3)
# After a look a task rests, the longer the more work it was; never so long that a minute passes.
REST_TIMES = 5.0
MOST_REST = 30.0
MESSAGE_SECONDS = 20.0


def on_evaluation_stored(evaluation: Evaluation) -> None:
    """Ask for a look at the task, once its transaction commits."""
    task = evaluation.submission.task
    Look.objects.get_or_create(task=task)
    Look.objects.filter(task=task).update(asked=F("asked") + 1)
    celery.send("integrity.look", task.pk, expires=MESSAGE_SECONDS)


def look(task_id: int) -> bool:
    """Look for cases of a task if it is due. Return whether it was looked at."""
    now = timezone.now()
    row = Look.objects.filter(task=task_id, asked__gt=F("looked")).first()
    if row is None or _rests(row, now) or not _claim(row, now):
        return False
    started = time.monotonic()
    # What is asked from here on may concern scores that are not seen below.
    asked = Look.objects.get(pk=row.pk).asked
    task = Task.objects.select_related("challenge", "solution", "dataset_version").get(pk=task_id)
    look_at(task)
    Look.objects.filter(pk=row.pk).update(
        looked=asked,
        looked_at=timezone.now(),
        claimed_at=None,
        seconds=time.monotonic() - started,
    )
    return True


def look_at(task: Task) -> None:
    """Store what all rules find among the files of a task, and among the people of its teams."""
    steps.take(task)
    apart = equal_files.known_hashes(task)
    found = [
        *equal_files.find(task, apart),
        *agreement.find(task, apart),
        *steps.find(task),
        *jumping.find(task),
        *accounts.find(task.challenge),
    ]
    store(task.challenge, found)


def sweep() -> int:
    """Send a look at every task that is due. Return how many."""
    now = timezone.now()
    due = [row for row in Look.objects.filter(asked__gt=F("looked")) if not _rests(row, now)]
    for row in due:
        celery.send("integrity.look", row.task_id, expires=MESSAGE_SECONDS)
    return len(due)


def _rests(row: Look, now: datetime) -> bool:
    if row.looked_at is None:
        return False
    rest = timedelta(seconds=min(MOST_REST, REST_TIMES * row.seconds))
    return row.looked_at <= now < row.looked_at + rest


def _claim(row: Look, now: datetime) -> bool:
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE) | Q(claimed_at__gt=now + LEASE)
    return bool(Look.objects.filter(free, pk=row.pk).update(claimed_at=now))
