"""Challenges: who runs them, their timeline, tracks, tasks and announcements."""

import hashlib
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from podium.accounts.domains import clean_list
from podium.accounts.zones import in_words
from podium.catalog.models import DatasetVersion, Kind, Solution, VersionState
from podium.challenges.choices import DeletedAccounts as DeletedAccounts
from podium.challenges.choices import ShowMembers as ShowMembers
from podium.challenges.choices import VisibleTo as VisibleTo
from podium.challenges.previewed import previewed
from podium.challenges.prizes import Prize as Prize
from scoring import METRICS, SCORER_VERSION, metrics_of
from scoring.spec import Kind as MetricKind

UPLOAD_GRACE = timedelta(minutes=15)
REVEAL_NOTICE = timedelta(minutes=15)  # from the owners' mail to the first private boards


class Phase(models.TextChoices):
    """Where a challenge stands now. Derived from its timeline, never stored."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    REVEALED = "revealed"
    ARCHIVED = "archived"


class Challenge(models.Model):
    """One event: texts, timeline and limits on teams."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    rules = models.TextField(blank=True)
    prizes = models.TextField(blank=True)
    announced_at = models.DateTimeField(null=True, blank=True)
    opens_at = models.DateTimeField()
    team_freeze_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    reveal_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    revealed_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When private scores were first shown, wherever `reveal_at` is moved to later.",
    )
    reveal_told_of = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The `reveal_at` in the mail to the owners; a moved one needs another mail.",
    )
    reveal_told_at = models.DateTimeField(
        null=True, editable=False, help_text="When the owners were mailed of the reveal."
    )
    reveal_stopped_at = models.DateTimeField(
        null=True, editable=False, help_text="When an owner stopped the first reveal."
    )
    freeze_hours = models.PositiveIntegerField(default=0)
    visible_to = models.CharField(
        max_length=10, choices=VisibleTo.choices, default=VisibleTo.EVERYBODY
    )
    max_team_size = models.PositiveIntegerField(default=5, validators=[MinValueValidator(1)])
    show_members = models.CharField(
        max_length=10,
        choices=ShowMembers.choices,
        default=ShowMembers.EVERYBODY,
        help_text="Readers of a team's member names, besides themselves and organizers.",
    )
    show_affiliations = models.BooleanField(
        default=False, help_text="Teams may name an affiliation, and boards show it."
    )
    is_rehearsal = models.BooleanField(
        default=False,
        help_text="A rehearsal or a course: no prizes, and its ranks do not count. Only such a "
        "challenge may show scores by the feedback `exact`.",
    )
    is_sample = models.BooleanField(default=False, editable=False)  # with invented teams
    deleted_accounts = models.CharField(
        max_length=10,
        choices=DeletedAccounts.choices,
        default=DeletedAccounts.KEEP,
        help_text="What becomes of submissions when the last member deletes their account.",
    )
    entry_single_sign_on = models.BooleanField(
        "single sign-on",
        default=False,
        help_text="Only people who connected single sign-on to their account can enter a team.",
    )
    entry_addresses = models.JSONField(
        "admitted addresses",
        default=list,
        blank=True,
        help_text="Only people with one of these confirmed e-mail addresses can enter a team. "
        "`@uni.example` admits a domain. Empty: everybody.",
    )

    class Meta:
        ordering = ["-opens_at"]
        constraints = [
            models.CheckConstraint(
                name="challenge_timeline_in_order",
                condition=Q(opens_at__lt=F("team_freeze_at"))
                & Q(team_freeze_at__lte=F("closes_at"))
                & Q(closes_at__lte=F("reveal_at")),
                violation_error_message=(
                    "Times must be in order: opens_at < team_freeze_at <= closes_at <= reveal_at."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("challenge", args=[self.slug])

    def clean(self) -> None:
        if self.is_rehearsal and self.prizes:
            raise ValidationError({"is_rehearsal": "A rehearsal has no prizes. Leave out one."})
        self.clean_entry()
        self._refuse_early_reveal()
        if self.archived_at and self.reveal_at and self.archived_at < self.reveal_at:
            raise ValidationError(
                {"archived_at": "The archive comes after the reveal. Give a later time, or none."}
            )
        shown = Challenge.objects.filter(pk=self.pk).values_list("revealed_at", flat=True).first()
        if shown and self.closes_at and self.closes_at > shown:
            raise ValidationError(
                {
                    "closes_at": f"Private scores were shown at {in_words(shown)}, so the "
                    "close cannot be moved to later than that: who saw them could submit by them. "
                    "Make a new challenge instead."
                }
            )

    def _refuse_early_reveal(self) -> None:
        """Raise ValidationError if uploads from before the close could end after the reveal."""
        if not self.closes_at or not self.reveal_at:
            return
        kept = Challenge.objects.filter(
            pk=self.pk, closes_at=self.closes_at, reveal_at=self.reveal_at
        )
        if self.reveal_at < self.closes_at + UPLOAD_GRACE and not kept.exists():
            raise ValidationError(
                {
                    "reveal_at": "Uploads that began before the close may take 15 minutes, so the "
                    "reveal cannot be earlier than 15 minutes after the close. Move it there."
                }
            )

    def clean_entry(self) -> None:
        """Normalize the entry rule. Raises ValidationError if it cannot be met or read."""
        try:
            self.entry_addresses = clean_list(self.entry_addresses)
        except ValidationError as error:
            raise ValidationError({"entry_addresses": error}) from error
        if self.entry_single_sign_on and not settings.OIDC_URL:
            raise ValidationError(
                {
                    "entry_single_sign_on": "This site has no single sign-on, so nobody could "
                    "enter. Ask the operator to set PODIUM_OIDC_URL first."
                }
            )
        has_rule = self.entry_single_sign_on or self.entry_addresses
        if self.visible_to == VisibleTo.ADMITTED and not has_rule:
            raise ValidationError(
                {
                    "visible_to": "Say who may take part first: by addresses, domains or single "
                    "sign-on. Only those people will see the challenge."
                }
            )

    def phase(self, at: datetime | None = None) -> Phase:
        """Return the phase of the challenge at a time (now by default).

        Once private scores were shown it never is open again, whatever its times say.
        """
        at = at or timezone.now()
        if self.archived_at and at >= self.archived_at:
            return Phase.ARCHIVED
        if self.is_revealed(at):
            return Phase.REVEALED
        if at >= self.closes_at or (self.revealed_at and at >= self.revealed_at):
            return Phase.CLOSED
        if at >= self.opens_at:
            return Phase.OPEN
        if self.announced_at and at >= self.announced_at:
            return Phase.ANNOUNCED
        return Phase.ANNOUNCED if previewed() == self.pk is not None else Phase.DRAFT

    def frozen_since(self) -> datetime:
        """Return the time from which others' rows are frozen, until the reveal."""
        return self.closes_at - timedelta(hours=self.freeze_hours)

    def is_revealed(self, at: datetime | None = None) -> bool:
        """Return whether private scores may be seen at a time (now by default).

        They may from when the private boards exist, and not while the reveal is moved to later.
        Archiving reveals nothing by itself.
        """
        since = self.revealed_at
        return since is not None and (at or timezone.now()) >= max(since, self.reveal_at)

    @property
    def reveal_due_at(self) -> datetime:
        """From when on an owner may reveal: no upload from before the close can end later."""
        return max(self.reveal_at, self.closes_at + UPLOAD_GRACE)

    @property
    def reveals_itself_at(self) -> datetime | None:
        """When the first private boards appear if nobody does anything, or None: they wait.

        They wait if an owner stopped them, and until the owners were mailed of this `reveal_at`.
        """
        if self.reveal_stopped_at or not self.reveal_told_at:
            return None
        if self.reveal_told_of != self.reveal_at:
            return None
        return max(self.reveal_due_at, self.reveal_told_at + REVEAL_NOTICE)

    def takes_choices(self) -> bool:
        """Return whether teams may still choose what counts: by final selections and withdrawals.

        Until the close, and never again once somebody may have seen private scores.
        """
        return self.phase() == Phase.OPEN

    @property
    def closed_at(self) -> datetime:
        """Since when no file is taken: the close, or the reveal if its time was moved past that."""
        return min(self.closes_at, self.revealed_at or self.closes_at)

    @property
    def rules_hash(self) -> str:
        """The version of the rules that a person accepts: a hash of their text."""
        return hashlib.sha256(self.rules.encode()).hexdigest()


def _refuse_change(row: models.Model, challenge: Challenge, what: str, *names: str) -> None:
    """Raise ValidationError if a row's values changed that stored scores and places rest on."""
    if row.pk is None or challenge.phase() in {Phase.DRAFT, Phase.ANNOUNCED}:
        return
    before = type(row)._default_manager.filter(pk=row.pk).values(*names).first() or {}
    for field in row._meta.concrete_fields:
        if field.name in before and before[field.name] != field.to_python(
            getattr(row, field.attname)
        ):
            raise ValidationError(
                f"{what}: its {field.verbose_name} is fixed since the challenge opened, because "
                "scores rest on it. Make a new task instead."
            )


class Role(models.TextChoices):
    OWNER = "owner"
    MANAGER = "manager"
    VIEWER = "viewer"


class Organizer(models.Model):
    """A person who runs one challenge."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="organizers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["challenge", "user"], name="organizer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class PendingRole(models.Model):
    """A role that waits until somebody confirms the address, as a new account or an old one."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="pending_roles")
    email = models.EmailField(help_text="In small letters.")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["challenge", "email"], name="pending_role_once")
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"


class Aggregate(models.TextChoices):
    MEAN_SKILL = "mean_skill"
    MEAN_SCORE = "mean_score"


class Track(models.Model):
    """A list of tasks of one kind and one ranking over them."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="tracks")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    aggregate = models.CharField(
        max_length=20, choices=Aggregate.choices, default=Aggregate.MEAN_SKILL
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "kind"], name="track_kind_once"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("track", args=[self.challenge.slug, self.kind])

    def clean(self) -> None:
        if self.pk is None:
            return  # without tasks and scores yet
        _refuse_change(self, self.challenge, f"Track {self.kind}", "aggregate")
        for task in self.tasks.all():
            self.refuse_mean_of(task)

    def refuse_mean_of(self, task: "Task") -> None:
        """Raise ValidationError if the track takes a mean of scores that have none."""
        if self.aggregate != Aggregate.MEAN_SCORE:
            return
        metric = METRICS[task.headline]
        form = metric.forms.get(cast(MetricKind, self.kind))
        if form is None or form.range != (0, 1) or not metric.higher_is_better:
            raise ValidationError(
                f"Task {task.slug}: its track ranks by the mean score, for which higher must be "
                f"better, from 0 to 1, and `{task.headline}` is not so. Take `mean_skill`, or "
                "another headline."
            )


class Feedback(models.TextChoices):
    """How much of a score participants see before the reveal."""

    EXACT = "exact"
    ROUNDED = "rounded"
    LADDER = "ladder"


def current_scorer_version() -> str:
    """Return the version of the scorer that this process runs."""
    return SCORER_VERSION


class Task(models.Model):
    """One data set version, one headline metric and limits, inside a track."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="tasks")
    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="tasks")
    slug = models.SlugField(max_length=60)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT)
    solution = models.ForeignKey(Solution, on_delete=models.PROTECT)
    scorer_version = models.CharField(
        max_length=20,
        default=current_scorer_version,
        editable=False,
        help_text="Scorer version of the boards. Changes when a rescore is published.",
    )
    headline = models.CharField(max_length=40)
    feedback = models.CharField(max_length=10, choices=Feedback.choices, default=Feedback.ROUNDED)
    # What displayed scores are rounded to; fixed when the task opens.
    step = models.DecimalField(max_digits=12, decimal_places=10, null=True, blank=True)
    ceiling = models.FloatField(
        null=True, blank=True, help_text="The best score that can be reached, where it is known."
    )
    daily_limit = models.PositiveIntegerField(default=5)
    total_limit = models.PositiveIntegerField(null=True, blank=True)  # on all days together
    final_limit = models.PositiveIntegerField(  # submissions that a team may choose as final
        default=2, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    pause = models.CharField(max_length=300, blank=True)  # why it takes no submissions now
    in_flight_limit = models.PositiveIntegerField(default=3)
    rejected_limit = models.PositiveIntegerField(default=50)
    max_bytes = models.PositiveBigIntegerField(default=200_000_000)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["track__position", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "slug"], name="task_slug_once"),
            models.CheckConstraint(
                name="task_step_positive", condition=Q(step__isnull=True) | Q(step__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("task", args=[self.challenge.slug, self.slug])

    def clean(self) -> None:
        if None in (self.track_id, self.challenge_id, self.dataset_version_id, self.solution_id):
            return  # which the fields' own errors tell
        if self.track.challenge_id != self.challenge_id:
            raise ValidationError(f"Task {self.slug}: its track belongs to another challenge.")
        if self.dataset_version.kind != self.track.kind:
            raise ValidationError(
                f"Task {self.slug}: data set {self.dataset_version} is of kind "
                f"{self.dataset_version.kind}, the track of kind {self.track.kind}."
            )
        if self.solution.dataset_version_id != self.dataset_version_id:
            raise ValidationError(f"Task {self.slug}: the solution is of another data set version.")
        self._refuse_unpublished()
        self._refuse_headline()
        self._refuse_ceiling()
        self._refuse_exact()
        self.track.refuse_mean_of(self)
        names = ("headline", "dataset_version", "solution", "step", "feedback", "final_limit")
        _refuse_change(self, self.challenge, f"Task {self.slug}", *names)

    def _refuse_headline(self) -> None:
        """Raise ValidationError unless tasks of this kind can be ranked by the headline."""
        known = [name for name, metric in METRICS.items() if self.track.kind in metric.kinds]
        if self.headline not in known:
            raise ValidationError(
                f"Task {self.slug}: headline `{self.headline}` is none of {', '.join(known)}."
            )
        forms = metrics_of(cast(MetricKind, self.track.kind))
        if forms[self.headline].withheld == "all":
            shown = [name for name in known if forms[name].withheld != "all"]
            raise ValidationError(
                f"Task {self.slug}: headline `{self.headline}` cannot be displayed while labels "
                "are hidden, because a single row can move it enough to tell its label. Use one "
                f"of {', '.join(shown)}."
            )

    def _refuse_ceiling(self) -> None:
        """Raise ValidationError unless the headline can reach the ceiling."""
        lowest, highest = metrics_of(cast(MetricKind, self.track.kind))[self.headline].range
        if self.ceiling is not None and not lowest <= self.ceiling <= highest:
            raise ValidationError(
                {
                    "ceiling": f"`{self.ceiling}` is not a number from {lowest:g} to {highest:g}, "
                    f"where `{self.headline}` lies. Leave it out where the best score is not known."
                }
            )

    def _refuse_exact(self) -> None:
        """Raise ValidationError if a board whose ranks count would give away many labels."""
        if self.feedback == Feedback.EXACT and not self.challenge.is_rehearsal:
            raise ValidationError(
                f"Task {self.slug}: feedback `exact` gives away labels with every submission, so "
                "it is only for rehearsals and courses. Use `rounded` or `ladder`, or say "
                "`is_rehearsal: true` for a challenge without prizes whose ranks do not count."
            )

    def _refuse_unpublished(self) -> None:
        """Raise ValidationError if the task takes up a version that is not published.

        The version that it has stays, retired or not: what was submitted to it must keep its place.
        """
        state = self.dataset_version.state
        kept = Task.objects.filter(pk=self.pk, dataset_version=self.dataset_version_id)
        if state != VersionState.PUBLISHED and not kept.exists():
            raise ValidationError(
                f"Task {self.slug}: data set {self.dataset_version} is {state}, not published."
            )


class Announcement(models.Model):
    """News from the organizers, newest first."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="announcements")
    at = models.DateTimeField(default=timezone.now)
    title = models.CharField(max_length=160)
    body = models.TextField()
    audience = models.CharField(max_length=200, blank=True)  # in words; empty: everybody

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.title
