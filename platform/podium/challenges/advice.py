"""What organizers should consider about the tasks of a challenge, in words."""

from datetime import datetime

from django.utils import timezone

from leaderboard.patience import Rows, patient
from podium.accounts.zones import in_words
from podium.challenges.models import Challenge, Feedback, Phase, Task, VisibleTo
from podium.challenges.sisters import warnings

# Beyond this many submissions a team, rounding hides too little of the labels.
MANY_SUBMISSIONS = 100


def advice(challenge: Challenge) -> list[str]:
    """Return all that the organizers should consider now."""
    # Once it is open the feedback is fixed, and there is nothing to propose.
    is_open = timezone.now() >= challenge.opens_at
    proposed = [] if is_open else proposals(challenge)
    return [*proposed, *shared_rows(challenge), *warnings(challenge)]


def proposals(challenge: Challenge) -> list[str]:
    """Return in words for which tasks the feedback mode `ladder` is proposed, and why."""
    days = (challenge.closes_at.date() - challenge.opens_at.date()).days + 1
    return [
        f"Task {task.slug}: a team may submit {days * task.daily_limit:,} times, "
        f"{task.daily_limit} on each of {days} days. Feedback `{task.feedback}` does not stop "
        f"anybody who means to overfit with more than {MANY_SUBMISSIONS}: by simulation, such a "
        f"team lifts its public score by {_points_beyond(task, days)} points that its private "
        "score does not share. Consider `ladder`, which shows a score only when it beats the last "
        "one by more than the noise: it leaves about none of them."
        for task in challenge.tasks.select_related("solution")
        if task.feedback != Feedback.LADDER and days * task.daily_limit > MANY_SUBMISSIONS
    ]


def _points_beyond(task: Task, days: int) -> str:
    rows = Rows(task.solution.public_rows, task.solution.private_rows)
    return f"{100 * patient(rows, days * task.daily_limit, 0.0).beyond:.1f}"


def shared_rows(challenge: Challenge) -> list[str]:
    """Describe tasks that share rows with a task revealed at another time.

    Nothing of those whose reveals are both over. A challenge that not everybody sees is not named.
    """
    others = Task.objects.filter(dataset_version__task__challenge=challenge)
    twins = others.exclude(challenge=challenge).select_related("challenge", "dataset_version")
    return [
        f"Task {task.slug}: {_shared(twin, *reveals)}"
        for twin in twins.distinct()
        if _differ(reveals := sorted([challenge.reveal_at, twin.challenge.reveal_at]))
        for task in challenge.tasks.filter(dataset_version=twin.dataset_version_id)
    ]


def _differ(reveals: list[datetime]) -> bool:
    """Return whether two reveals, in their order, are at different times, one still to come."""
    return reveals[0] < reveals[1] and timezone.now() < reveals[1]


def _shared(twin: Task, first: datetime, last: datetime) -> str:
    """Return what it means that the rows of another challenge's task are revealed then too."""
    is_hidden = (
        twin.challenge.phase() == Phase.DRAFT or twin.challenge.visible_to != VisibleTo.EVERYBODY
    )
    named = f"{twin.challenge} (task {twin.slug})"
    return (
        f"its data set {twin.dataset_version} is in "
        f"{'a challenge that is not public' if is_hidden else named} too, and the reveals "
        f"differ: {in_words(first)} and {in_words(last)}. From the first on, "
        "private scores of the same rows are public, which tells teams of the other challenge "
        "about its labels. Reveal both at once, or take another version."
    )
