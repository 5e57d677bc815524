"""Corrected solutions that owners upload, from the comparison of labels to the decision."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from podium.catalog.models import Solution
from podium.challenges.models import Task
from podium.jobs import LeasedJob, lease_only_while


class CorrectionState(models.TextChoices):
    QUEUED = "queued", "waits for a worker"
    RUNNING = "running", "being compared"
    COMPARED = "compared", "compared"
    FAILED = "failed", "cannot be used"
    ADDED = "added", "added"
    DISCARDED = "discarded", "discarded"


UNDECIDED = (CorrectionState.QUEUED, CorrectionState.RUNNING, CorrectionState.COMPARED)


class Correction(LeasedJob):
    """One corrected solution for the data set version of a task.

    `upload` is the file as received, until it has been compared; `file` is the solution that a
    worker made of it. Only workers read either. `comparison` counts what differs, and says
    something about labels: it is only for people who may see private scores.
    """

    TASK, RUNNING = "corrections.compare", CorrectionState.RUNNING

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="corrections")
    state = models.CharField(
        max_length=10, choices=CorrectionState.choices, default=CorrectionState.QUEUED
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=200, help_text="Of the file, as sent.")
    upload = models.CharField(max_length=300, blank=True, help_text="Name in the private storage.")
    compared_with = models.ForeignKey(
        Solution, on_delete=models.CASCADE, related_name="+", help_text="What the task had then."
    )
    comparison = models.JSONField(default=dict, blank=True, editable=False)
    facts = models.JSONField(
        default=dict, blank=True, editable=False, help_text="What the new solution's row will have."
    )
    solution = models.ForeignKey(
        Solution, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    problem = models.TextField(blank=True, help_text="Why the file cannot be used.")
    reference = models.CharField(
        max_length=32, blank=True, help_text="Under which the operator finds a failure of ours."
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(state__in=UNDECIDED), name="one_correction_at_a_time"
            ),
            lease_only_while("correction_lease_while_running", CorrectionState.RUNNING),
        ]

    def __str__(self) -> str:
        return f"corrected solution of {self.task}"

    @property
    def is_in_flight(self) -> bool:
        return self.state in {CorrectionState.QUEUED, CorrectionState.RUNNING}

    @property
    def file(self) -> str:
        """The name of the checked solution in the private storage, or ""."""
        return str(self.facts.get("file", ""))
