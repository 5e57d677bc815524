"""Boards of tasks and tracks, as `visible_board` shows them to the reader."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field, create_model

from podium.access import get_task, get_track
from podium.api.base.paging import neighbours
from podium.api.base.readers import ANYBODY
from podium.api.base.shapes import Moment, PageQuery, Slug, example
from podium.boards import export as exports
from podium.boards.columns import COLUMNS, Column, cell_columns
from podium.challenges.models import Task, Track
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard, visible_board

router = Router(tags=["Boards"])


class BoardQuery(PageQuery):
    """Which state of a board is wanted, and which part of its rows."""

    at: Moment | None = Field(
        None,
        description="As it was shown at this time, for example 2026-11-20T12:00:00Z.",
        json_schema_extra={"type": "string", "format": "date-time"},
    )
    part: Literal["public", "private"] | None = Field(
        None, description="After the reveal `public` gives the board as it was kept."
    )


class BoardTeam(Schema):
    """Whose row it is."""

    slug: str
    name: str
    is_baseline: bool = Field(description="A reference method, which is not ranked.")
    disqualified: bool
    removed: bool = Field(
        description="Withdrawn since with its last member's account; old and frozen boards show it."
    )
    model_config = example(
        slug="alpha", name="Alpha", is_baseline=False, disqualified=False, removed=False
    )


class Cell(Schema):
    """A team's score on one task of a track."""

    task: str
    score: float | None = Field(description="None: not entered, which counts 0.")
    skill: float | None = Field(description="0 like the trivial submission, 1 perfect.")
    model_config = example(task="pairs", score=0.81, skill=0.62)


_TYPES: dict[str, object] = {
    "whole": int | None,
    "number": float | None,
    "text": str,
    "yes or no": bool | None,
    "time": datetime,
}
_COLUMNS = [column for column in COLUMNS if column.api]
_EXAMPLE: dict[str, Any] = {
    **{column.api: "" if column.type == "text" else None for column in _COLUMNS},
    "rank": 1,
    "rank_low": 1,
    "rank_high": 3,
    "score": 0.81,
    "low": 0.79,
    "high": 0.83,
    "attempts": 12,
    "first_reached": "2026-11-20T12:00:00Z",
    "nfr": 0.021,
    "method": "gradient boosting",
}
_FIELDS: dict[str, Any] = {
    column.api: (_TYPES[column.type], Field(description=column.words)) for column in _COLUMNS
}
_Columns: Any = create_model("_Columns", __base__=Schema, **_FIELDS)


class BoardItem(_Columns):
    """A row of a board, every number as its page shows it; null for what the board lacks."""

    team: BoardTeam
    tasks: list[Cell] = Field(description="In tracks: the score on each task.")
    is_mine: bool
    model_config = example(
        **_EXAMPLE,
        team={
            "slug": "alpha",
            "name": "Alpha",
            "is_baseline": False,
            "disqualified": False,
            "removed": False,
        },
        tasks=[],
        is_mine=True,
    )


class BoardMetric(Schema):
    """What a board ranks by."""

    name: str
    title: str
    higher_is_better: bool
    model_config = example(name="accuracy", title="Accuracy", higher_is_better=True)


class BoardOut(Schema):
    """A board in one state, and a part of its rows."""

    challenge: str
    task: str | None
    track: str | None
    title: str
    metric: BoardMetric
    part: str = Field(description="public, or private after the reveal.")
    at: datetime | None = Field(description="The time that was asked for.")
    revision: int = Field(description="Grows with every change.")
    frozen_since: datetime | None = Field(description="Start of the freeze of other teams' rows.")
    step: float | None = Field(description="What scores are multiples of; None: not rounded.")
    decimals: int
    count: int
    next: str | None
    previous: str | None
    items: list[BoardItem]
    model_config = example(
        challenge="sample",
        task="pairs",
        track=None,
        title="Pairs",
        metric={"name": "accuracy", "title": "Accuracy", "higher_is_better": True},
        part="public",
        at=None,
        revision=17,
        frozen_since=None,
        step=0.005,
        decimals=3,
        count=0,
        next=None,
        previous=None,
        items=[],
    )


@router.get(
    "/challenges/{slug:challenge}/tasks/{slug:task}/board",
    response=BoardOut,
    auth=ANYBODY,
    url_name="task-board",
    summary="The board of a task",
)
def task_board(
    request: HttpRequest, challenge: Path[Slug], task: Path[Slug], asked: Query[BoardQuery]
) -> object:
    """Give a task's board as you may see it, now or at a time, best first."""
    return _board(request, get_task(request, challenge, task), asked)


@router.get(
    "/challenges/{slug:challenge}/tracks/{slug:track}/board",
    response=BoardOut,
    auth=ANYBODY,
    url_name="track-board",
    summary="The board of a track",
)
def track_board(
    request: HttpRequest, challenge: Path[Slug], track: Path[Slug], asked: Query[BoardQuery]
) -> object:
    """Give a track's board as you may see it, now or at a time, best first."""
    return _board(request, get_track(request, challenge, track), asked)


def _board(request: HttpRequest, subject: Task | Track, asked: BoardQuery) -> dict[str, object]:
    board = visible_board(request.user, subject, at=asked.at, part=asked.part)
    rows = board.rows[asked.offset : asked.offset + asked.limit]
    tasks = subject.tasks.all() if isinstance(subject, Track) else ()
    cells = {task.slug: cell_columns(task.track, task) for task in tasks}
    return {
        "task": None,
        "track": None,
        **exports.about(subject, board, asked.at),
        **neighbours(request, len(board.rows), asked),
        "items": [
            {
                **_item(subject, board, row),
                "tasks": [_cell(task, columns, board, row) for task, columns in cells.items()],
            }
            for row in rows
        ],
    }


def _item(subject: Task | Track, board: VisibleBoard, row: BoardRow) -> dict[str, object]:
    """Return a row with every number rounded as on the page and in files."""
    values = {
        column.api: column.rounded(row, board) if column.is_on(subject) else None
        for column in _COLUMNS
    }
    texts = {column.api: values[column.api] or "" for column in _COLUMNS if column.type == "text"}
    return {
        **values,
        **texts,
        "team": {
            "slug": row.team.slug,
            "name": row.team.name,
            "is_baseline": row.is_baseline,
            "disqualified": row.team.disqualified_at is not None,
            "removed": row.team.removed_at is not None,
        },
        "is_mine": row.is_mine,
    }


def _cell(
    task: str, columns: list[Column], board: VisibleBoard, row: BoardRow
) -> dict[str, object]:
    score, skill = (column.rounded(row, board) for column in columns)
    return {"task": task, "score": score, "skill": skill}
