"""How often a team, and each person in it, may submit to a task, and when they may again."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import F, Sum

from podium.accounts.models import Viewer
from podium.accounts.zones import in_words
from podium.challenges.models import Task
from podium.submissions.models import Quota, Submission
from podium.submissions.personal import Personal, personal
from podium.teams.models import Team


@dataclass(frozen=True)
class Allowance:
    """What is left today (UTC) of a team's quota on a task, and of what its reader may send."""

    team_limit: int
    team_left: int
    in_flight: int
    in_flight_limit: int
    rejected_left: int
    next_at: datetime
    person: Personal | None = None
    total_limit: int | None = None
    total_left: int | None = None
    """What is left of the limit for all days together; None without one."""
    pause: str = ""

    @property
    def limit(self) -> int:
        """The most that the reader can send for the team on one day."""
        return min(self.team_limit, self.person.limit) if self.person else self.team_limit

    @property
    def left(self) -> int:
        return min(self.team_left, self.person.left) if self.person else self.team_left

    @property
    def note(self) -> str:
        """Why the reader has less than the team; empty if they do not, or have nothing left."""
        person = self.person
        if person and self.left and (person.new_until or person.left < self.team_left):
            return person.note
        return ""

    @property
    def is_paused(self) -> bool:
        """Whether the task takes no submissions, until an organizer lets it."""
        return bool(self.pause) or self.team_limit == 0

    @property
    def refusal(self) -> str:
        """Why a submission would be refused now, and what to do; empty when it would not."""
        if self.pause:
            return f"The organizers paused this task: {self.pause}"
        if self.is_paused:
            return "This task takes no submissions at the moment. Follow the announcements."
        if self.total_left == 0:
            return (
                f"All {self.total_limit} submissions of your team to this task are used. Choose "
                "your final ones among them."
            )
        again = f"The next is possible at {in_words(self.next_at)}."
        if self.team_left == 0:
            return f"All {self.team_limit} submissions of today are used. {again}"
        if self.rejected_left == 0:
            return f"Too many files were rejected today. {again}"
        if self.person and not self.person.left:
            return self.person.refusal
        if self.in_flight >= self.in_flight_limit:
            return (
                f"{self.in_flight} submissions of your team are still being scored, "
                f"the most at a time. Upload again when one is done."
            )
        return ""

    @property
    def retry_at(self) -> datetime | None:
        """When that ends, where it is known: how long scoring or a pause takes is not."""
        if self.is_paused or self.total_left == 0:
            return None
        if 0 in (self.team_left, self.rejected_left):
            return self.next_at
        person = self.person
        if person is None or person.left or person.is_used_up:
            return None
        return person.next_at


def allowance(team: Team | None, task: Task, now: datetime, by: Viewer | None = None) -> Allowance:
    """Return what the team, or a person who has no team yet, has left on the task.

    With `by`, no more than what that person has left. Without, or for a visitor, the team's only.
    """
    today = now.astimezone(UTC).date()
    quota = Quota.objects.filter(team=team, task=task, day=today).first() if team else None
    in_flight = Submission.objects.filter(team=team, task=task).in_flight().count() if team else 0
    total_limit, total_left = _total(team, task)
    limit = task.daily_limit + (quota.granted if quota else 0)
    left = max(0, limit - (quota.used if quota else 0))
    return Allowance(
        team_limit=limit,
        team_left=left if total_left is None else min(left, total_left),
        total_limit=total_limit,
        total_left=total_left,
        pause=task.pause,
        in_flight=in_flight,
        in_flight_limit=task.in_flight_limit,
        rejected_left=max(0, task.rejected_limit - (quota.rejected if quota else 0)),
        next_at=datetime.combine(today + timedelta(days=1), time(), UTC),
        person=personal(by, task, now) if by and by.is_authenticated else None,
    )


def _total(team: Team | None, task: Task) -> tuple[int | None, int | None]:
    """Return the team's limit for all days, and what is left of it; None twice without one."""
    if task.total_limit is None:
        return None, None
    rows = Quota.objects.filter(team=team, task=task) if team else Quota.objects.none()
    sums = rows.aggregate(used=Sum("used", default=0), granted=Sum("granted", default=0))
    limit = task.total_limit + int(sums["granted"])
    return limit, max(0, limit - int(sums["used"]))


def reserve(team: Team, task: Task, day: date) -> None:
    """Count one submission. The caller holds the locks of team and sender since `allowance`."""
    Quota.objects.get_or_create(team=team, task=task, day=day)
    Quota.objects.filter(team=team, task=task, day=day).update(used=F("used") + 1)


def give_back(submission: Submission, *, rejected: bool) -> None:
    """Return the submission's attempt; a rejected file counts against the day's rejections."""
    if submission.quota_day is None:
        return
    Quota.objects.filter(
        team=submission.team_id, task=submission.task_id, day=submission.quota_day
    ).update(used=F("used") - 1, rejected=F("rejected") + int(rejected))
