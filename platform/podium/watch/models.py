"""What organizers were mailed of, and what was posted to webhooks."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from podium.challenges.models import Challenge


class Alert(models.Model):
    """One trouble, from when it was first seen until it is over."""

    key = models.CharField(max_length=120, help_text="Of the trouble, to mail it once.")
    challenge = models.ForeignKey(
        Challenge,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: it concerns the machine, and so all challenges.",
    )
    text = models.TextField()
    since = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When the trouble was last there.")
    mailed_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(over_at=None), name="alert_once"),
        ]

    def __str__(self) -> str:
        return self.key


class Form(models.TextChoices):
    """How a message is written, as the receiver reads it."""

    PLAIN = "plain", "A program (JSON)"
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"


class Webhook(models.Model):
    """Where the alerts of a challenge are posted, in addition to the mails."""

    challenge = models.OneToOneField(Challenge, on_delete=models.CASCADE, related_name="webhook")
    url = models.CharField(max_length=1000, help_text="It lets anybody post there: keep it secret.")
    form = models.CharField(max_length=5, choices=Form)
    secret = models.CharField(max_length=64, help_text="Key of the signatures.")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @property
    def key(self) -> str:
        """The name of the webhook in its posts."""
        return str(self.pk)


class News(models.TextChoices):
    """What a message says of a trouble."""

    BEGAN = "began"
    OVER = "over"
    TEST = "test"


class Post(models.Model):
    """One message to one webhook, from when it is due until it was taken or given up."""

    alert = models.ForeignKey(
        Alert, null=True, on_delete=models.CASCADE, related_name="posts", help_text="Empty: a test."
    )
    hook = models.CharField(max_length=40, help_text="Key of the webhook.")
    news = models.CharField(max_length=5, choices=News)
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(
        null=True, default=timezone.now, help_text="Of the next try; empty: there is none."
    )
    tries = models.PositiveSmallIntegerField(default=0, help_text="That failed.")
    failure = models.CharField(max_length=300, blank=True, help_text="Why the last try failed.")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "hook", "news"], name="post_once"),
        ]

    def __str__(self) -> str:
        return f"{self.news} to {self.hook}"
