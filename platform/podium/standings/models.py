"""Boards and the places on them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from podium.challenges.models import Task, Track
from podium.jobs import LeasedJob, lease_only_while
from podium.submissions.models import Evaluation, Part, Submission
from podium.teams.models import Team


class Board(models.Model):
    """The board of one task or one track, on one part of the test rows.

    Its revision increases with every change of a row. Locking the public board of a track
    serializes changes to all boards of the track. Private boards are created at the reveal.
    """

    task = models.ForeignKey(
        Task, null=True, blank=True, on_delete=models.CASCADE, related_name="boards"
    )
    track = models.ForeignKey(
        Track, null=True, blank=True, on_delete=models.CASCADE, related_name="boards"
    )
    part = models.CharField(max_length=10, choices=Part.choices, default=Part.PUBLIC)
    revision = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "part"], name="board_of_task_once"),
            models.UniqueConstraint(fields=["track", "part"], name="board_of_track_once"),
            models.CheckConstraint(
                name="board_of_task_or_track",
                condition=Q(task__isnull=True) ^ Q(track__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} board of {self.task or self.track}"

    @property
    def subject_id(self) -> int:
        """The id of the task or track."""
        return self.task_id or self.track_id or 0


class Revision(models.Model):
    """One state of a board: the time of its start, the step of its scores, and its study.

    `study` holds results that take too long for a request, by team id as a string: see `studies`.
    On a public board they went through `feedback` before they were stored here.
    """

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    step = models.FloatField(null=True, help_text="Empty: scores are not rounded.")
    best = models.FloatField(
        null=True, help_text="The first team's score, set only if this state changed it."
    )
    study = models.JSONField(default=dict, blank=True)
    studied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["board", "-number"]
        indexes = [
            models.Index(fields=["board", "at"], name="revision_at"),
            models.Index(
                fields=["board", "at"], condition=Q(best__isnull=False), name="revision_best"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["board", "number"], name="revision_once"),
        ]

    def __str__(self) -> str:
        return f"revision {self.number} of {self.board}"


class BoardDocument(models.Model):
    """The rows of one state of a board as a `BoardTable`, encoded.

    There is one for the present state of each board, updated in place with every change, and one
    for the state that readers see during a freeze. The rows of any other state are in the history.
    """

    revision = models.OneToOneField(Revision, on_delete=models.CASCADE, related_name="document")
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"document of {self.revision}"


class Standing(models.Model):
    """A team's row on a board from `valid_from` until `valid_until` (empty: now).

    Ranks are not stored: they follow from the rows of all teams at a time (see `history`). Every
    number on a public board is a displayed one, made by `feedback` before it was stored here.
    Numbers on a private board are unrounded.
    """

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="standings")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="standings")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    score = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    submission = models.ForeignKey(
        Submission, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    score_since = models.DateTimeField(
        help_text="When the board started to show this score, in the first row with it."
    )
    # A stored column, so that the database has statistics on how few rows it is true for.
    is_new_score = models.GeneratedField(
        expression=models.ExpressionWrapper(
            Q(valid_from=models.F("score_since")), models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    first_reached = models.DateTimeField()
    attempts = models.PositiveIntegerField()
    tie_break = models.FloatField(
        null=True, help_text="Private boards: orders teams that share a rank, larger values first."
    )
    tasks = models.JSONField(
        default=list,
        blank=True,
        help_text="Track boards: the slug, displayed score and skill of each task.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["board", "team", "valid_from"], name="standing_history"),
            models.Index(
                fields=["board", "team", "valid_from", "score"],
                condition=Q(is_new_score=True),
                name="standing_new_score",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["board", "team"],
                condition=Q(valid_until__isnull=True),
                name="one_place_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} on {self.board}"


class ComparisonState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Comparison(LeasedJob):
    """A worker's row-by-row comparison of two evaluations of a task on one part.

    The values are raw: only `comparisons` may show them. The first evaluation is the one with the
    smaller id.
    """

    TASK, RUNNING = "analysis.compare", ComparisonState.RUNNING

    first = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="+")
    part = models.CharField(max_length=10, choices=Part.choices)
    state = models.CharField(
        max_length=10, choices=ComparisonState.choices, default=ComparisonState.QUEUED
    )
    queued_at = models.DateTimeField(default=timezone.now)
    result = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why there is no result.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second", "part"], name="comparison_once"),
            lease_only_while("comparison_lease_while_running", ComparisonState.RUNNING),
            models.CheckConstraint(
                name="comparison_in_order", condition=Q(first__lt=models.F("second"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} against {self.second}"
