"""The rows of a task's board and of a track's board, in display order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from leaderboard.display import round_to_step
from leaderboard.ranks import SLACK, competition_ranks
from leaderboard.skills import skills

Key = int | str  # all keys of one board have the same type
Moment = datetime | float
Aggregate = Literal["mean_skill", "mean_score"]

# A track's value is made from displayed scores, so rounding it protects nothing more: three
# decimals are readable, and teams closer than that share a rank.
TRACK_STEP = 0.001


@dataclass(frozen=True)
class Entry:
    """The input of one team or baseline for a task's board.

    ``score``, ``low`` and ``high`` are displayed values in the metric's units; a score of None
    never ranks. ``first_reached`` is when the displayed score was first reached; times of one board
    must be comparable with each other. ``tie_break`` orders the rows of a shared rank before that,
    the larger one first and None last; it never changes a rank.
    """

    key: Key
    score: float | None
    low: float | None = None
    high: float | None = None
    first_reached: Moment | None = None
    is_baseline: bool = False
    tie_break: float | None = None


@dataclass(frozen=True)
class Row:
    """A row of a task's board: the entry and its rank, None for baselines and unscored entries."""

    rank: int | None
    entry: Entry


@dataclass(frozen=True)
class TrackTask:
    """A task of a track: ``base`` is the trivial submission's score, ``ceiling`` the best one."""

    key: Key
    base: float
    ceiling: float
    higher_is_better: bool = True


@dataclass(frozen=True)
class TrackEntry:
    """A team's, or a baseline's, displayed scores by task key; absent or None = not entered.

    ``tie_break`` is as for an :class:`Entry`.
    """

    key: Key
    scores: Mapping[Key, float | None]
    first_reached: Moment | None = None
    is_baseline: bool = False
    tie_break: float | None = None


@dataclass(frozen=True)
class TrackRow:
    """A row of a track's board: the rank, the displayed aggregate and one skill per task.

    The skill of a task whose base equals its ceiling is None: it is left out.
    """

    rank: int | None
    value: float | None
    entry: TrackEntry
    skills: tuple[float | None, ...]


def task_board(entries: Sequence[Entry], higher_is_better: bool = True) -> list[Row]:
    """The board's rows, best first.

    Only teams are ranked, by displayed scores. A shared rank is ordered by the
    tie-break, by the time the score was first reached, then by key. A baseline is listed between
    the ranks, below the teams that it ties with. Entries without a score come last. Raises
    ValueError for a key that occurs twice or a score that is not finite.
    """
    ranks = _team_ranks(entries, [entry.score for entry in entries], higher_is_better)
    rows = [Row(rank, entry) for rank, entry in zip(ranks, entries, strict=True)]
    places = _places(ranks, [entry.score for entry in entries], higher_is_better)
    return [rows[index] for index in _order(places, entries)]


def track_board(
    tasks: Sequence[TrackTask],
    entries: Sequence[TrackEntry],
    aggregate: Aggregate = "mean_skill",
    step: float | None = TRACK_STEP,
) -> list[TrackRow]:
    """The track's rows, best first, ranked by the displayed aggregate.

    ``mean_skill``: a task not entered counts 0, negative skills count as they are, a task whose
    base equals its ceiling is left out for everyone. ``mean_score`` needs metrics that are all
    higher-is-better (ValueError). The aggregate is rounded to ``step`` before it is ranked; None
    leaves it exact. A shared rank is ordered as on a task's board. Entries without a score in any
    of the tasks do not appear.
    """
    if aggregate == "mean_score" and not all(task.higher_is_better for task in tasks):
        raise ValueError("The mean score needs tasks whose metrics are all higher-is-better.")
    entered = [e for e in entries if any(e.scores.get(task.key) is not None for task in tasks)]
    scores = [[entry.scores.get(task.key) for entry in entered] for task in tasks]
    by_task = [
        skills(of_task, task.base, task.ceiling)
        for of_task, task in zip(scores, tasks, strict=True)
    ]
    if aggregate == "mean_score":
        counted = [[score or 0.0 for score in of_task] for of_task in scores]
    else:
        counted = [[value for value in of_task if value is not None] for of_task in by_task]
    values = _means([of_task for of_task in counted if of_task], len(entered), step)
    ranks = _team_ranks(entered, values, higher_is_better=True)
    places = _places(ranks, values, higher_is_better=True)
    by_row = list(zip(*by_task, strict=True))
    return [TrackRow(ranks[i], values[i], entered[i], by_row[i]) for i in _order(places, entered)]


def _means(columns: Sequence[Sequence[float]], rows: int, step: float | None) -> list[float | None]:
    """The mean of each row, rounded to the step; None without a column."""
    if not columns:
        return [None] * rows
    # In the order of rows: NumPy adds up the numbers of a column in another order.
    means = np.ascontiguousarray(np.array(columns).T).mean(axis=1).tolist()
    return means if step is None else [round_to_step(mean, step) for mean in means]


def _team_ranks(
    entries: Sequence[Entry | TrackEntry],
    values: Sequence[float | None],
    higher_is_better: bool,
) -> list[int | None]:
    """Ranks in which baselines take no place."""
    if len({entry.key for entry in entries}) < len(entries):
        raise ValueError("A key occurs twice on one board.")
    ranked = [
        None if entry.is_baseline else value for entry, value in zip(entries, values, strict=True)
    ]
    return competition_ranks(ranked, higher_is_better)


def _places(
    ranks: Sequence[int | None], values: Sequence[float | None], higher_is_better: bool
) -> list[tuple[float, float]]:
    """Sort keys: the rank for a team; for a baseline half a rank below the last team that is as
    good."""
    sign = 1.0 if higher_is_better else -1.0
    teams = [
        sign * value
        for rank, value in zip(ranks, values, strict=True)
        if rank is not None and value is not None
    ]
    places = []
    for rank, value in zip(ranks, values, strict=True):
        if rank is not None:
            places.append((float(rank), 0.0))
        elif value is None:
            places.append((float("inf"), 0.0))
        else:
            as_good = sum(team >= sign * value - SLACK for team in teams)
            places.append((as_good + 0.5, -sign * value))
    return places


def _order(
    places: Sequence[tuple[float, float]], entries: Sequence[Entry] | Sequence[TrackEntry]
) -> list[int]:
    """The indices of the entries in display order."""
    # Tie-breaks closer than the slack are equal, so they are ranked before sorting.
    breaks = competition_ranks([entry.tie_break for entry in entries], higher_is_better=True)

    def key(index: int) -> tuple[Any, ...]:
        entry, rank = entries[index], breaks[index]
        preferred = float("inf") if rank is None else float(rank)
        # A score with an unknown time sorts after those with one; times need not be numbers.
        moment = (entry.first_reached is None, entry.first_reached or 0)
        return (*places[index], preferred, entry.is_baseline, *moment, entry.key)

    return sorted(range(len(entries)), key=key)
