"""Trainings of reference methods."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from podium.catalog.models import DatasetVersion
from podium.challenges.models import Task
from podium.jobs import FollowedJob, lease_only_while
from podium.submissions.models import Submission


class RunState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


RUN_IN_FLIGHT = (RunState.QUEUED, RunState.RUNNING)


SEED = 1
"""The seed of a run unless another is chosen."""


class BaselineRun(FollowedJob):
    """One training of one method on the public files of one task."""

    TASK, RUNNING = "baseline_runs.run", RunState.RUNNING
    WHEN_CLAIMED = {**FollowedJob.WHEN_CLAIMED, "log": ""}

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="baseline_runs")
    method = models.CharField(max_length=40)
    seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Its time limit; empty: the site's, for a run from before runs had their own.",
    )
    seed = models.PositiveIntegerField(default=SEED, help_text="Of everything random in it.")
    is_on_board = models.BooleanField(
        default=True,
        help_text="Boards show it. What other seeds reach is shown to organizers only.",
    )
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    queued_at = models.DateTimeField(default=timezone.now)
    log = models.TextField(blank=True, help_text="The last lines that the method wrote.")
    submission = models.ForeignKey(
        Submission, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    facts = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="What the method reported of its training: version, time, validation score.",
    )
    reference = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The earlier baseline from whose submission the method started, if it needs one.",
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "method", "seconds", "seed"],
                condition=Q(state__in=RUN_IN_FLIGHT),
                name="one_run_at_a_time",
            ),
            lease_only_while("run_lease_while_running", RunState.RUNNING),
        ]

    def __str__(self) -> str:
        return f"{self.method} on {self.task}"


class DiagnosisState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Diagnosis(FollowedJob):
    """What a published data set version is like to learn from, found on its public files."""

    TASK, RUNNING = "baseline_runs.diagnose", DiagnosisState.RUNNING

    version = models.OneToOneField(
        DatasetVersion, on_delete=models.CASCADE, related_name="diagnosis"
    )
    state = models.CharField(
        max_length=10, choices=DiagnosisState.choices, default=DiagnosisState.QUEUED
    )
    queued_at = models.DateTimeField(default=timezone.now)
    result = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="Content of diagnostics.json; it stays while a new one is made.",
    )

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "diagnoses"
        constraints = [
            lease_only_while("diagnosis_lease_while_running", DiagnosisState.RUNNING),
            models.CheckConstraint(
                name="diagnosis_result_when_done",
                condition=~Q(state=DiagnosisState.DONE) | Q(result__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"diagnosis of {self.version}"
