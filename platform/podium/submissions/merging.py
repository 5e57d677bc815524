"""What becomes of submissions and quota when two teams become one."""

from datetime import UTC, date
from itertools import groupby

from django.db.models import Max, Sum
from django.utils import timezone

from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Feedback, Task
from podium.submissions.models import PartialUpload, Quota, Submission
from podium.teams.models import Team
from podium.teams.signals import Objection

_LIMIT = "Raise that limit for all teams in the task's set-up first, or leave the teams apart."


def why_not(surviving: Team, absorbed: Team) -> Objection | None:
    """Return why the two teams may not merge, or None.

    Their submissions together must be what one team could have sent, and all of them finished. A
    ladder that has answered both is in the way: replayed as one team's, it would reveal scores
    that it had withheld.
    """
    if Submission.objects.filter(team__in=(surviving, absorbed)).in_flight().exists():
        finish = "Merge once they are finished."
        return Objection("Submissions of these teams are still being scored.", finish, finish)
    for (task_id, day), (used, granted) in sorted(_together(surviving, absorbed).items()):
        task = Task.objects.get(pk=task_id)
        if used > (most := task.daily_limit + granted):
            return Objection(
                f"On {day:%Y-%m-%d} (UTC) the two teams together used {used} submissions of "
                f"{task}, and one team has {most} a day.",
                _LIMIT,
            )
    for task in Task.objects.filter(challenge=surviving.challenge_id, total_limit__isnull=False):
        quotas = Quota.objects.filter(team__in=(surviving, absorbed), task=task)
        sums = quotas.aggregate(used=Sum("used", default=0), granted=Sum("granted", default=0))
        if sums["used"] > (most := (task.total_limit or 0) + sums["granted"]):
            return Objection(
                f"The two teams together used {sums['used']} submissions of {task}, and one team "
                f"has {most} in total.",
                _LIMIT,
            )
    for task in Task.objects.filter(challenge=surviving.challenge_id, feedback=Feedback.LADDER):
        if all(team.submissions.filter(task=task).exists() for team in (surviving, absorbed)):
            return Objection(
                f"Both teams have submitted to {task}, where the ladder answers each team for "
                "itself.",
                "Leave the teams apart: one replay of both would reveal scores.",
            )
    return None


def described(surviving: Team, absorbed: Team) -> list[str]:
    """Return what would become of submissions, final selections and attempts, in sentences."""
    lines = []
    for task in Task.objects.filter(submissions__team=absorbed).distinct().order_by("pk"):
        moved, own = (team.submissions.filter(task=task).count() for team in (absorbed, surviving))
        which = "One submission" if moved == 1 else f"{moved} submissions"
        lines.append(
            f"{task}: {which} of {absorbed} {'moves' if moved == 1 else 'move'} to {surviving}, "
            f"which has {own} there. All are renumbered by arrival time."
        )
    chosen = Submission.objects.filter(team=absorbed, selected_at__isnull=False).count()
    if chosen:
        lines.append(f"Final selections of {absorbed} are cleared: {chosen}. {_selects(surviving)}")
    return [*lines, *_attempts(surviving, absorbed)]


def _selects(surviving: Team) -> str:
    if surviving.challenge.takes_choices():
        return f"{surviving} keeps its own, and can select again until the close."
    return (
        f"{surviving} keeps its own. Selections are locked, so in a task where it has none its "
        "best displayed score counts."
    )


def _attempts(surviving: Team, absorbed: Team) -> list[str]:
    """Return how many attempts of its limits the merged team will have used."""
    today, together = timezone.now().astimezone(UTC).date(), _together(surviving, absorbed)
    lines = []
    for task in Task.objects.filter(quota__team=absorbed).distinct().order_by("pk"):
        used, granted = together.get((task.pk, today), (0, 0))
        said = f"{used} of {task.daily_limit + granted} today (UTC)"
        if task.total_limit is not None:
            days = [sums for (of_task, _), sums in together.items() if of_task == task.pk]
            most = task.total_limit + sum(more for _, more in days)
            said += f", {sum(used for used, _ in days)} of {most} in total"
        lines.append(f"{task}: attempts of both teams count together. Used: {said}.")
    return lines


def merge(surviving: Team, absorbed: Team) -> None:
    """Make the absorbed team's submissions and used quota the surviving team's.

    Both teams' submissions of a task are renumbered by arrival time, as one
    team's are, and the event keeps the old numbers. Final selections of the absorbed team are
    taken back: together there could be too many.
    """
    _sum_quota(surviving, absorbed)
    both = Submission.objects.filter(team__in=(surviving, absorbed))
    tasks = set(both.filter(team=absorbed).order_by().values_list("task", flat=True))
    rows = list(both.filter(task__in=tasks).order_by("task_id", "received_at", "pk"))
    old = {row.pk: [row.team_id, row.number] for row in rows}
    Submission.objects.filter(team=absorbed).update(selected_at=None)
    _free_keys(surviving, absorbed)
    PartialUpload.objects.filter(team=absorbed).update(team=surviving)
    # First out of each other's way: a number is given once within team and task.
    highest = both.aggregate(n=Max("number"))["n"] or 0
    for _, of_task in groupby(rows, key=lambda row: row.task_id):
        for number, row in enumerate(of_task, start=1):
            row.team, row.number = surviving, number + 2 * highest
    Submission.objects.bulk_update(rows, ["team", "number"], batch_size=500)
    for row in rows:
        row.number -= 2 * highest
    Submission.objects.bulk_update(rows, ["number"], batch_size=500)
    record(
        Verb.MOVED_SUBMISSIONS,
        subject=surviving,
        challenge=surviving.challenge.slug,
        absorbed=absorbed.pk,
        before={str(pk): numbers for pk, numbers in old.items()},
    )


def _free_keys(surviving: Team, absorbed: Team) -> None:
    """Forget the absorbed team's keys that the surviving team has used too."""
    keyed = Submission.objects.exclude(key="").order_by()
    used = list(keyed.filter(team=surviving).values_list("key", flat=True))
    keyed.filter(team=absorbed, key__in=used).update(key="")


def _together(surviving: Team, absorbed: Team) -> dict[tuple[int, date], tuple[int, int]]:
    """Return how much of a day's quota both used and were granted, by task and day."""
    rows = Quota.objects.filter(team__in=(surviving, absorbed)).order_by()
    sums = rows.values_list("task_id", "day").annotate(n=Sum("used"), more=Sum("granted"))
    return {(task, day): (used, granted) for task, day, used, granted in sums}


def _sum_quota(surviving: Team, absorbed: Team) -> None:
    for row in Quota.objects.filter(team=absorbed):
        total, _ = Quota.objects.get_or_create(team=surviving, task=row.task, day=row.day)
        total.used += row.used
        total.rejected += row.rejected
        total.granted += row.granted
        total.save(update_fields=["used", "rejected", "granted"])
    Quota.objects.filter(team=absorbed).delete()
