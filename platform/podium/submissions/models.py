"""Submissions, evaluations, scores, rescores, the daily quota; checks and files on their way."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from podium.catalog.models import Solution
from podium.challenges.models import Task
from podium.jobs import LeasedJob, lease_only_while
from podium.teams.models import Team
from podium.uploads.models import ChunkedFile


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


class Submission(LeasedJob):
    """One immutable predictions file of one team for one task, and the state of its scoring."""

    TASK, RUNNING = "submissions.score", State.SCORING

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="submissions")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField(help_text="Counts within team and task.")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    file = models.CharField(
        max_length=200, blank=True, help_text="Name in the private storage; empty: deleted."
    )
    original_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    method = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    key = models.CharField(
        max_length=100,
        blank=True,
        help_text="A key with which its sender may send it a second time.",
    )
    first_byte_at = models.DateTimeField()
    received_at = models.DateTimeField()
    quota_day = models.DateField(null=True, blank=True, help_text="Empty: exempt from the quota.")

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    queued_at = models.DateTimeField()
    problems = models.JSONField(default=list, blank=True, help_text="Why it was rejected.")
    notes = models.JSONField(default=list, blank=True, help_text="What reading it had to assume.")
    failure = models.TextField(blank=True, help_text="What went wrong on our side; operators only.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(
        blank=True,
        help_text="Of the organizers: only they undo it. Its team reads the reason.",
    )
    selected_at = models.DateTimeField(
        null=True, blank=True, help_text="The team chose it as final, for the private board."
    )

    objects = SubmissionQuerySet.as_manager()

    replayed = False
    """True on what `submit` returns for a known key: nothing new was submitted."""

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["state", "queued_at"], name="submission_queue"),
            models.Index(fields=["task", "team"], name="submission_team_task"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["team", "task", "number"], name="submission_number"),
            models.UniqueConstraint(
                fields=["team", "key"], condition=~Q(key=""), name="submission_key_once"
            ),
            lease_only_while("submission_lease_while_scoring", State.SCORING),
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


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    """Which evaluations count. Nobody else asks for "the latest" or "the right" one."""

    def counting(self, task: Task) -> "EvaluationQuerySet":
        """Return what the task's boards and pages rest on: at most one for each submission.

        Each is by the task's solution and published scorer version, except what came after a
        newer scorer was deployed (which has no other one), and what the new scoring could not
        score when a rescore was published (which keeps its earlier one). What was scored by the
        data set that the task had before it opened is of other rows, so it no longer counts.
        """
        version = task.dataset_version_id
        return self.filter(submission__task=task, counts=True, solution__dataset_version=version)

    def under(self, rescore: "Rescore") -> "EvaluationQuerySet":
        """Return what would count if the rescore were published now."""
        made = Q(solution=rescore.solution_id, scorer_version=rescore.scorer_version)
        again = Evaluation.objects.filter(made, submission=OuterRef("submission"))
        version = rescore.solution.dataset_version_id
        kept = Q(counts=True, solution__dataset_version=version) & ~Exists(again)
        return self.filter(made | kept, submission__task=rescore.task_id)


class Evaluation(models.Model):
    """One scoring of one submission against one solution version by one scorer version.

    `diagnostics` hold private values too: like scores they leave through `standings.feedback` only.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="evaluations")
    solution = models.ForeignKey(Solution, on_delete=models.PROTECT)
    scorer_version = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)
    seconds = models.FloatField()
    rows = models.CharField(
        max_length=200,
        blank=True,
        help_text="rows.npz, name in the private storage; empty: made again when asked for.",
    )
    diagnostics = models.JSONField(default=dict, blank=True)
    counts = models.BooleanField(
        default=True, help_text="Boards and pages rest on it. What a rescore makes does not yet."
    )

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "solution", "scorer_version"], name="evaluation_once"
            ),
            models.UniqueConstraint(
                fields=["submission"], condition=Q(counts=True), name="one_evaluation_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"evaluation of {self.submission}"


class ScoreQuerySet(models.QuerySet["Score"]):
    """Questions that more than one place asks about scores."""

    def counting(self, task: Task) -> "ScoreQuerySet":
        """Return the scores of the evaluations that count (see `EvaluationQuerySet.counting`)."""
        return self.filter(
            evaluation__submission__task=task,
            evaluation__counts=True,
            evaluation__solution__dataset_version=task.dataset_version_id,
        )


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

    objects = ScoreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "part", "metric"], name="score_once"),
            models.CheckConstraint(
                name="score_or_reason", condition=Q(value__isnull=False) | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.metric}"


class RescoreState(models.TextChoices):
    """Where a rescore is. Only `published` changes what anybody sees."""

    RUNNING = "running", "running"
    READY = "ready", "ready to be published"
    PUBLISHED = "published", "published"
    CANCELLED = "cancelled", "cancelled"


