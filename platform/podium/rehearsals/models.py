"""Rehearsals that organizers ask for, played by a worker."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from podium.challenges.models import Challenge
from podium.files import Json
from podium.jobs import LeasedJob, lease_only_while


class RehearsalState(models.TextChoices):
    QUEUED = "queued", "waits for a worker"
    RUNNING = "running", "being played"
    DONE = "done", "played"
    FAILED = "failed", "failed"


IN_FLIGHT = (RehearsalState.QUEUED, RehearsalState.RUNNING)


class Rehearsal(LeasedJob):
    """One rehearsal of a challenge, with its report.

    `steps` have `title`, `expected`, `happened` and `seconds`. `definition` is the SHA-256 of the
    challenge.yaml that was rehearsed.
    """

    TASK, RUNNING = "rehearsals.play", RehearsalState.RUNNING

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="rehearsals")
    state = models.CharField(
        max_length=10, choices=RehearsalState.choices, default=RehearsalState.QUEUED
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    definition = models.CharField(max_length=64, blank=True)
    steps = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why there is no report.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge"],
                condition=Q(state__in=IN_FLIGHT),
                name="one_rehearsal_at_a_time",
            ),
            lease_only_while("rehearsal_lease_while_running", RehearsalState.RUNNING),
        ]

    def __str__(self) -> str:
        return f"rehearsal of {self.challenge}"

    @property
    def is_in_flight(self) -> bool:
        return self.state in IN_FLIGHT

    @property
    def problems(self) -> list[Json]:
        """The steps that did not go as expected."""
        return [step for step in self.steps if step["expected"] != step["happened"]]
