"""Write-ups: a team's description of its system for a track, in versions, with attached PDFs."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from podium.challenges.models import Track
from podium.teams.models import Team


class WriteUpQuerySet(models.QuerySet["WriteUp"]):
    """Questions that more than one place asks about write-ups."""

    def out(self) -> "WriteUpQuerySet":
        """Return those that everybody may read, once their challenges have closed."""
        return self.filter(
            published_version__isnull=False,
            hidden_at=None,
            team__disqualified_at=None,
            team__merged_into=None,
            team__removed_at=None,
        )


class WriteUp(models.Model):
    """What a team says of its system for one track. Public is one certain version, or none."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="writeups")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="writeups")
    published_version = models.ForeignKey(
        "WriteUpVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.TextField(blank=True, help_text="The team and organizers read it.")

    objects = WriteUpQuerySet.as_manager()

    class Meta:
        ordering = ["track", "team"]
        constraints = [
            models.UniqueConstraint(fields=["team", "track"], name="writeup_once"),
            models.CheckConstraint(
                name="writeup_hidden_with_reason",
                condition=Q(hidden_at__isnull=True, hidden_reason="")
                | (Q(hidden_at__isnull=False) & ~Q(hidden_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"write-up of {self.team} for {self.track}"

    def get_absolute_url(self) -> str:
        return reverse("write-up", args=self.address)

    @property
    def address(self) -> list[str]:
        """The parts of its address: challenge, track and team."""
        return [self.team.challenge.slug, self.track.kind, self.team.slug]

    def latest(self) -> "WriteUpVersion | None":
        """Return the version with the highest number."""
        return self.versions.select_related("paper", "slides", "by").order_by("-number").first()


class Attachment(models.Model):
    """A PDF as it was sent. Versions that say nothing else of it share it."""

    writeup = models.ForeignKey(WriteUp, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=200, help_text="What the file was called.")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    file = models.CharField(max_length=200, unique=True, help_text="In the private storage.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"PDF {self.pk} of {self.writeup}"


class WriteUpVersion(models.Model):
    """One saved state of a write-up. Only its number changes, when teams merge."""

    writeup = models.ForeignKey(WriteUp, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    body = models.TextField(help_text="Markdown.")
    links = models.JSONField(default=list, blank=True, help_text="A list of {title, url}.")
    # RESTRICT lets both go with their write-up.
    paper = models.ForeignKey(
        Attachment, null=True, blank=True, on_delete=models.RESTRICT, related_name="+"
    )
    slides = models.ForeignKey(
        Attachment, null=True, blank=True, on_delete=models.RESTRICT, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["writeup", "number"], name="writeup_version_once"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.writeup}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk is not None:
            raise TypeError("A version is never changed. Save another one.")
        super().save(*args, **kwargs)
