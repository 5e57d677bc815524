"""Boards and the places on them."""

from django.db import models
from django.db.models import Q

from podium.challenges.models import Task, Track
from podium.submissions.models import Submission
from podium.teams.models import Team


class Board(models.Model):
    """The board of one task or one track. Its revision grows with every change of a row.

    Locking this row orders the changes of a board.
    """

    task = models.OneToOneField(Task, null=True, blank=True, on_delete=models.CASCADE)
    track = models.OneToOneField(Track, null=True, blank=True, on_delete=models.CASCADE)
    revision = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="board_of_task_or_track",
                condition=Q(task__isnull=True) ^ Q(track__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"board of {self.task or self.track}"


class Standing(models.Model):
    """A team's place on a board from `valid_from` until `valid_until` (empty: now).

    Every number in it is a displayed one: made by `feedback` before it came here.
    """

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="standings")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="standings")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    position = models.PositiveIntegerField(help_text="Order of the rows, baselines included.")
    rank = models.PositiveIntegerField(null=True, blank=True, help_text="Baselines have none.")
    score = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    submission = models.ForeignKey(
        Submission, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    first_reached = models.DateTimeField()
    attempts = models.PositiveIntegerField()
    tasks = models.JSONField(
        default=list,
        blank=True,
        help_text="Track boards: per task its slug, displayed score and skill.",
    )

    class Meta:
        ordering = ["position"]
        indexes = [models.Index(fields=["board", "valid_from"], name="standing_history")]
        constraints = [
            models.UniqueConstraint(
                fields=["board", "team"],
                condition=Q(valid_until__isnull=True),
                name="one_place_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.rank}"
