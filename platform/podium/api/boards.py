"""Boards of tasks and tracks, as `visible_board` shows them to the reader."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from podium.access import get_task, get_track
from podium.api.base.paging import neighbours
from podium.api.base.readers import ANYBODY
from podium.api.base.shapes import Moment, PageQuery, Slug, example
from podium.challenges.models import Task, Track
from podium.standings import exports
from podium.standings.board_rows import BoardRow
from podium.standings.boards import VisibleBoard, visible_board

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


class BoardItem(Schema):
    """A row of a board, every number as its page shows it."""

    rank: int | None = Field(description="Equal scores share one; baselines have none.")
    rank_low: int | None = Field(description="Best rank of the 95 % interval.")
    rank_high: int | None
    rise: int | None = Field(description="By how many ranks it rose at the reveal.")
    team: BoardTeam
    score: float | None
    low: float | None = Field(description="Lower end of the 95 % interval.")
    high: float | None
    separable: bool | None = Field(description="Whether it is separable from the row above.")
    attempts: int | None = Field(description="Scored submissions, the withdrawn not counted.")
    first_reached: datetime
    method: str = Field(description="As the team calls it; empty in tracks.")
    nfr: float | None = Field(description="Share of rows that the reference has right, it wrong.")
    opis: float | None = Field(description="How unequally one threshold serves groups of pairs.")
    mean_rank: float | None = Field(description="In tracks: mean of the ranks on the tasks.")
    elo: float | None
    elo_low: float | None
    elo_high: float | None
    tasks: list[Cell] = Field(description="In tracks: the score on each task.")
    is_mine: bool
    model_config = example(
        rank=1,
        rank_low=1,
        rank_high=3,
        rise=None,
        team={
            "slug": "alpha",
            "name": "Alpha",
            "is_baseline": False,
            "disqualified": False,
            "removed": False,
        },
        score=0.81,
        low=0.79,
        high=0.83,
        separable=None,
        attempts=12,
        first_reached="2026-11-20T12:00:00Z",
        method="gradient boosting",
        nfr=0.021,
        opis=None,
        mean_rank=None,
        elo=None,
        elo_low=None,
        elo_high=None,
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
    return {
        "task": None,
        "track": None,
        **exports.about(subject, board, asked.at),
        **neighbours(request, len(board.rows), asked),
        "items": _items(subject, board, rows),
    }


def _items(
    subject: Task | Track, board: VisibleBoard, rows: Sequence[BoardRow]
) -> list[dict[str, object]]:
    """Return the rows with every number rounded as the page and the files have it."""
    columns = exports.columns(subject, board, rows)
    names = [column.name for column in columns]
    lines = zip(*(column.values for column in columns), strict=True)
    slugs = [task.slug for task in subject.tasks.all()] if isinstance(subject, Track) else []
    return [
        _item(row, dict(zip(names, line, strict=True)), slugs)
        for row, line in zip(rows, lines, strict=True)
    ]


_AS_IN_FILES = (
    "rank", "rank_low", "rank_high", "rise", "score", "low", "high", "attempts",
    "nfr", "opis", "mean_rank", "elo", "elo_low", "elo_high",
)  # fmt: skip


def _item(row: BoardRow, line: dict[str, object], slugs: list[str]) -> dict[str, object]:
    return {
        **{name: line.get(name) for name in _AS_IN_FILES},
        "team": {
            "slug": row.team.slug,
            "name": row.team.name,
            "is_baseline": row.is_baseline,
            "disqualified": row.team.disqualified_at is not None,
            "removed": row.team.removed_at is not None,
        },
        "separable": line.get("separable_from_above"),
        "first_reached": line["improved_at"],
        "method": line.get("method") or "",
        "tasks": [
            {"task": slug, "score": line[f"score_{slug}"], "skill": line[f"skill_{slug}"]}
            for slug in slugs
        ],
        "is_mine": row.is_mine,
    }
