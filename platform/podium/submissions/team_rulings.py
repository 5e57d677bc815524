"""What organizers do with teams: disqualify, reinstate, grant attempts, move members, merge."""

from datetime import UTC
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge, Task
from podium.challenges.rulings import Act, Acts, Answers, Target
from podium.refusals import Refused
from podium.submissions.models import Quota, Submission
from podium.teams import actions
from podium.teams.guards import record_change
from podium.teams.merging import consequences, merge_teams, move_member, why_not_ordered
from podium.teams.models import Membership, Team

MOST_ATTEMPTS = 100
_OF_TEAMS = (
    Verb.DISQUALIFIED_TEAM,
    Verb.REINSTATED_TEAM,
    Verb.GRANTED_ATTEMPTS,
    Verb.MOVED_MEMBER,
)
_OF_SUBMISSIONS = (
    Verb.WITHDREW_SUBMISSION,
    Verb.RESTORED_SUBMISSION,
    Verb.REFUNDED_SUBMISSION,
)


def rulings_on(team: Team) -> QuerySet[Event]:
    """Return what organizers did with a team and its submissions, the latest first."""
    with_team = Q(verb__in=_OF_TEAMS, subject=f"team:{team.pk}")
    with_submission = Q(verb__in=_OF_SUBMISSIONS, facts__team=team.pk, facts__by_organizer=True)
    left = Q(verb=Verb.MOVED_MEMBER, facts__left=team.pk)
    merged = Q(verb=Verb.MERGED_TEAMS, subject=f"team:{team.pk}", facts__by_organizer=True)
    concerned = with_team | left | merged | with_submission
    return Event.objects.filter(concerned, challenge=team.challenge.slug)


@transaction.atomic
def grant(*, team: Team, task: Task, attempts: int, reason: str, by: User) -> None:
    """Let a team, and each of its members, submit more often today (UTC). Raises Refused.

    A limit for all days grows by as much.
    """
    if not 1 <= attempts <= MOST_ATTEMPTS:
        raise Refused("attempts", f"Choose between 1 and {MOST_ATTEMPTS} attempts.")
    today = timezone.now().astimezone(UTC).date()
    quota, _ = Quota.objects.get_or_create(team=team, task=task, day=today)
    Quota.objects.filter(pk=quota.pk).update(granted=F("granted") + attempts)
    facts = {"attempts": attempts, "task": task.title, "why": reason}
    record_change(Verb.GRANTED_ATTEMPTS, team, by, **facts)


def _rows(challenge: Challenge) -> QuerySet[Any]:
    """Return the teams with how many attempts they were `granted`, so that none are twice."""
    quotas = Quota.objects.filter(team=OuterRef("pk")).order_by().values("team")
    granted = Subquery(quotas.annotate(sum=Sum("granted")).values("sum"))
    return challenge.teams.taking_part().select_related("challenge").annotate(granted=granted)


def _mark(row: Any) -> tuple[object, ...]:
    return (row.disqualified_at, row.granted)


def _disqualify(row: Team, answers: Answers, by: User) -> None:
    actions.disqualify(team=row, reason=answers["reason"], by=by)


def _reinstate(row: Team, answers: Answers, by: User) -> None:
    actions.reinstate(team=row, reason=answers["reason"], by=by)


def _grant(row: Team, answers: Answers, by: User) -> None:
    given: dict[str, Any] = {name: answers[name] for name in ("task", "attempts", "reason")}
    grant(team=row, by=by, **given)


def _move(row: Team, answers: Answers, by: User) -> None:
    move_member(user=answers["member"].user, to=row, reason=answers["reason"], by=by)


def _merge(row: Team, answers: Answers, by: User) -> None:
    merge_teams(team=row, into=answers["into"], reason=answers["reason"], by=by)


def _merge_mark(row: Team, into: Team) -> list[object]:
    """Return all that a merge moves or depends on, of both teams."""
    both = (row, into)
    seats = Membership.objects.filter(team__in=both).order_by("pk")
    sent = Submission.objects.filter(team__in=both).order_by("pk")
    quotas = Quota.objects.filter(team__in=both).order_by("pk")
    fields = ("pk", "team", "state", "attempt", "withdrawn_at", "selected_at")
    return [
        *((team.name, team.captain_id, team.research_use, team.merged_into_id) for team in both),
        *seats.values_list("team", "user"),
        *sent.values_list(*fields),
        *quotas.values_list("pk", "used", "rejected", "granted"),
    ]


def _no_move(row: Team) -> str:
    return "It is disqualified." if row.disqualified_at else ""


def _no_merge(row: Team) -> str:
    return "It is disqualified. Reinstate it first." if row.disqualified_at else ""


def _no_disqualification(row: Team) -> str:
    return "It is disqualified already." if row.disqualified_at else ""


def _no_reinstatement(row: Team) -> str:
    return "" if row.disqualified_at else "It is not disqualified."


def _no_grant(row: Team) -> str:
    return "It is disqualified, and cannot submit." if row.disqualified_at else ""


ACTS = Acts[Team](
    "team",
    _rows,
    mark=_mark,
    team=lambda row: row.pk,
    by_name={
        "disqualify": Act(
            "Disqualify",
            "disqualified",
            _no_disqualification,
            _disqualify,
            is_danger=True,
            moves_ranks=True,
        ),
        "reinstate": Act(
            "Reinstate", "back on the boards", _no_reinstatement, _reinstate, moves_ranks=True
        ),
        "grant": Act(
            "Grant attempts for today",
            "given more attempts for today",
            _no_grant,
            _grant,
            asks=("task", "attempts", "reason"),
        ),
        "move": Act(
            "Move a member into it",
            "has the member now",
            _no_move,
            _move,
            asks=("member", "reason"),
            most=1,
        ),
        "merge": Act(
            "Merge into another team",
            "merged into another team",
            _no_merge,
            _merge,
            asks=("into", "reason"),
            is_danger=True,
            moves_ranks=True,
            most=1,
            target=Target(
                "into",
                refusal=lambda row, into: why_not_ordered(into, row),
                lines=lambda row, into: consequences(into, row),
                mark=_merge_mark,
            ),
            can_be_undone=False,
        ),
    },
)
