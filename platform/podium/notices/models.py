"""Notices to people, and how each person wants to be mailed of each kind."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from podium.challenges.models import Challenge


class Kind(models.TextChoices):
    """What a notice is of; the labels are what people choose mails by."""

    SCORED = "scored", "A submission of your team is scored"
    REJECTED = "rejected", "A submission of your team is rejected"
    FAILED = "failed", "We could not score a submission of your team"
    NEW_LEADER = "new_leader", "A board that your team is on has a new leader"
    ANNOUNCEMENT = "announcement", "The organizers announce something"
    DEADLINE = "deadline", "A challenge closes soon, or its teams freeze"
    MOVED = "moved", "Organizers move a time of a challenge"
    STANDING = (
        "standing",
        "Organizers disqualify, reinstate or change your team",
    )
    RESCORED = "rescored", "A task that your team is on is scored again"
    REVEALED = "revealed", "The final boards of a challenge are public"
    WINNERS = "winners", "Your team wins a prize, or the list of winners changes for it"
    RULING = "ruling", "Organizers withdraw, put back or refund a submission of your team"
    ROLE = "role", "Somebody gives you a role in a challenge or data set, or takes it"
    SELECTION = "selection", "The time to choose what counts ends soon"
    ANSWER = "answer", "Somebody answers your question"
    MESSAGE = "message", "Your team and the organizers write to each other"
    QUESTION = "question", "Somebody asks about a challenge that you organize, or your team"


class How(models.TextChoices):
    """How a person is mailed of a kind."""

    INSTANT = "instant", "at once"
    DAILY = "daily", "once a day"
    OFF = "off", "no mail"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Questions that more than one place asks about notices."""

    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)

    def to_mail(self) -> "NoticeQuerySet":
        """Return those still to be mailed: a notice read on the site needs no mail."""
        return self.unread().filter(mailed_at=None).exclude(mail=How.OFF)


class Notice(models.Model):
    """One notice to one person. It stores only ids: its text is made when it is read.

    So it shows what may be shown then: after a rescore, a reveal, or a change of teams.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    challenge = models.ForeignKey(
        Challenge, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=120, help_text="Of what it tells, so that it tells once.")
    facts = models.JSONField(default=dict, blank=True, help_text="Ids and times; never a text.")
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(
        max_length=10, choices=How.choices, help_text="How it is mailed, by its reader's choice."
    )
    mailed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Mails of it that failed.")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["user", "at"], name="notice_list"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(
                fields=["mail", "tries", "id"],
                condition=Q(read_at=None, mailed_at=None),
                name="notice_to_mail",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "key"], name="notice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} to {self.user}"


class MailChoice(models.Model):
    """How a person wants to be mailed of a kind, where it is not the default."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_choices"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    how = models.CharField(max_length=10, choices=How.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="mail_choice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.how}"


class Announced(models.Model):
    """What a sweep has announced already, so that it announces each thing once."""

    key = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField(default=timezone.now)
    facts = models.JSONField(default=dict, blank=True, help_text="Of a board: who led it then.")

    class Meta:
        verbose_name = "announced change"
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.key
