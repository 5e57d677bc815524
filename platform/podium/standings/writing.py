"""Writing boards: rows that changed are closed and followed by new ones, under one lock."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from podium import celery
from podium.challenges.models import Task, Track
from podium.standings.models import Board, Revision, Standing
from podium.submissions.models import Part

_SHOWN = (
    *("position", "rank", "score", "low", "high", "submission_id", "attempts", "tasks"),
    "first_reached",
)


def lock(track: Track) -> Board:
    """Return the track's public board, locked: it orders the changes of all boards of the track."""
    return locked_board(track=track, part=Part.PUBLIC)


def locked_board(*, part: str, **subject: Task | Track) -> Board:
    """Return the board of a `task` or a `track`, made if it is new, locked."""
    rows: Any = Board.objects.select_for_update()
    board, _ = rows.get_or_create(part=part, **subject)
    return board  # type: ignore[no-any-return]


def standing_on(board: Board) -> QuerySet[Standing]:
    """Return the current rows of a board."""
    return board.standings.filter(valid_until=None).select_related("team")


def by_team(rows: QuerySet[Standing]) -> dict[int, Standing]:
    """Return the rows by the ids of their teams."""
    return {row.team_id: row for row in rows}


def write(
    board: Board,
    current: dict[int, Standing],
    fresh: list[Standing],
    now: datetime,
    *,
    step: float | None,
) -> None:
    """Close the rows that changed, add their successors, and count the board's revision."""
    kept = {row.team_id for row in fresh if _same(current.get(row.team_id), row)}
    over = [row.pk for team_id, row in current.items() if team_id not in kept]
    added = [row for row in fresh if row.team_id not in kept]
    if not over and not added and not _other_step(board, step):
        return
    Standing.objects.filter(pk__in=over).update(valid_until=now)
    for row in added:
        row.board, row.valid_from = board, now
        old = current.get(row.team_id)
        row.score_since = old.score_since if old and old.score == row.score else now
    Standing.objects.bulk_create(added)
    board.revision += 1
    board.save(update_fields=["revision"])
    Revision.objects.create(board=board, number=board.revision, at=now, step=step)
    celery.send("standings.study", board.pk, expires=60)


def _same(old: Standing | None, new: Standing) -> bool:
    return old is not None and all(getattr(old, name) == getattr(new, name) for name in _SHOWN)


def _other_step(board: Board, step: float | None) -> bool:
    """Return whether the rows as they are stand for scores in another step by now."""
    last = board.revisions.filter(number=board.revision).first()
    return last is not None and last.step != step
