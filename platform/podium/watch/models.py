"""What organizers were mailed of."""

from django.db import models
from django.db.models import Q

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
