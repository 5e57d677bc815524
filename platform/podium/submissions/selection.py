"""Final selections: which submissions of a team count on the private board."""

from collections.abc import Set
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from podium.accounts.models import User
from podium.accounts.zones import in_words
from podium.audit.actions import record
from podium.audit.verbs import Verb
from podium.challenges.models import Task
from podium.refusals import Refused
from podium.submissions.models import State, Submission
from podium.submissions.signals import submission_selected
from podium.teams.models import Team


def select(*, submission: Submission, by: User) -> None:
    """Make a scored submission one of the team's final ones. Raises Refused."""
    with transaction.atomic():
        chosen = _locked(submission)
        if submission.state != State.SCORED or submission.withdrawn_at:
            raise Refused("not_scored", "Only a scored submission can be final. Choose one.")
        others = [each for each in chosen if each != submission.pk]
        if len(others) >= (most := submission.task.final_limit):
            raise Refused(
                "too_many",
                f"At most {most} submission{'s' if most > 1 else ''} of this task can be final, "
                "and as many are, withdrawn ones included. Unselect one first.",
            )
        _set(submission, timezone.now(), Verb.SELECTED_SUBMISSION, by)


def unselect(*, submission: Submission, by: User) -> None:
    """Take a submission back from the final ones. Raises Refused."""
    with transaction.atomic():
        _locked(submission)
        _set(submission, None, Verb.UNSELECTED_SUBMISSION, by)


def choose(*, team: Team, ticked: Set[int], listed: Set[int], by: User) -> int:
    """Make of the listed submissions of a team those final that are ticked; return the changes.

    Submissions that are not listed stay as they are. Raises Refused, and then nothing changes.
    """
    with transaction.atomic():
        Team.objects.select_for_update(no_key=True).get(pk=team.pk)
        mine = list(
            Submission.objects.filter(team=team)
            .select_related("task__challenge", "team")
            .filter(Q(pk__in=ticked | listed) | Q(selected_at__isnull=False))
        )
        wanted = {
            each.pk
            for each in mine
            if (each.pk in ticked if each.pk in listed else each.selected_at)
        }
        _refuse_too_many([each for each in mine if each.pk in wanted])
        changed = [each for each in mine if (each.pk in wanted) != (each.selected_at is not None)]
        for each in sorted(changed, key=lambda each: each.pk in wanted):
            verb = select if each.pk in wanted else unselect
            verb(submission=each, by=by)
    return len(changed)


def _refuse_too_many(wanted: list[Submission]) -> None:
    """Raise Refused with every task that has more submissions wanted than can be final."""
    by_task: dict[Task, list[int]] = {}
    for each in wanted:
        by_task.setdefault(each.task, []).append(each.number)
    problems = [
        f"{task}: you ticked {len(numbers)} (submissions {', '.join(map(str, sorted(numbers)))}), "
        f"and at most {task.final_limit} can be final. Untick {len(numbers) - task.final_limit}."
        for task, numbers in by_task.items()
        if len(numbers) > task.final_limit
    ]
    if problems:
        raise Refused("too_many", " ".join(problems))


def may_select(submission: Submission) -> bool:
    """Return whether the time for selections of this submission's task is not over."""
    return submission.task.challenge.takes_choices()


def _locked(submission: Submission) -> list[int]:
    """Lock the team and return the ids of what it has selected for the task.

    Those that are withdrawn are among them, because they may be put back.
    """
    team = Team.objects.select_for_update(no_key=True).get(pk=submission.team_id)
    if team.is_merged:  # while this waited for the lock: the other team's choices count with these
        raise Refused(
            "merged", f"Your team has just become part of “{team.merged_into}”. Choose again."
        )
    submission.refresh_from_db(fields=["state", "withdrawn_at", "selected_at"])
    if not may_select(submission):
        at = submission.task.challenge.closed_at
        raise Refused(
            "closed",
            f"Final selections were locked at {in_words(at)}. Write to the organizers if "
            "one must change.",
        )
    mine = Submission.objects.filter(team=submission.team_id, task=submission.task_id)
    return list(mine.filter(selected_at__isnull=False).values_list("pk", flat=True))


def _set(submission: Submission, at: datetime | None, verb: Verb, by: User) -> None:
    if (submission.selected_at is None) == (at is None):
        return
    Submission.objects.filter(pk=submission.pk).update(selected_at=at)
    submission.selected_at = at
    record(verb, subject=submission, by=by, challenge=submission.task.challenge.slug)
    for listener in submission_selected:
        listener(submission)
