"""Jobs that a worker holds by a lease: claimed, renewed, finished, and sent again when lost.

The database is the truth and messages are hints. Each change of state is one UPDATE guarded by the
state and the attempt, so a message may be lost or delivered twice and a worker may be killed at any
moment: nothing is lost, and only the current attempt stores a result.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import ClassVar, Self

import structlog
from django.db import connection, models, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from podium import celery, programs

log = structlog.get_logger(__name__)
LEASE = timedelta(seconds=30)
RENEW_SECONDS = 10.0
# No two clocks differ by this much: a lease that ends later was given before a clock was set back.
FAR_AHEAD = 10 * LEASE
ATTEMPTS = 3
QUEUED, FAILED = "queued", "failed"
WORN_OUT = (
    "The worker died on every attempt. The operator should check its memory; then start this again."
)


class LostClaim(Exception):
    """The job was cancelled, given back or taken over by another worker: this worker stops."""


def is_lost(now: datetime) -> Q:
    """Return the condition under which the worker that holds a lease is gone."""
    return Q(lease_until__lt=now) | Q(lease_until__gt=now + FAR_AHEAD)


def lease_only_while(name: str, running: str) -> models.CheckConstraint:
    """Return the constraint that a job has a lease if and only if a worker runs it."""
    leased = Q(state=running, lease_until__isnull=False)
    return models.CheckConstraint(
        name=name, condition=leased | (~Q(state=running) & Q(lease_until__isnull=True))
    )


class LeasedJob(models.Model):
    """A row that workers take one at a time. Each kind has the states `queued` and `failed`."""

    TASK: ClassVar[str]
    """The Celery task that runs a job of this kind, given its id."""
    RUNNING: ClassVar[str]
    """The state in which a worker holds it."""
    WHEN_CLAIMED: ClassVar[Mapping[str, object]] = {}
    """Fields to set when a worker claims a job."""
    WHEN_LOST: ClassVar[Mapping[str, object]] = {}
    """Fields to set when a job is queued again because its worker died or is stopping."""

    state = models.CharField(max_length=10, default=QUEUED)
    attempt = models.PositiveIntegerField(
        default=0, help_text="Only grows: a claim holds while its attempt is the last one."
    )
    attempt_limit = models.PositiveIntegerField(
        default=ATTEMPTS, help_text="Fails after this attempt."
    )
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @classmethod
    def waiting(cls) -> QuerySet[Self]:
        """Return the jobs that wait for a worker, in their order."""
        rows = cls._default_manager.filter(state=QUEUED, queued_at__isnull=False)
        return rows.order_by("queued_at", "pk")

    @classmethod
    def claim(cls, pk: object) -> Self | None:
        """Return a waiting or lost job with one more attempt, now running; None if not free."""
        now = timezone.now()
        free = Q(state=QUEUED, queued_at__isnull=False) | (Q(state=cls.RUNNING) & is_lost(now))
        with transaction.atomic():
            if cls._default_manager.filter(free, pk=pk).update(
                state=cls.RUNNING,
                attempt=F("attempt") + 1,
                started_at=now,
                lease_until=now + LEASE,
                **cls.WHEN_CLAIMED,
            ):
                return cls._default_manager.get(pk=pk)
        return None

    @classmethod
    def run(
        cls, pk: object, *, do: Callable[[Self], object], fail: Callable[[Self, str], object]
    ) -> None:
        """Claim a job and do it. `fail` ends one whose attempts are used up, with the reason."""
        job = cls.claim(pk)
        if job is None:
            return
        try:
            if job.attempt > job.attempt_limit:
                fail(job, WORN_OUT)
            else:
                do(job)
        except LostClaim:
            log.info("claim lost", kind=cls.__name__, job=pk, attempt=job.attempt)

    @classmethod
    def sweep(cls, *, in_broker: int = 0) -> int:
        """Queue jobs again whose worker is gone, and send those that have no message.

        `in_broker` messages wait in the queue: that many waiting jobs may have one. Returns how
        many jobs were sent.
        """
        rows = cls._default_manager.filter(is_lost(timezone.now()), state=cls.RUNNING)
        lost = list(rows.values_list("pk", flat=True))
        rows.filter(pk__in=lost).update(state=QUEUED, lease_until=None, **cls.WHEN_LOST)
        waiting = cls.waiting().exclude(pk__in=lost).values_list("pk", flat=True)
        ids = lost + list(waiting[: max(0, waiting.count() - in_broker)])
        for pk in ids:
            celery.send(cls.TASK, pk)
        return len(ids)

    @classmethod
    def requeue(cls, rows: QuerySet[Self], **fields: object) -> bool:
        """Queue a job that has ended with three more attempts. Returns whether a row matched."""
        again = {"queued_at": timezone.now(), "lease_until": None, "finished_at": None, **fields}
        limit = F("attempt") + ATTEMPTS
        return bool(rows.update(state=QUEUED, attempt_limit=limit, **again))

    def send(self) -> None:
        """Send the job to the workers when this transaction commits."""
        celery.send(self.TASK, self.pk)

    def held(self) -> QuerySet[Self]:
        """Return the row of this claim; it is empty once the claim is lost."""
        rows = type(self)._default_manager.filter(pk=self.pk)
        return rows.filter(state=self.RUNNING, attempt=self.attempt)

    def renew(self, **fields: object) -> None:
        """Renew the lease and store the fields. Raises LostClaim."""
        if not self.held().update(lease_until=timezone.now() + LEASE, **fields):
            raise LostClaim

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Renew the lease in a thread while the body runs."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(RENEW_SECONDS):
                try:
                    self.renew()
                except LostClaim:
                    return  # storing the result fails too
                except Exception:
                    log.exception("lease not renewed", kind=type(self).__name__, job=self.pk)
                finally:
                    connection.close()

        thread = threading.Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def release(self, **fields: object) -> bool:
        """Queue the job again without a message: the sweep sends it in a few seconds.

        What failed on our side just now would fail again at once and use up all attempts.
        """
        return bool(self.held().update(state=QUEUED, lease_until=None, **fields))

    def give_back(self) -> bool:
        """Queue the job again because this worker is stopping; the attempt is not counted."""
        return self.release(attempt_limit=F("attempt_limit") + 1, **self.WHEN_LOST)

    def give_back_if_stopping(self) -> None:
        """Give the job back and raise LostClaim if this worker is stopping."""
        if programs.is_stopping():
            self.give_back()
            raise LostClaim

    def finish(self, state: str, **fields: object) -> bool:
        """Move the job to a final state. Returns whether the claim still held."""
        ended = {"lease_until": None, "finished_at": timezone.now(), **fields}
        return bool(self.held().update(state=state, **ended))


class FollowedJob(LeasedJob):
    """A job that runs for minutes and shows its progress, by which it renews its lease."""

    WHEN_CLAIMED = {"progress": 0, "message": "starting"}
    WHEN_LOST = {"message": "The worker stopped; the work starts again."}

    progress = models.FloatField(default=0, help_text="From 0 to 1.")
    message = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True

    def follow(self, progress: float, message: str, **fields: object) -> None:
        """Store the progress and renew the lease. Raises LostClaim, also if the worker stops."""
        self.give_back_if_stopping()
        self.renew(progress=progress, message=message[:300], **fields)
