"""Signs that one person acts as several, for the owners and managers of a challenge.

None of them proves anything: a lab shares an address, and a course brings many new accounts.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Q

from podium.accounts.models import Sighting, User
from podium.challenges.models import Challenge, Task
from podium.submissions.models import Submission
from podium.teams.models import Membership, Team

NEW = timedelta(days=7)
"""How long an account is new here: longer than its slow first day, which a crowd can wait for."""
MANY = 5
SHOWN = 50


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
