"""Cases for organizers to decide, and what workers have looked at to find them."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from podium.challenges.models import Challenge, Task
from podium.submissions.models import Submission
from podium.teams.models import Team


class Kind(models.TextChoices):
    """Why something is a case."""

    EQUAL_FILES = "equal files", "Equal files"
    AGREEMENT = "agreement", "Agreement beyond chance"
    PROBING = "probing", "One-row probing"
    JUMP = "jump", "Sudden jump"
    ACCOUNTS = "accounts", "Accounts that look like one"


class CaseState(models.TextChoices):
    OPEN = "open", "open"
    DECIDED = "decided", "decided"


class Decision(models.TextChoices):
    NO_ISSUE = "no issue", "No issue"
    WARNED = "warned", "The team was warned"
    DISQUALIFIED = "disqualified", "It led to a disqualification"


class Case(models.Model):
    """Something about teams that an organizer should look at. Finding it again updates the case.

    `counts` and `p` are the evidence: never which rows.
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="cases")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=160, help_text="The same for the same finding.")
    counts = models.JSONField(default=dict)
    p = models.FloatField(null=True, blank=True, help_text="How probable it is by chance.")
    strength = models.FloatField(help_text="Grows with the evidence, within a kind.")
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When it was last found.")
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    decision = models.CharField(max_length=20, choices=Decision.choices, blank=True)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_strength = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "kind", "key"], name="case_once"),
            models.CheckConstraint(
                name="case_decided_with_decision",
                condition=Q(state=CaseState.OPEN, decided_at__isnull=True)
                | (
                    Q(state=CaseState.DECIDED, decided_at__isnull=False)
                    & ~Q(decision="")
                    & ~Q(note="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, case {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("console-case", args=[self.challenge.slug, self.pk])


class CaseEntry(models.Model):
    """A team that a case concerns, with one of its submissions."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="entries")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    submission = models.ForeignKey(
        Submission, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.team} in {self.case}"


class KnownFile(models.Model):
    """A file that many teams may send, such as a starter's output. It never makes a case."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="known_files")
    sha256 = models.CharField(
        max_length=64,
        validators=[RegexValidator(r"^[0-9a-f]{64}$", "Enter the 64 digits of a SHA-256.")],
    )
    title = models.CharField(max_length=80)

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "sha256"], name="known_file_once"),
        ]

    def __str__(self) -> str:
        return self.title


class FileStep(models.Model):
    """In how many rows a scored file differs from the most similar of those just before it.

    Empty where there was none, or where the rows of either are deleted.
    """

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, related_name="step")
    changed = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"step to {self.submission}"


class Look(models.Model):
    """Whether a task has scores that no worker has looked at: more are `asked` than `looked`."""

    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="look")
    asked = models.PositiveBigIntegerField(default=0)
    looked = models.PositiveBigIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0.0)

    class Meta:
        indexes = [
            models.Index(fields=["task"], condition=Q(asked__gt=F("looked")), name="look_due"),
        ]

    def __str__(self) -> str:
        return f"look at {self.task}"
