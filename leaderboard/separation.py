"""Which rows of a board can be separated: adjacent tests and tie brackets.

Two different facts. A row is *not separable from the row above* by one test for each row. A *tie
bracket* is a longest run of consecutive rows in which no pair is separable. Not being separable is
not transitive (A~B and B~C, but not A~C, is common), so brackets may overlap, and neither fact
follows from the other.

A test on a task is McNemar's exact one for accuracy on rows that do not depend on each other,
otherwise z = Δ / SE with the SE of the paired influence values summed by group: neither has the
floor of a resampling test. On a track of T tasks SE² = Σ se² / T², with the se of each task's
difference in skill, as if the tasks had no rows in common. Holm's correction is over the adjacent
tests, and over all pairs of each window of 20 consecutive rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, ndtr

from leaderboard.evidence import Evidence
from leaderboard.intervals import SkillTask
from leaderboard.ranks import SLACK
from scoring.comparison import holm
from scoring.intervals import standard_error

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

ALPHA = 0.05
WINDOW = 20
_CANCELLED = 1e-6
"""Below this share of the summed variances, a difference of them has lost too many digits."""


@dataclass(frozen=True)
class Separation:
    """The test results for k rows of a board, in board order.

    ``from_above`` (k,): whether a row is separable from the row above; None for the first and if
    untestable. ``p_above`` are the adjusted p-values of these tests. ``brackets`` are (first, last)
    places from 0, at least two rows each. An untestable pair is in no bracket.
    """

    from_above: tuple[bool | None, ...]
    p_above: tuple[float | None, ...]
    brackets: tuple[tuple[int, int], ...]


def separation(evidence: Evidence, alpha: float = ALPHA, window: int = WINDOW) -> Separation:
    """The adjacent tests and tie brackets of entries in board order. Callers leave out baselines,
    which have no rank.
    """
    return _separation(pair_p_values(evidence, window), alpha, window)


def track_separation(
    tasks: Sequence[SkillTask],
    values: Floats,
    order: Sequence[int],
    alpha: float = ALPHA,
    window: int = WINDOW,
) -> Separation:
    """The same of the entries of a track that are ranked by mean skill.

    ``values`` are the mean skills of all entries by number, ``order`` the numbers of the ranked
    ones in board order. An entry that did not enter a task has the skill 0 there, without an error.
    ValueError without a task that counts.
    """
    counted = [task for task in tasks if abs(task.ceiling - task.base) > SLACK]
    if not counted:
        raise ValueError("No task of the track can be counted.")
    above, below = _near_pairs(len(order), window)
    errors = np.array([_skill_errors(task, order, above, below) for task in counted])
    own = np.asarray(values)[list(order)]
    found = _z_p_values(own[above] - own[below], np.linalg.norm(errors, axis=0) / len(counted))
    return _separation(_square(len(order), above, below, found), alpha, window)


def _separation(p_values: Floats, alpha: float, window: int) -> Separation:
    p_above = adjacent_p_values(p_values)
    return Separation(
        from_above=tuple(None if p is None else p <= alpha for p in p_above),
        p_above=tuple(p_above),
        brackets=tuple(brackets(inseparable(p_values, alpha, window))),
    )


def pair_p_values(evidence: Evidence, window: int = WINDOW) -> Floats:
    """The p-values (k, k) of pairs less than ``window`` rows apart, both triangles.

    NaN on the diagonal, for pairs further apart, and for untestable pairs.
    """
    k = len(evidence.scores)
    above, below = _near_pairs(k, window)
    if evidence.metric == "accuracy" and not evidence.units.grouped and (evidence.hit >= 0).all():
        found = _mcnemar(evidence, above, below)
    else:
        found = _z_test(evidence, above, below)
    return _square(k, above, below, found)


def _near_pairs(k: int, window: int) -> tuple[Places, Places]:
    """The places (above, below) of all pairs of k rows less than ``window`` rows apart."""
    above, below = np.triu_indices(k, 1)
    near = below - above < window
    return above[near], below[near]


def _square(k: int, above: Places, below: Places, found: Floats) -> Floats:
    """The p-values of pairs as (k, k), both triangles, NaN elsewhere."""
    p_values = np.full((k, k), np.nan)
    p_values[above, below] = p_values[below, above] = found
    return p_values


def adjacent_p_values(p_values: Floats) -> list[float | None]:
    """Holm's adjusted p-values of each row against the row above, None for the first."""
    raw = [None if np.isnan(p) else float(p) for p in np.diagonal(p_values, 1)]
    return [None, *holm(raw)][: len(p_values)]