ACTIVE = (RescoreState.RUNNING, RescoreState.READY)


class Rescore(models.Model):
    """Rescoring of all of a task's submissions, unseen until an organizer publishes it.

    What is left to do is asked of the evaluations (`rescoring.left`), so no count can be wrong.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="rescores")
    solution = models.ForeignKey(Solution, on_delete=models.PROTECT, related_name="+")
    scorer_version = models.CharField(max_length=20)
    state = models.CharField(
        max_length=10, choices=RescoreState.choices, default=RescoreState.RUNNING
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField()
    resumed_at = models.DateTimeField(help_text="Since when it runs without a break.")
    lease_until = models.DateTimeField(help_text="Batches are at work until then.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Published or cancelled.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=Q(state__in=ACTIVE), name="one_rescore_of_a_task"
            ),
            models.CheckConstraint(
                name="rescore_ended_when_over",
                condition=Q(state__in=ACTIVE, ended_at__isnull=True)
                | (~Q(state__in=ACTIVE) & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} by {self.solution}, scorer {self.scorer_version}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class Unscored(models.Model):
    """A submission that a rescore could not score. It keeps the evaluation that it has."""

    rescore = models.ForeignKey(Rescore, on_delete=models.CASCADE, related_name="unscored")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=[(s.value, s.label) for s in (State.REJECTED, State.FAILED)]
    )
    problems = models.JSONField(default=list, blank=True, help_text="Why it was rejected.")
    failure = models.TextField(blank=True, help_text="What went wrong on our side.")
    tries = models.PositiveIntegerField(default=0)
    is_final = models.BooleanField(default=False, help_text="It is not tried again.")

    class Meta:
        verbose_name = "submission not rescored"
        verbose_name_plural = "submissions not rescored"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["rescore", "submission"], name="unscored_once"),
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.state}"


class Quota(models.Model):
    """How much of a UTC day's quota a team has used on a task. Locked while one is reserved."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    task = models.ForeignKey(Task, on_delete=models.CASCADE)
    day = models.DateField()
    used = models.PositiveIntegerField(default=0, help_text="Reserved or scored.")
    rejected = models.PositiveIntegerField(default=0)
    granted = models.PositiveIntegerField(
        default=0, help_text="By organizers, in addition to the task's limits."
    )

    class Meta:
        verbose_name = verbose_name_plural = "daily use"
        constraints = [
            models.UniqueConstraint(fields=["team", "task", "day"], name="quota_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.team}, {self.task}, {self.day}"


class Checking(models.TextChoices):
    """Where a validate-only run is. `invalid` is the file's fault, `failed` is ours."""

    QUEUED = "queued"
    CHECKING = "checking"
    VALID = "valid"
    INVALID = "invalid"
    FAILED = "failed"


UNCHECKED = (Checking.QUEUED, Checking.CHECKING)


class Validation(LeasedJob):
    """One check of a file against the public ids and classes, without any solution.

    The file is in the private storage until it is checked. `queued_at` is empty until it is stored.
    """

    TASK, RUNNING = "submissions.validate", Checking.CHECKING

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    original_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    file = models.CharField(
        max_length=200, blank=True, help_text="Name in the private storage; empty: deleted."
    )
    state = models.CharField(max_length=10, choices=Checking.choices, default=Checking.QUEUED)
    created_at = models.DateTimeField()
    problems = models.JSONField(default=list, blank=True, help_text="Why it is invalid.")
    notes = models.JSONField(default=list, blank=True, help_text="What reading it had to assume.")
    failure = models.TextField(blank=True, help_text="What went wrong on our side; operators only.")

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["user", "created_at"], name="validation_of_user"),
            models.Index(fields=["state", "queued_at"], name="validation_queue"),
        ]
        constraints = [
            lease_only_while("validation_lease_while_checking", Checking.CHECKING),
            models.CheckConstraint(
                name="validation_finished_when_final",
                condition=Q(state__in=UNCHECKED, finished_at__isnull=True)
                | (~Q(state__in=UNCHECKED) & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"check of {self.original_name} for {self.task}"

    def get_absolute_url(self) -> str:
        return reverse("validation", args=[self.pk])

    @property
    def is_final(self) -> bool:
        return self.state not in UNCHECKED


class PartialUpload(ChunkedFile):
    """A predictions file of one person that arrives in chunks.

    Its sha256 was announced when it was begun, and is compared when all of it has arrived.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="As announced.")
    created_at = models.DateTimeField()
    first_byte_at = models.DateTimeField(
        null=True, blank=True, help_text="When its first chunk began to arrive."
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "task", "name", "size", "sha256"], name="partial_upload_once"
            ),
            models.CheckConstraint(
                name="partial_upload_within_its_size", condition=Q(received__lte=F("size"))
            ),
        ]

    @property
    def folder(self) -> str:
        return f"chunks/{self.pk.hex}"
