"""Submissions, their evaluations and scores, and the daily quota."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from podium.catalog.models import Solution
from podium.challenges.models import Task
from podium.teams.models import Team


class State(models.TextChoices):
    """Where a submission is. `rejected` is the file's fault, `failed` is ours."""

    QUEUED = "queued"
    SCORING = "scoring"
    SCORED = "scored"
    REJECTED = "rejected"
    FAILED = "failed"


IN_FLIGHT = (State.QUEUED, State.SCORING)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Questions that more than one place asks about submissions."""

    def in_flight(self) -> "SubmissionQuerySet":
        return self.filter(state__in=IN_FLIGHT)

    def ahead_of(self, submission: "Submission") -> "SubmissionQuerySet":
        """Return the queued submissions that a worker takes before this one."""
        return self.filter(state=State.QUEUED).filter(
            Q(queued_at__lt=submission.queued_at)
            | Q(queued_at=submission.queued_at, id__lt=submission.id)
        )


class Submission(models.Model):
    """One immutable predictions file of one team for one task, and where its scoring stands."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="submissions")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField(help_text="Counts within team and task.")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    file = models.CharField(max_length=200, help_text="Name in the private storage.")
    original_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    method = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    first_byte_at = models.DateTimeField()
    received_at = models.DateTimeField()
    quota_day = models.DateField(null=True, blank=True, help_text="Empty: exempt from the quota.")

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    queued_at = models.DateTimeField()
    attempt = models.PositiveIntegerField(
        default=0, help_text="Only grows: a claim holds as long as its attempt is the last one."
    )
    attempt_limit = models.PositiveIntegerField(default=3, help_text="Fails after this attempt.")
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    problems = models.JSONField(default=list, blank=True, help_text="Why it was rejected.")
    notes = models.JSONField(default=list, blank=True, help_text="What reading it had to assume.")
    failure = models.TextField(blank=True, help_text="What went wrong on our side; operators only.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["state", "queued_at"], name="submission_queue"),
            models.Index(fields=["task", "team"], name="submission_team_task"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["team", "task", "number"], name="submission_number"),
            models.CheckConstraint(
                name="submission_lease_while_scoring",
                condition=Q(state=State.SCORING, lease_until__isnull=False)
                | (~Q(state=State.SCORING) & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="submission_finished_when_final",
                condition=Q(state__in=IN_FLIGHT, finished_at__isnull=True)
                | (~Q(state__in=IN_FLIGHT) & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}, {self.task}, no. {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("submission", args=[self.pk])

    @property
    def is_final(self) -> bool:
        return self.state not in IN_FLIGHT


class Part(models.TextChoices):
    PUBLIC = "public"
    PRIVATE = "private"


class Evaluation(models.Model):
    """One scoring of one submission against one solution version by one scorer version."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="evaluations")
    solution = models.ForeignKey(Solution, on_delete=models.PROTECT)
    scorer_version = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
    seconds = models.FloatField()
    rows = models.CharField(max_length=200, help_text="rows.npz, name in the private storage.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "solution", "scorer_version"], name="evaluation_once"
            ),
        ]

    def __str__(self) -> str:
        return f"evaluation of {self.submission}"


class Score(models.Model):
    """One number of an evaluation: a metric on a part, with its 95 % interval.

    These are raw values. Nobody but organizers sees one except through `standings.feedback`.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="scores")
    part = models.CharField(max_length=10, choices=Part.choices)
    metric = models.CharField(max_length=40)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    standard_error = models.FloatField(null=True)
    n = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True, help_text="Why there is no value.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "part", "metric"], name="score_once"),
            models.CheckConstraint(
                name="score_or_reason", condition=Q(value__isnull=False) | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.metric}"


class Quota(models.Model):
    """How much of a UTC day's quota a team has used on a task. Locked while one is reserved."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    task = models.ForeignKey(Task, on_delete=models.CASCADE)
    day = models.DateField()
    used = models.PositiveIntegerField(default=0, help_text="Reserved or scored.")
    rejected = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "task", "day"], name="quota_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.team}, {self.task}, {self.day}"
