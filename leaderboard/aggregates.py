"""Aggregates of k entries over N tasks: mean rank, win rate, rescaled score and Elo.

All take ``scores`` (N, k), one row per task and one column per entry, NaN where an entry did not
enter a task, and ``higher_is_better``, one flag for all tasks or one per task. Scores of a task
closer than 1e-12 are tied. All of these change when other people submit; mean skill
(`leaderboard.skills`) does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leaderboard.ranks import competition_ranks
from scoring.bootstrap import RESAMPLES, generator

Floats = npt.NDArray[np.float64]
Directions = bool | Sequence[bool]

ELO_BASE, ELO_SCALE, ANCHOR = 10.0, 400.0, 1000.0
_PENALTY = 1e-6
"""The inverse of the logistic regression's C = 1e6."""
_NEWTON_STEPS = 100
_CONVERGED = 1e-9
"""Newton's steps shrink by their square, so what is left after one of this size is nothing."""


def task_ranks(scores: Floats, higher_is_better: Directions = True) -> Floats:
    """Average ranks (N, k) within each task, 1 = best: ties share the mean of their places.

    An entry that did not enter a task ranks below all that did, tied with the others absent.
    Raises ValueError for a table without tasks or entries and for an infinite score.
    """
    if scores.ndim != 2 or scores.size == 0:
        raise ValueError("Aggregates need at least one task and one entry.")
    rows = zip(scores, _up(scores, higher_is_better), strict=True)
    return np.array([_ranks(row, up) for row, up in rows])


def mean_ranks(scores: Floats, higher_is_better: Directions = True) -> Floats:
    """The mean over tasks of the rank of each entry, (k,); lower is better."""
    return np.asarray(task_ranks(scores, higher_is_better).mean(axis=0))


def win_rates(scores: Floats, higher_is_better: Directions = True) -> Floats:
    """The mean share of the others that each entry beats, (k,): a tie is half a win.

    (k - rank) / (k - 1) averaged over tasks; NaN for an entry on its own.
    """
    k = scores.shape[1]
    ranks = mean_ranks(scores, higher_is_better)
    return (k - ranks) / (k - 1) if k > 1 else np.full(1, np.nan)


def rescaled_scores(scores: Floats, higher_is_better: Directions = True) -> Floats:
    """The mean over tasks of (score - worst) / (best - worst), (k,): 1 for all where all tie.

    An entry that did not enter a task has 0 there; a task without entries is left out (NaN without
    any).
    """
    kept = []
    for row, up in zip(scores, _up(scores, higher_is_better), strict=True):
        entered = ~np.isnan(row)
        if not entered.any():
            continue
        good = row if up else -row
        worst, best = good[entered].min(), good[entered].max()
        # If all tie, the range is 0 and every entry equals the best.
        width = best - worst
        kept.append(np.where(entered, (good - worst) / width if width else 1.0, 0.0))
    return np.mean(kept, axis=0) if kept else np.full(scores.shape[1], np.nan)


def elo(
    scores: Floats, anchor: int, higher_is_better: Directions = True, *, virtual_tie: bool = True
) -> Floats | None:
    """The Elo rating of each entry, (k,), shifted so that the column ``anchor`` has 1000.

    Every pair on every task is a battle, a tie half a win for each; an entry that did not enter a
    task loses to all that did, and two absent entries do not meet. A Bradley-Terry model is fitted
    as a logistic regression with C = 1e6, features ±ln 10 and 400 points to the unit (TabArena,
    bencheval `elo_utils.py`). If an entry wins or loses every battle, ratings diverge; one virtual
    tie for each pair keeps them finite. Without it, the result is None if no finite ratings fit: if
    the entries form two groups and one never loses to the other (Ford 1957). Raises ValueError for
    an anchor that is not a column.
    """
    wins = _wins(task_ranks(scores, higher_is_better), scores).sum(axis=0)
    if not 0 <= anchor < len(wins):
        raise ValueError(f"The anchor {anchor} is none of the {len(wins)} entries.")
    if virtual_tie:
        wins = wins + 0.5 * (1 - np.eye(len(wins)))
    elif not _connected(wins):
        return None
    return _ratings(wins, anchor)


