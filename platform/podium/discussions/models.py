"""Questions about a challenge or one of its tasks, and what people answered."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from podium.challenges.models import Announcement, Challenge, Task
from podium.teams.models import Team

# A person may edit their own text this long; after that others have read and answered it.
EDITABLE = timedelta(hours=1)


class Text(models.Model):
    """Words of a person that organizers can hide."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.TextField()
    edited_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is hidden.")

    class Meta:
        abstract = True


class QuestionQuerySet(models.QuerySet["Question"]):
    """Questions with what a list of them shows."""

    def with_activity(self) -> "QuestionQuerySet":
        """Add counts of shown answers and of organizers' among them, and the newest time."""
        shown = Q(answers__hidden_at=None)
        return self.annotate(
            answer_count=Count("answers", filter=shown),
            organizer_count=Count("answers", filter=shown & Q(answers__by_organizer=True)),
            active_at=Coalesce(Max("answers__answered_at", filter=shown), "asked_at"),
        )


class Question(Text):
    """What somebody asks: about a task, a finalist, or the challenge as a whole."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="questions")
    task = models.ForeignKey(
        Task, null=True, blank=True, on_delete=models.CASCADE, related_name="questions"
    )
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="questions",
        help_text="The finalist that it is about.",
    )
    title = models.CharField(max_length=160)
    asked_at = models.DateTimeField(default=timezone.now)
    is_faq = models.BooleanField("FAQ", default=False, help_text="Shown before all others.")

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("question", args=[self.challenge.slug, self.pk])


class Answer(Text):
    """What somebody answers to a question."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="answers")
    answered_at = models.DateTimeField(default=timezone.now)
    by_organizer = models.BooleanField(
        default=False, help_text="Whether an owner or manager wrote it, at that time."
    )
    by_team = models.BooleanField(
        default=False, help_text="Whether the team in question wrote it, by a member of that time."
    )

    class Meta:
        ordering = ["answered_at", "id"]

    def __str__(self) -> str:
        return f"Answer {self.pk} to “{self.question}”"

    def get_absolute_url(self) -> str:
        return f"{self.question.get_absolute_url()}#answer-{self.pk}"


class Addressee(models.Model):
    """A team that an announcement is for, where it is not for everybody."""

    announcement = models.ForeignKey(
        Announcement, on_delete=models.CASCADE, related_name="addressees"
    )
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["announcement", "team"], name="addressee_once"),
        ]

    def __str__(self) -> str:
        return f"“{self.announcement}” to {self.team}"


class Message(models.Model):
    """What a team writes to the organizers in private, or the organizers to the team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.TextField()
    sent_at = models.DateTimeField(default=timezone.now)
    by_organizer = models.BooleanField(
        default=False, help_text="Whether an owner or manager wrote it, at that time."
    )

    class Meta:
        ordering = ["sent_at", "id"]
        indexes = [models.Index(fields=["team", "sent_at"], name="message_thread")]

    def __str__(self) -> str:
        return f"Message {self.pk} of the team {self.team}"