def inseparable(p_values: Floats, alpha: float = ALPHA, window: int = WINDOW) -> Bools:
    """Which pairs (k, k) were tested and not separated, both triangles, true on the diagonal.

    A pair is separable if Holm's correction says so in *every* window of consecutive rows that
    holds both, so the error rate of each window is preserved.
    """
    k = len(p_values)
    separable = ~np.isnan(p_values)
    for start in range(max(1, k - window + 1)):
        here = slice(start, start + window)
        separable[here, here] &= _holm_rejects(p_values[here, here], alpha)
    return (~np.isnan(p_values) & ~separable) | np.eye(k, dtype=np.bool_)


def brackets(tied: Bools) -> list[tuple[int, int]]:
    """The longest runs (first, last) of at least two consecutive rows whose pairs are all tied."""
    runs: list[tuple[int, int]] = []
    first = 0
    for last in range(1, len(tied)):
        start = first
        while not tied[last, start:last].all():
            start += 1
        if start > first and last - 1 > first:
            runs.append((first, last - 1))
        first = start
    if len(tied) - 1 > first:
        runs.append((first, len(tied) - 1))
    return runs


def paired_errors(sums: Floats, n: int, above: Places, below: Places) -> Floats:
    """The standard errors of the differences between these pairs of entries, by place.

    ``sums`` (k, G) are influence values summed by group, ``n`` is the number of rows.
    var(a - b) = aa + bb - 2 ab from one matrix of inner products of the sums; pairs so similar that
    this cancels are subtracted row by row.
    """
    count = sums.shape[1]
    products = sums @ sums.T
    own = np.diagonal(products)
    squares = own[above] + own[below] - 2 * products[above, below]
    errors = np.asarray(np.sqrt(count / (count - 1) * squares.clip(min=0)) / n)
    for place in np.flatnonzero(squares < _CANCELLED * (own[above] + own[below])):
        errors[place] = standard_error(sums[above[place]] - sums[below[place]], n)
    return errors


def _z_test(evidence: Evidence, above: Places, below: Places) -> Floats:
    """`scoring.comparison.paired_difference` for many pairs at once, NaN for a p of None."""
    if evidence.units.count < 2:
        return np.full(len(above), np.nan)
    errors = paired_errors(evidence.sums, len(evidence.groups), above, below)
    return _z_p_values(evidence.scores[above] - evidence.scores[below], errors)


def _skill_errors(task: SkillTask, order: Sequence[int], above: Places, below: Places) -> Floats:
    """The standard errors of the differences in skill on one task, NaN where there is none."""
    evidence = task.evidence
    if evidence.units.count < 2:
        return np.full(len(above), np.nan)
    row = {number: place for place, number in enumerate(task.entries)}
    nothing = np.zeros(evidence.sums.shape[1])
    entered = [row.get(number) for number in order]
    sums = np.array([nothing if place is None else evidence.sums[place] for place in entered])
    sums = sums.reshape(len(order), evidence.sums.shape[1])
    errors = paired_errors(sums, len(evidence.groups), above, below)
    return np.asarray(errors / abs(task.ceiling - task.base))


def _z_p_values(differences: Floats, errors: Floats) -> Floats:
    """Two-sided p-values of differences with these standard errors.

    1 for no difference without an error, NaN for a difference without one.
    """
    deltas = np.abs(differences)
    varies = errors > SLACK  # False for NaN: no influence values, no error
    z = deltas / np.where(varies, errors, 1.0)
    alike = (errors <= SLACK) & (deltas <= SLACK)
    return np.where(varies, 2 * ndtr(-z), np.where(alike, 1.0, np.nan))


def _mcnemar(evidence: Evidence, above: Places, below: Places) -> Floats:
    """McNemar's exact p-values of many pairs at once."""
    # Counts up to 2^24 are whole in single precision, which is twice as fast.
    right = (evidence.hit == 1).astype(np.float32 if evidence.hit.shape[1] < 2**24 else np.float64)
    both = (right @ right.T).astype(np.int64)
    own = np.diagonal(both)
    only_above = own[above] - both[above, below]
    only_below = own[below] - both[above, below]
    p = 2 * bdtr(np.minimum(only_above, only_below), only_above + only_below, 0.5)
    return np.asarray(np.minimum(p, 1.0))


def _holm_rejects(p_values: Floats, alpha: float) -> Bools:
    """Which pairs of a square of p-values are separated; NaN does not count."""
    rows, columns = np.triu_indices(len(p_values), 1)
    p = p_values[rows, columns]
    order = np.argsort(p, kind="stable")  # NaN comes last
    known = int(np.count_nonzero(~np.isnan(p)))
    kept = p[order[:known]] * np.arange(known, 0, -1) > alpha
    rejected = order[: int(np.argmax(kept)) if kept.any() else known]
    result = np.zeros_like(p_values, dtype=np.bool_)
    result[rows[rejected], columns[rejected]] = result[columns[rejected], rows[rejected]] = True
    return result
