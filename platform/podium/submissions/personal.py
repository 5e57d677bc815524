"""How often a person may submit to tasks with the same data, in all teams and challenges."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.challenges.models import Task
from podium.submissions.models import Quota, State, Submission, SubmissionQuerySet

# What was refunded: it does not count for the team either.
REFUNDED = (State.REJECTED, State.FAILED)


@dataclass(frozen=True)
class Personal:
    """What is left to a person today (UTC) on the data of a task."""

    limit: int
    used: int
    next_at: datetime
    new_until: datetime | None = None
    """Until when the account is new, if that lowers the limit."""
    total_limit: int | None = None
    total_used: int = 0
    """Of the task's limit for all days: what the person has sent in any team."""

    @property
    def left(self) -> int:
        left = self.limit - self.used
        if self.total_limit is not None:
            left = min(left, self.total_limit - self.total_used)
        return max(0, left)

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left on any day."""
        return self.total_limit is not None and self.total_used >= self.total_limit

    @property
    def note(self) -> str:
        """Why the limit is what it is."""
        if self.new_until:
            return (
                f"Your account is new: until {in_words(self.new_until)} you can send "
                f"{self.limit} {'file' if self.limit == 1 else 'files'} a day for these data."
            )
        return (
            f"One person can send {self.limit} a day for the same data, in all teams and "
            f"challenges together; you have sent {self.used}."
        )

    @property
    def refusal(self) -> str:
        """Why nothing is left, and when the next submission is possible."""
        if self.is_used_up:
            return (
                f"One person can send {self.total_limit} submissions for the same data, in all "
                "teams together, and you have. Ask another member of your team to send the next."
            )
        return f"{self.note} The next is possible at {in_words(self.next_at)}."


def personal(by: User, task: Task, now: datetime) -> Personal:
    """Return what is left to the person: the largest daily limit of the tasks that they use today.

    Counted are their submissions to every task with the same data that count for a team. What
    organizers granted to their teams is theirs too. To reserve one, the caller locks the person
    first.
    """
    today = now.astimezone(UTC).date()
    sent = _sent(by, task).filter(quota_day=today).exclude(state__in=REFUNDED).order_by()
    counts = list(sent.values_list("task__daily_limit").annotate(n=Count("pk")))
    used = sum(n for _, n in counts)
    granted = _granted(by, task)
    today_more = granted.filter(day=today).aggregate(n=Sum("granted", default=0))["n"]
    limit = max([task.daily_limit, *(most for most, _ in counts)]) + today_more
    midnight = datetime.combine(today + timedelta(days=1), time(), UTC)
    old_at = by.date_joined + timedelta(hours=settings.NEW_ACCOUNT_HOURS)
    total, sent_in_all = task.total_limit, _in_total(by, task)
    if total is not None:
        total += granted.aggregate(n=Sum("granted", default=0))["n"]
    of_new = settings.NEW_ACCOUNT_FILES + today_more
    if now >= old_at or limit <= of_new:
        return Personal(limit, used, midnight, None, total, sent_in_all)
    next_at = min(old_at, midnight) if used < limit else midnight
    return Personal(of_new, used, next_at, old_at, total, sent_in_all)


def _in_total(by: User, task: Task) -> int:
    """Return how many submissions of the person count for the data, where that is limited."""
    if task.total_limit is None:
        return 0
    return _sent(by, task).exclude(quota_day=None).exclude(state__in=REFUNDED).count()


def _sent(by: User, task: Task) -> SubmissionQuerySet:
    """Return the person's submissions to tasks with the same data set version or content."""
    return Submission.objects.filter(_same_data(task), submitted_by=by)


def _granted(by: User, task: Task) -> QuerySet[Quota]:
    """Return the quotas of the person's teams on those tasks."""
    return Quota.objects.filter(_same_data(task), team__memberships__user=by)


def _same_data(task: Task) -> Q:
    """Return what rows of tasks with the same data set version or content have in common."""
    version = task.dataset_version
    same = Q(task__dataset_version=version)
    if version.content_hash:
        same |= Q(task__dataset_version__content_hash=version.content_hash)
    return same
