"""The teams that an announcement can be for, and the people who then get a notice."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from figures.words import plural
from podium.accounts.models import User
from podium.challenges.models import Challenge, Phase, Track
from podium.standings.models import Standing
from podium.submissions.models import Part, State, Submission
from podium.teams.models import Team


class TeamState(models.TextChoices):
    """What the teams have in common that an announcement is for."""

    ANY = "", "all teams"
    UNSCORED = "unscored", "teams without a scored submission"
    UNCHOSEN = "unchosen", "teams with a score and without a final selection"
    RANKED = "ranked", "teams on the public board"
    SILENT = "silent", "teams that have been silent for some days"


@dataclass(frozen=True)
class Audience:
    """The readers of an announcement: everybody, or teams of a track, of a state, or of both.

    Only what the teams did and public boards decide, so being chosen says nothing secret.
    """

    challenge: Challenge
    track: Track | None = None
    state: str = TeamState.ANY
    days: int = 7

    @property
    def is_everybody(self) -> bool:
        return self.track is None and self.state == TeamState.ANY

    def __str__(self) -> str:
        if self.is_everybody:
            return ""
        place = f" in {self.track}" if self.track else ""
        if self.state == TeamState.ANY:
            return f"teams that submitted{place}"
        if self.state == TeamState.SILENT:
            return f"teams that have not submitted{place} for {self.days} days"
        return f"{TeamState(self.state).label}{place}"

    def teams(self) -> QuerySet[Team]:
        """Return the teams of people that it is for now, without disqualified ones."""
        teams = Team.objects.filter(challenge=self.challenge, disqualified_at=None)
        return teams.taking_part().filter(self._narrowed()).order_by("pk")

    def _narrowed(self) -> Q:
        sent = Submission.objects.filter(task__challenge=self.challenge)
        boards = Standing.objects.filter(
            board__track__challenge=self.challenge,
            board__part=Part.PUBLIC,
            valid_until=None,
            score__isnull=False,
        )
        if self.track:
            sent = sent.filter(task__track=self.track)
            boards = boards.filter(board__track=self.track)
        scored = Q(pk__in=sent.filter(state=State.SCORED, withdrawn_at=None).values("team"))
        chosen = Q(pk__in=sent.filter(selected_at__isnull=False).values("team"))
        late = sent.filter(received_at__gte=timezone.now() - timedelta(days=self.days))
        return {
            TeamState.ANY: Q(pk__in=sent.values("team")) if self.track else Q(),
            TeamState.UNSCORED: ~scored,
            TeamState.UNCHOSEN: scored & ~chosen,
            TeamState.RANKED: Q(pk__in=boards.values("team")),
            TeamState.SILENT: ~Q(pk__in=late.values("team")),
        }[TeamState(self.state)]

    def reach(self) -> str:
        """Return how many people a new announcement for it would reach, and whom."""
        people = plural(self.people().count(), "person", "people")
        if self.is_everybody:
            what = f"{people}: everybody in a team and every organizer."
        else:
            teams = plural(self.teams().count(), "team")
            what = f"{people} in {teams}: {self}. Nobody else can read it."
        if self.challenge.phase() == Phase.DRAFT:
            return f"Once the challenge is announced, it goes to {what}"
        return f"It goes to {what} Each gets one notice, and a mail unless they chose otherwise."

    def people(self) -> QuerySet[User]:
        """Return everybody who would get a notice of it now, each once."""
        if self.is_everybody:
            return everybody(self.challenge)
        return members_of(self.teams())


def everybody(challenge: Challenge) -> QuerySet[User]:
    """Return all people in teams and all organizers."""
    concerned = Q(memberships__challenge=challenge) | Q(organizer__challenge=challenge)
    return User.objects.filter(concerned, is_active=True).distinct()


def members_of(teams: QuerySet[Team]) -> QuerySet[User]:
    """Return the people who are in these teams."""
    return User.objects.filter(memberships__team__in=teams.values("pk"), is_active=True).distinct()
