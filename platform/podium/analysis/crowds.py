"""Signs that one person acts as several, for the owners and managers of a challenge.

None of them proves anything: a lab shares an address, and a course brings many new accounts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import hypot
from statistics import median

from django.db.models import Count, F, Q

from podium.accounts.models import Sighting, User
from podium.challenges.models import Challenge, Task
from podium.standings.feedback import is_revealed
from podium.standings.models import Standing
from podium.submissions.models import Part, Score, Submission
from podium.teams.models import Membership, Team
from scoring import METRICS

NEW = timedelta(days=7)
"""How long an account is new here: longer than its slow first day, which a crowd can wait for."""
MANY = 5
SHOWN = 50
ERRORS = 3
"""By how many standard errors a team's score must fall more than the median team's to be listed."""


@dataclass(frozen=True)
class SharedAddress:
    """Members of several teams who signed up or sent their first file from one address."""

    members: list[tuple[User, Team]]
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Newcomers:
    """One UTC day on which many of a task's submitters had new accounts."""

    task: Task
    day: date
    new: int
    people: int
    teams: int


@dataclass(frozen=True)
class Fall:
    """A team whose best public submission scores far less on the private rows than others' do.

    `typical` is the fall of the median team, `errors` how many standard errors this one is beyond.
    """

    task: Task
    team: Team
    public: float
    private: float
    typical: float
    errors: float


def falls(task: Task) -> list[Fall]:
    """Return the teams that fell far more at the reveal than others; none before it.

    One part can be harder than the other, so the median fall is taken from each.
    """
    if not is_revealed(task):
        return []
    both: dict[Team, dict[str, Score]] = defaultdict(dict)
    for score in _scores_of_the_best(task):
        both[score.evaluation.submission.team][score.part] = score
    known = {team: _fall(task, parts) for team, parts in both.items() if len(parts) == 2}
    typical = median(fall for fall, _ in known.values()) if known else 0.0
    found = [
        Fall(
            task,
            team,
            public=both[team][Part.PUBLIC].value or 0.0,
            private=both[team][Part.PRIVATE].value or 0.0,
            typical=typical,
            errors=(fall - typical) / error,
        )
        for team, (fall, error) in known.items()
        if not team.is_baseline and fall - typical > ERRORS * error > 0
    ]
    return sorted(found, key=lambda each: -each.errors)


def _scores_of_the_best(task: Task) -> Iterable[Score]:
    """Return both parts' headline scores of the submissions on the public board."""
    board = Standing.objects.filter(board__task=task, board__part=Part.PUBLIC, valid_until=None)
    return (
        Score.objects.counting(task)
        .filter(
            metric=task.headline,
            evaluation__submission__in=board.values("submission"),
            standard_error__isnull=False,
        )
        .select_related("evaluation__submission__team__challenge")
    )


def _fall(task: Task, parts: dict[str, Score]) -> tuple[float, float]:
    """Return how much worse the private score is, and the standard error of that."""
    public, private = parts[Part.PUBLIC], parts[Part.PRIVATE]
    sign = 1 if METRICS[task.headline].higher_is_better else -1
    fall = sign * ((public.value or 0.0) - (private.value or 0.0))
    return fall, hypot(public.standard_error or 0.0, private.standard_error or 0.0)


def shared_addresses(challenge: Challenge) -> list[SharedAddress]:
    """Return the addresses that members of at least two teams share, the largest groups first."""
    members = Membership.objects.filter(challenge=challenge).select_related("user", "team")
    by_user = {row.user_id: row for row in members}
    seen: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in Sighting.objects.filter(user__memberships__challenge=challenge).order_by("at"):
        seen[sighting.address].append(sighting)
    found = [_shared(rows, by_user) for rows in seen.values()]
    several = [each for each in found if len({team.pk for _, team in each.members}) > 1]
    return sorted(several, key=lambda each: (-len(each.members), each.first_at))


def newcomers(challenge: Challenge) -> list[Newcomers]:
    """Return the days on which at least MANY new accounts submitted to a task, the last first."""
    sent = Submission.objects.filter(task__challenge=challenge, quota_day__isnull=False)
    is_new = Q(received_at__lt=F("submitted_by__date_joined") + NEW)
    days = (
        sent.order_by()
        .values("task", day=F("quota_day"))
        .annotate(
            new=Count("submitted_by", filter=is_new, distinct=True),
            people=Count("submitted_by", distinct=True),
            new_teams=Count("team", filter=is_new, distinct=True),
        )
        .filter(new__gte=MANY)
        .order_by("-day", "-new", "task")[:SHOWN]
    )
    tasks = {task.pk: task for task in challenge.tasks.all()}
    return [
        Newcomers(tasks[row["task"]], row["day"], row["new"], row["people"], row["new_teams"])
        for row in days
    ]


def _shared(rows: list[Sighting], members: dict[int, Membership]) -> SharedAddress:
    found = [members[row.user_id] for row in rows]
    return SharedAddress([(row.user, row.team) for row in found], rows[0].at, rows[-1].at)
