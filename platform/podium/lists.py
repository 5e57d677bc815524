"""Submissions, teams and events as organizers list them: narrowed by filters, and counted.

The console and the API ask by the same names; what is empty or None does not narrow.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import (
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from podium.audit.models import Event
from podium.challenges.models import Challenge
from podium.discussions.messages import with_messages
from podium.submissions.models import Quota, State, Submission
from podium.teams.models import Membership, Team

Row = TypeVar("Row", bound=Model)
# How long a team is active after a submission.
ACTIVE = timedelta(days=7)
SUBMISSION_STATES = {**{state.value: state.label.lower() for state in State},
                     "withdrawn": "withdrawn", "final": "final"}  # fmt: skip
TEAM_STATES = {
    "active": "submitted this week",
    "silent": "not this week",
    "never": "never submitted",
    "limit": "used all attempts of a task today",
    "disqualified": "disqualified",
}


def between(
    rows: QuerySet[Row], at: str, since: datetime | None, until: datetime | None
) -> QuerySet[Row]:
    """Return the rows whose time `at` is from `since` on and before `until`."""
    rows = rows.filter(**{f"{at}__gte": since}) if since else rows
    return rows.filter(**{f"{at}__lt": until}) if until else rows


def submissions_of(challenge: Challenge) -> QuerySet[Submission]:
    """Return the submissions of people, newest first."""
    rows = Submission.objects.filter(task__challenge=challenge, team__baseline="")
    return rows.select_related("team", "task", "submitted_by")


def narrow_submissions(
    rows: QuerySet[Submission], wanted: Mapping[str, Any]
) -> QuerySet[Submission]:
    """Return the rows of a `task`, a `team` by name, a `state`, with a `sha256` that begins so."""
    named = {
        "task__slug": wanted.get("task"),
        "team__name__icontains": wanted.get("team"),
        "sha256__startswith": (wanted.get("sha256") or "").lower(),
    }
    rows = rows.filter(**{name: value for name, value in named.items() if value})
    state = wanted.get("state")
    if state == "withdrawn":
        return rows.exclude(withdrawn_at=None)
    if state == "final":
        return rows.exclude(selected_at=None)
    return rows.filter(state=state) if state else rows


def why_unscored(row: Submission) -> str:
    """Return why it has no score: our failure, or the first problem of the file."""
    if row.failure:
        return row.failure.strip().splitlines()[-1]
    return str(row.problems[0].get("message", "")) if row.problems else ""


def teams_of(challenge: Challenge) -> QuerySet[Any]:
    """Return the teams of people with counts of members, submissions and messages, and the last.

    `is_at_limit`: no attempt is left today on a task.
    """
    sent = Submission.objects.filter(team=OuterRef("pk")).order_by().values("team")
    people = Membership.objects.filter(team=OuterRef("pk")).order_by().values("team")
    teams = challenge.teams.taking_part().select_related("challenge", "captain")
    quotas = Quota.objects.filter(team=OuterRef("pk"), day=timezone.now().astimezone(UTC).date())
    is_paused = Q(task__daily_limit=0) | ~Q(task__pause="")
    used_up = quotas.exclude(is_paused).filter(used__gte=F("task__daily_limit") + F("granted"))
    rows: QuerySet[Any] = with_messages(teams).annotate(
        is_at_limit=Exists(used_up),
        people=_counted(people),
        sent=_counted(sent),
        last_at=Subquery(sent.annotate(at=Max("received_at")).values("at")),
    )
    return rows


def _counted(rows: QuerySet[Any, Any]) -> Coalesce:
    count = Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return Coalesce(count, 0)


def narrow_teams(rows: QuerySet[Team], wanted: Mapping[str, Any]) -> QuerySet[Team]:
    """Return the counted teams of a `name`, with a `member`, in a `state`."""
    if name := wanted.get("name"):
        rows = rows.filter(name__icontains=name)
    if member := wanted.get("member"):
        named = Q(user__name__icontains=member) | Q(user__email__iexact=member)
        rows = rows.filter(pk__in=Membership.objects.filter(named).values("team"))
    return rows.filter(_team_states()[state]) if (state := wanted.get("state")) else rows


def team_counts(challenge: Challenge) -> dict[str, int]:
    """Return how many teams of people there are in all, and how many are in each state."""
    teams = teams_of(challenge)
    counted = {name: Count("pk", filter=state) for name, state in _team_states().items()}
    counts: dict[str, int] = teams.aggregate(all=Count("pk"), **counted)
    return counts


def _team_states() -> dict[str, Q]:
    """Return the condition of each state, for the teams of `teams_of`."""
    since = timezone.now() - ACTIVE
    return {
        "active": Q(last_at__gte=since),
        "silent": Q(last_at__lt=since) | Q(last_at=None),
        "never": Q(last_at=None),
        "limit": Q(is_at_limit=True),
        "disqualified": Q(disqualified_at__isnull=False),
    }


def narrow_events(rows: QuerySet[Event], wanted: Mapping[str, Any]) -> QuerySet[Event]:
    """Return the events of a `verb`, by `who`."""
    named = {"verb": wanted.get("verb"), "actor__icontains": wanted.get("who")}
    return rows.filter(**{name: value for name, value in named.items() if value})
