"""Published lists of winners, and teams that take no prize."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from podium.challenges.models import Challenge, Track
from podium.teams.models import Team

HONOURED = 3  # ranks that the page lists where a track has no prizes


class Ineligible(models.Model):
    """A team that takes no prize; it keeps its rank. Organizers and its members read why."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="ineligibility")
    reason = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["team__name"]

    def __str__(self) -> str:
        return str(self.team)


class DecidedBy(models.TextChoices):
    """What put a team before or after another one with the same rank."""

    RANK = "rank", ""
    TIE_BREAK = "tie_break", "by the tie-break"
    EARLIER = "earlier", "by the earlier submission"


class WinnersList(models.Model):
    """One confirmed version of a challenge's winners. The latest counts, unless taken back."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="winners_lists")
    number = models.PositiveIntegerField()
    published_at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    notes = models.JSONField(
        default=dict, blank=True, help_text="By a track's kind: how sure its first rank is."
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "number"], name="winners_list_once"),
        ]

    def __str__(self) -> str:
        return f"Winners of {self.challenge}, version {self.number}"


class Place(models.Model):
    """A ranked team on a list of winners, with the prize that it gets, if any."""

    winners = models.ForeignKey(WinnersList, on_delete=models.CASCADE, related_name="places")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(help_text="Order on the board; ties are decided.")
    rank = models.PositiveIntegerField()
    decided_by = models.CharField(max_length=10, choices=DecidedBy.choices, default=DecidedBy.RANK)
    is_eligible = models.BooleanField(default=True)
    prize_rank = models.PositiveIntegerField(null=True, blank=True)
    prize = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["track__position", "track", "position"]
        constraints = [
            models.UniqueConstraint(fields=["winners", "track", "team"], name="place_once"),
            models.CheckConstraint(
                name="no_prize_without_eligibility",
                condition=Q(is_eligible=True) | Q(prize_rank=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.team}"


class Certificate(models.Model):
    """A certificate that a person downloaded, as it was then; its code finds it again."""

    code = models.CharField(max_length=20, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    person = models.CharField(max_length=80)
    team_name = models.CharField(max_length=60)
    rank = models.PositiveIntegerField(null=True, help_text="None: it took part.")
    ranked = models.PositiveIntegerField(help_text="How many teams had a rank.")
    day = models.DateField()

    class Meta:
        ordering = ["-day", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "track", "team", "person", "team_name", "rank", "ranked"],
                nulls_distinct=False,
                name="certificate_once",
            ),
        ]

    def __str__(self) -> str:
        return self.code
