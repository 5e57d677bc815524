"""Teams, memberships, invitations and accepted rules."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from podium.challenges.models import Challenge

INVITATION_LIFE = timedelta(days=14)
MAX_AFFILIATION = 80


class ResearchUse(models.TextChoices):
    """Whether a team's submissions may be kept for research after the challenge."""

    UNSAID = "unsaid", "not answered"
    YES = "yes", "yes"
    NO = "no", "no"


class TeamQuerySet(models.QuerySet["Team"]):
    """Questions that more than one place asks about teams."""

    def taking_part(self) -> "TeamQuerySet":
        """Return the teams of people, except those merged into another or removed."""
        return self.filter(baseline="", merged_into=None, removed_at=None)


class Team(models.Model):
    """A participant in one challenge: a group of people, or a baseline without members."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=70)
    affiliation = models.CharField(
        max_length=MAX_AFFILIATION,
        blank=True,
        help_text="Boards show it if the challenge does.",
    )
    captain = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    baseline = models.CharField(
        max_length=40, blank=True, help_text="The baseline method, for a team that is a baseline."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    disqualified_at = models.DateTimeField(null=True, blank=True)
    disqualified_reason = models.TextField(blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="absorbed"
    )
    merged_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When its submissions went with the account of its last member.",
    )
    research_use = models.CharField(
        max_length=10,
        choices=ResearchUse.choices,
        default=ResearchUse.UNSAID,
        help_text="Whether its submissions may be kept for research.",
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("challenge", Lower("name"), name="team_name_once"),
            models.UniqueConstraint(fields=["challenge", "slug"], name="team_slug_once"),
            models.UniqueConstraint(
                fields=["challenge", "baseline"],
                condition=~Q(baseline=""),
                name="team_baseline_once",
            ),
            models.CheckConstraint(
                name="team_has_captain_or_is_baseline",
                condition=(Q(baseline="") & Q(captain__isnull=False))
                | (~Q(baseline="") & Q(captain__isnull=True)),
            ),
            models.CheckConstraint(
                name="team_disqualified_with_reason",
                condition=Q(disqualified_at__isnull=True) | ~Q(disqualified_reason=""),
            ),
            models.CheckConstraint(
                name="team_merged_with_time",
                condition=Q(merged_into__isnull=True, merged_at__isnull=True)
                | Q(merged_into__isnull=False, merged_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("team", args=[self.challenge.slug, self.slug])

    @property
    def is_baseline(self) -> bool:
        return bool(self.baseline)

    @property
    def is_merged(self) -> bool:
        """Whether it was merged into another team and no longer takes part."""
        return self.merged_into_id is not None


class Membership(models.Model):
    """A person in a team. The challenge is repeated here: one team per person and challenge."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    joined_at = models.DateTimeField(auto_now_add=True)
    entered_by = models.CharField(
        max_length=32,
        blank=True,
        editable=False,
        help_text="Keyed hash of what let the person in, where not everybody may enter.",
    )

    class Meta:
        ordering = ["joined_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "user"], name="one_team_per_person"),
            models.UniqueConstraint(
                fields=["challenge", "entered_by"],
                condition=~Q(entered_by=""),
                name="one_person_per_credential",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


def hash_token(token: str) -> str:
    """Return what is stored of an invitation's token: its sha256."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Return an unguessable token for an invitation's link."""
    return secrets.token_urlsafe(24)


def invitation_expiry() -> datetime:
    """Return when an invitation made now ends."""
    return timezone.now() + INVITATION_LIFE


class Invitation(models.Model):
    """A link with which people may join a team until it expires or is revoked.

    With an e-mail address it is for one person, without one for everybody who has the link.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=invitation_expiry)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"invitation to {self.team}"

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at


class Outcome(models.TextChoices):
    """What became of a proposal to merge."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class MergeProposalQuerySet(models.QuerySet["MergeProposal"]):
    """Questions that more than one place asks about proposals."""

    def still_open(self) -> "MergeProposalQuerySet":
        """Return those that can still be accepted."""
        return self.filter(outcome=Outcome.OPEN, expires_at__gt=timezone.now())


class MergeProposal(models.Model):
    """A team asks another one of its challenge to become part of it."""

    surviving = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="proposals_made")
    absorbed = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="proposals_got")
    proposed_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=invitation_expiry)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MergeProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                name="merge_of_two_teams", condition=~Q(surviving=models.F("absorbed"))
            ),
            models.CheckConstraint(
                name="merge_ended_when_not_open",
                condition=Q(outcome=Outcome.OPEN, ended_at__isnull=True)
                | (~Q(outcome=Outcome.OPEN) & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed} into {self.surviving}"


class RulesAcceptance(models.Model):
    """A person accepted one version of a challenge's rules."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    rules_hash = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "user", "rules_hash"], name="rules_accepted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} accepted the rules of {self.challenge}"
