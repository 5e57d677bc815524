"""The places of some entries on the boards of several tasks, in as many queries as for one task.

They are the places that `visible_board` shows; a test checks that both agree.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from podium.accounts.models import User, Viewer
from podium.challenges.models import Phase, Task
from podium.challenges.permissions import Permission, has_permission
from podium.standings.models import Board, Revision, Standing
from podium.standings.visible import stood_still
from podium.submissions.models import Part
from podium.teams.models import Team


@dataclass(frozen=True)
class Place:
    """What a board shows of an entry: its submission and score."""

    team: Team
    score: float | None
    submission_id: int | None
    is_mine: bool


@dataclass
class Shown:
    """The part of the board that is shown for a task, and the places on it by team id."""

    part: str = Part.PUBLIC
    places: dict[int, Place] = field(default_factory=dict)


def shown_places(
    viewer: Viewer, tasks: Sequence[Task], teams: Collection[Team], part: str | None = None
) -> dict[int, Shown]:
    """Return what the viewer sees of these teams on the tasks' boards now, by task id.

    The tasks are of one challenge, which is loaded with them; `part` is as in `visible_board`.
    """
    seen = {task.pk: Shown() for task in tasks}
    if not tasks:
        return seen
    challenge, now = tasks[0].challenge, timezone.now()
    is_organizer = has_permission(viewer, Permission.SEE_DRAFT, challenge)
    if challenge.phase() == Phase.DRAFT and not is_organizer:
        return seen
    mine, by_id = _own(viewer, teams), {team.pk: team for team in teams}
    frozen_since = None if is_organizer else stood_still(challenge, now)
    boards = _boards(
        tasks, frozen_since, with_private=challenge.is_revealed() and part != Part.PUBLIC
    )
    for task, board in boards.items():
        seen[task].part = board.part
    rows = _standing(boards.values(), frozen_since).filter(team__in=by_id)
    for task, team, score, submission in _values(rows):
        seen[task].places[team] = Place(by_id[team], score, submission, team == mine)
    if frozen_since and mine is not None:
        for shown in seen.values():
            shown.places.pop(mine, None)
        live = Standing.objects.filter(board__task__in=tasks, board__part=Part.PUBLIC, team=mine)
        for task, team, score, submission in _values(live.filter(valid_until=None)):
            seen[task].places[team] = Place(by_id[team], score, submission, is_mine=True)
    return seen


def _own(viewer: Viewer, teams: Collection[Team]) -> int | None:
    """Return the id of the viewer's team, if it is one of these."""
    if not isinstance(viewer, User):
        return None
    return viewer.memberships.filter(team__in=teams).values_list("team_id", flat=True).first()


def _boards(tasks: Sequence[Task], at: datetime | None, *, with_private: bool) -> dict[int, Any]:
    """Return the board that is shown for each task, with the number of its `shown` revision.

    Tasks with nothing to show are left out. Without a time it is the last revision.
    """
    states = Revision.objects.filter(board=OuterRef("pk"))
    if at is None:
        states = states.filter(number=OuterRef("revision"))
    else:
        states = states.filter(at__lte=at).order_by("-at", "-number")
    numbers = Subquery(states.values("number")[:1])
    boards = Board.objects.filter(task__in=tasks).annotate(shown=numbers).exclude(shown=None)
    if not with_private:
        boards = boards.filter(part=Part.PUBLIC)
    # A private board comes last, so it replaces the public board of its task.
    return {board.task_id or 0: board for board in sorted(boards, key=_is_private)}


def _is_private(board: Board) -> bool:
    return board.part == Part.PRIVATE


def _standing(boards: Collection[Any], at: datetime | None) -> QuerySet[Standing]:
    """Return the rows of the boards in their shown states."""
    current = [board.pk for board in boards if board.shown == board.revision]
    earlier = [board.pk for board in boards if board.shown != board.revision]
    then = Q(board__in=earlier, valid_from__lte=at) & (Q(valid_until=None) | Q(valid_until__gt=at))
    rows = Standing.objects.order_by("valid_from", "pk")
    return rows.filter(Q(board__in=current, valid_until=None) | (then if earlier else Q(pk=None)))


def _values(rows: QuerySet[Standing]) -> QuerySet[Standing, Any]:
    return rows.values_list("board__task", "team", "score", "submission")
