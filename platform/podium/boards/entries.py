"""Where some entries stand on the boards of several tasks, in as many queries as for one.

What is seen is what `boards.visible_board` shows; a test holds the two together.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from podium.challenges.models import Phase, Task
from podium.challenges.permissions import Permission, has_permission
from podium.standings.models import Board, Revision, Standing
from podium.standings.visible import stood_still
from podium.submissions.models import Part
from podium.teams.models import Team


@dataclass(frozen=True)
class Place:
    """What a board shows of an entry: by which submission it stands, with which score."""

    team: Team
    score: float | None
    submission_id: int | None
    is_mine: bool


@dataclass
class Shown:
    """The part of the board that is shown of a task, and who stands on it, by the teams' ids."""

    part: str = Part.PUBLIC
    places: dict[int, Place] = field(default_factory=dict)


def shown_places(
    viewer: Any, tasks: Sequence[Task], teams: Collection[Team], part: str | None = None
) -> dict[int, Shown]:
    """Return what the viewer sees of these teams on the tasks' boards now, by the tasks' ids.

    The tasks are of one challenge, which is theirs in memory too; `part` is as in `visible_board`.
    """
    seen = {task.pk: Shown() for task in tasks}
    if not tasks:
        return seen
    challenge, now = tasks[0].challenge, timezone.now()
    is_organizer = has_permission(viewer, Permission.SEE_DRAFT, challenge)
    if challenge.phase() == Phase.DRAFT and not is_organizer:
        return seen
    mine, of = _own(viewer, teams), {team.pk: team for team in teams}
    frozen_since = None if is_organizer else stood_still(challenge, now)
    boards = _boards(
        tasks, frozen_since, with_private=challenge.is_revealed() and part != Part.PUBLIC
    )
    for task, each in boards.items():
        seen[task].part = each.part
    found = _standing(boards.values(), frozen_since).filter(team__in=of)
    for task, team, score, submission in _values(found):
        seen[task].places[team] = Place(of[team], score, submission, team == mine)
    if frozen_since and mine is not None:
        for each in seen.values():
            each.places.pop(mine, None)
        live = Standing.objects.filter(board__task__in=tasks, board__part=Part.PUBLIC, team=mine)
        for task, team, score, submission in _values(live.filter(valid_until=None)):
            seen[task].places[team] = Place(of[team], score, submission, is_mine=True)
    return seen


def _own(viewer: Any, teams: Collection[Team]) -> int | None:
    """Return which of the teams is the viewer's."""
    if not getattr(viewer, "is_authenticated", False):
        return None
    mine = viewer.memberships.filter(team__in=teams).values_list("team_id", flat=True)
    return mine.first()  # type: ignore[no-any-return]


def _boards(tasks: Sequence[Task], at: datetime | None, *, with_private: bool) -> dict[int, Any]:
    """Return the board that is shown of each task with the `shown` revision's number.

    Tasks of which there is nothing to show are left out. Without a time it is the last revision.
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
    # The private board, where there is one, comes last and takes the public one's place.
    return {board.task_id or 0: board for board in sorted(boards, key=_is_private)}


def _is_private(board: Board) -> bool:
    return board.part == Part.PRIVATE


def _standing(boards: Collection[Any], at: datetime | None) -> QuerySet[Standing]:
    """Return the rows of the boards in the states that are shown."""
    current = [board.pk for board in boards if board.shown == board.revision]
    earlier = [board.pk for board in boards if board.shown != board.revision]
    then = Q(board__in=earlier, valid_from__lte=at) & (Q(valid_until=None) | Q(valid_until__gt=at))
    rows = Standing.objects.order_by("valid_from", "pk")
    return rows.filter(Q(board__in=current, valid_until=None) | (then if earlier else Q(pk=None)))


def _values(rows: QuerySet[Standing]) -> QuerySet[Standing, Any]:
    return rows.values_list("board__task", "team", "score", "submission")
