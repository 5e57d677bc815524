"""Rows and numbers as the templates' components want them."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from podium.challenges.models import Aggregate, Challenge, Phase, Task, Track
from podium.standings.actions import REFERENCE
from podium.standings.boards import BoardRow, VisibleBoard
from podium.standings.feedback import Displayed
from scoring import METRICS

AGGREGATE_TITLES = {Aggregate.MEAN_SKILL: "Mean skill", Aggregate.MEAN_SCORE: "Mean score"}


def board_context(subject: Task | Track, board: VisibleBoard, limit: int | None = None) -> Any:
    """Return what board_table.html shows: all rows, or the first ones and the viewer's own.

    An excerpt ends with the reference baseline if that stands below it.
    """
    rows = board.rows
    if limit is not None:
        rest = rows[limit:]
        rows = rows[:limit] + [row for row in rest if row.is_mine or _is_reference(row)]
    scale = _Scale(rows)
    tasks = list(subject.tasks.all()) if isinstance(subject, Track) else []
    return {
        "score_label": _score_label(subject),
        "scale": scale.context(board.decimals, rows),
        "tasks": [
            {"label": t.title, "url": reverse("task-board", args=[subject.challenge.slug, t.slug])}
            for t in tasks
        ],
        "rows": [_row(row, board.decimals, scale, subject, tasks) for row in rows],
    }


def number(value: float | None, decimals: int) -> str:
    """Return a number with a fixed count of decimals, a true minus sign, or a dash."""
    return "–" if value is None else f"{value:.{decimals}f}".replace("-", "−")


def displayed_context(shown: Displayed) -> dict[str, Any]:
    """Return one displayed score with its interval as texts, and its whisker where it has one."""
    texts = {
        "name": shown.metric.name,
        "title": shown.metric.title,
        "direction": "higher is better" if shown.metric.higher_is_better else "lower is better",
        "value": number(shown.value, shown.decimals),
        "reason": shown.reason,
    }
    if shown.low is not None and shown.high is not None:
        texts["interval"] = f"{number(shown.low, shown.decimals)} to " + number(
            shown.high, shown.decimals
        )
    return texts


def challenge_facts(challenge: Challenge) -> list[dict[str, Any]]:
    """Return the facts of a challenge's header: where it stands and the next deadline."""
    phase = challenge.phase()
    upcoming = {
        Phase.DRAFT: ("Opens", challenge.opens_at),
        Phase.ANNOUNCED: ("Opens", challenge.opens_at),
        Phase.OPEN: ("Closes", challenge.closes_at),
        Phase.CLOSED: ("Reveal", challenge.reveal_at),
    }
    facts: list[dict[str, Any]] = []
    if phase in upcoming:
        label, at = upcoming[phase]
        facts.append({"label": label, "value": until(at), "at": at})
    return facts


def reference_row(board: VisibleBoard) -> BoardRow | None:
    """Return the row of the reference baseline, if it stands on the board."""
    return next((row for row in board.rows if _is_reference(row)), None)


def board_facts(board: VisibleBoard) -> list[dict[str, Any]]:
    """Return the facts of a board's header: the viewer's place, or how many teams there are."""
    if board.mine and board.mine.rank:
        note = f"of {plural(board.team_count, 'team')}"
        return [{"label": "Your place", "value": board.mine.rank, "note": note}]
    return [{"label": "Teams", "value": board.team_count}]


def crumb(subject: Challenge | Task | Track) -> dict[str, str]:
    """Return one step of the way that page_header.html shows."""
    return {"label": subject.title, "url": subject.get_absolute_url()}


def crumbs_to(track: Track) -> list[dict[str, str]]:
    """Return the way from the challenge to a track."""
    return [crumb(track.challenge), crumb(track)]


def plural(count: int, one: str, many: str = "") -> str:
    """Return the count with its noun: `1 team`, `2 teams`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def until(at: datetime) -> str:
    """Return how long it is until a time, in its largest fitting unit."""
    seconds = int((at - timezone.now()).total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"in {plural(seconds // size, unit)}"
    return "in a moment" if seconds > 0 else "now"


def _score_label(subject: Task | Track) -> str:
    if isinstance(subject, Task):
        return METRICS[subject.headline].title
    return AGGREGATE_TITLES[Aggregate(subject.aggregate)]


def _is_reference(row: BoardRow) -> bool:
    return row.team.baseline == REFERENCE


def _row(
    row: BoardRow, decimals: int, scale: "_Scale", subject: Task | Track, tasks: list[Task]
) -> dict[str, Any]:
    key = "skill"
    if isinstance(subject, Track) and subject.aggregate == Aggregate.MEAN_SCORE:
        key = "score"
    by_task = {cell["task"]: cell for cell in row.tasks}
    return {
        "rank": row.rank,
        "name": row.team.name,
        "url": row.team.get_absolute_url(),
        "baseline": row.is_baseline,
        "mine": row.is_mine,
        "score": number(row.score, decimals),
        "whisker": scale.whisker(row, decimals),
        "cells": [_cell(by_task.get(task.slug), key) for task in tasks],
        "attempts": row.attempts,
        "improved_at": row.first_reached,
    }


def _cell(cell: dict[str, Any] | None, key: str) -> str | None:
    if cell is None or cell["score"] is None:
        return None
    return number(cell[key], 3)


class _Scale:
    """The common scale of a board's whiskers, from the lowest to the highest end."""

    def __init__(self, rows: list[BoardRow]) -> None:
        ends = [end for row in rows for end in (row.low, row.high, row.score) if end is not None]
        self.low, self.high = (min(ends), max(ends)) if ends else (0.0, 0.0)
        self.has_intervals = any(row.low is not None for row in rows)

    def context(self, decimals: int, rows: list[BoardRow]) -> dict[str, Any] | None:
        if not self.has_intervals or self.low == self.high:
            return None
        reference = next((r.score for r in rows if _is_reference(r)), None)
        return {
            "low": number(self.low, decimals),
            "high": number(self.high, decimals),
            "reference": None if reference is None else self.percent(reference),
        }

    def percent(self, value: float) -> float:
        return 100 * (value - self.low) / (self.high - self.low)

    def whisker(self, row: BoardRow, decimals: int) -> dict[str, Any] | None:
        if row.low is None or row.high is None or row.score is None or self.low == self.high:
            return None
        low, high = number(row.low, decimals), number(row.high, decimals)
        return {
            "low": self.percent(row.low),
            "point": self.percent(row.score),
            "high": self.percent(row.high),
            "text": f"{number(row.score, decimals)}, 95 % interval {low} to {high}",
        }