@dataclass(frozen=True)
class EloIntervals:
    """Ratings (k,) and the ends of their 95 % bootstrap intervals over tasks, (k,) each."""

    ratings: Floats
    low: Floats
    high: Floats


def elo_intervals(
    scores: Floats,
    anchor: int,
    version: str,
    higher_is_better: Directions = True,
    *,
    count: int = RESAMPLES,
) -> EloIntervals:
    """Elo with one virtual tie per pair, and percentile intervals over ``count`` task resamples.

    Tasks are drawn with replacement by the generator of ``version`` (the solution versions of the
    tasks as one text). With few tasks the intervals are not informative.
    """
    battles = _wins(task_ranks(scores, higher_is_better), scores)
    ratings = elo(scores, anchor, higher_is_better)
    assert ratings is not None  # noqa: S101 - with virtual ties there always are some
    n, k = scores.shape
    draws = generator(version, "elo over tasks")
    ties = 0.5 * (1 - np.eye(k))
    sampled = np.empty((count, k))
    for place in range(count):
        times = np.bincount(draws.integers(n, size=n), minlength=n)
        wins = np.tensordot(times, battles, axes=1) + ties
        sampled[place] = _ratings(wins, anchor, start=ratings)
    low, high = np.quantile(sampled, [0.025, 0.975], axis=0)
    return EloIntervals(ratings, significant(low), significant(high))


def significant(values: Floats) -> Floats:
    """The values to 12 significant digits, as results of random draws are stored."""
    rounded = [float(f"{value:.11e}") for value in values.ravel()]
    return np.array(rounded).reshape(values.shape)


def _up(scores: Floats, higher_is_better: Directions) -> Sequence[bool]:
    if isinstance(higher_is_better, bool):
        return [higher_is_better] * len(scores)
    if len(higher_is_better) != len(scores):
        raise ValueError("There is one direction for every task.")
    return higher_is_better


def _ranks(row: Floats, higher_is_better: bool) -> Floats:
    entered = [None if math.isnan(value) else float(value) for value in row]
    shared = competition_ranks(entered, higher_is_better)
    last = 1 + sum(value is not None for value in entered)
    first = np.array([last if rank is None else rank for rank in shared], dtype=np.float64)
    return first + (np.bincount(first.astype(np.int64))[first.astype(np.int64)] - 1) / 2


def _wins(ranks: Floats, scores: Floats) -> Floats:
    """The wins (N, k, k) of row over column in each task, ½ for a tie, 0 where both are absent."""
    ahead = (ranks[:, :, None] < ranks[:, None, :]) + 0.5 * (ranks[:, :, None] == ranks[:, None, :])
    there = ~np.isnan(scores)
    battle = there[:, :, None] | there[:, None, :]
    return np.asarray(ahead * battle * (1 - np.eye(ranks.shape[1])))


def _connected(wins: Floats) -> bool:
    """Whether every entry beats every other through a chain of wins."""
    reach = (wins > 0) | np.eye(len(wins), dtype=np.bool_)
    for _ in range(max(1, len(wins).bit_length())):  # squaring doubles the length of the chains
        reach = (reach.astype(np.float64) @ reach) > 0
    return bool(reach.all())


def _ratings(wins: Floats, anchor: int, start: Floats | None = None) -> Floats:
    """The maximum of the penalised likelihood of these wins (k, k), by Newton's method."""
    unit = math.log(ELO_BASE)
    coefficients = np.zeros(len(wins))
    if start is not None:
        coefficients = (start - start.mean()) / ELO_SCALE
    battles = wins + wins.T
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-unit * (coefficients[:, None] - coefficients[None, :])))
        slope = unit * (wins - battles * chance).sum(axis=1) - _PENALTY * coefficients
        weights = unit**2 * battles * chance * (1 - chance)
        curvature = np.diag(weights.sum(axis=1) + _PENALTY) - weights
        step = np.linalg.solve(curvature, slope)
        # A step of more than one unit (400 points) would overshoot where the curve is flat.
        coefficients = coefficients + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < _CONVERGED:
            break
    return np.asarray(ELO_SCALE * (coefficients - coefficients[anchor]) + ANCHOR)
