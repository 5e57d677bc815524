"""Trainings of reference methods."""

from django.db import models
from django.db.models import Q

from podium.catalog.models import DatasetVersion
from podium.challenges.models import Task
from podium.submissions.models import Submission


class RunState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


RUN_IN_FLIGHT = (RunState.QUEUED, RunState.RUNNING)


class BaselineRun(models.Model):
    """One training of one method on the public files of one task."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="baseline_runs")
    method = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    attempt = models.PositiveIntegerField(
        default=0, help_text="Only grows: a claim holds as long as its attempt is the last one."
    )
    attempt_limit = models.PositiveIntegerField(default=3, help_text="Fails after this attempt.")
    queued_at = models.DateTimeField(auto_now_add=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    progress = models.FloatField(default=0, help_text="From 0 to 1.")
    message = models.CharField(max_length=300, blank=True)
    log = models.TextField(blank=True, help_text="The last lines that the method wrote.")
    submission = models.ForeignKey(
        Submission, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
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
                fields=["task", "method"],
                condition=Q(state__in=RUN_IN_FLIGHT),
                name="one_run_at_a_time",
            ),
            models.CheckConstraint(
                name="run_lease_while_running",
                condition=Q(state=RunState.RUNNING, lease_until__isnull=False)
                | (~Q(state=RunState.RUNNING) & Q(lease_until__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} on {self.task}"


class DiagnosisState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Diagnosis(models.Model):
    """What a published data set version is like to learn from, found on its public files."""

    version = models.OneToOneField(
        DatasetVersion, on_delete=models.CASCADE, related_name="diagnosis"
    )
    state = models.CharField(
        max_length=10, choices=DiagnosisState.choices, default=DiagnosisState.QUEUED
    )
    attempt = models.PositiveIntegerField(
        default=0, help_text="Only grows: a claim holds as long as its attempt is the last one."
    )
    attempt_limit = models.PositiveIntegerField(default=3, help_text="Fails after this attempt.")
    queued_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    progress = models.FloatField(default=0, help_text="From 0 to 1.")
    message = models.CharField(max_length=300, blank=True)
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
            models.CheckConstraint(
                name="diagnosis_lease_while_running",
                condition=Q(state=DiagnosisState.RUNNING, lease_until__isnull=False)
                | (~Q(state=DiagnosisState.RUNNING) & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="diagnosis_result_when_done",
                condition=~Q(state=DiagnosisState.DONE) | Q(result__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"diagnosis of {self.version}"
