"""Friedman's test over tasks, and Nemenyi's critical difference of mean ranks.

Demšar 2006 (Statistical comparisons of classifiers over multiple data sets), with the correction
for ties that scipy also makes and his worked example omits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, fdtrc
from scipy.stats import studentized_range

from leaderboard.aggregates import Directions, task_ranks

Floats = npt.NDArray[np.float64]

FEWEST_TASKS = 8
_NEAR = 1e-12


@dataclass(frozen=True)
class Friedman:
    """The test of N tasks on the mean ranks (k,) of k entries, 1 = best.

    ``chi2`` and its p are None if all entries tie on all tasks; ``f``, the F of Iman and Davenport,
    and its p also if the tasks agree perfectly. Two entries differ if their mean ranks differ by
    ``critical_difference`` or more. ``cliques`` are the longest runs of entries, best first, in
    which no two do; they may overlap.
    """

    n_tasks: int
    alpha: float
    mean_ranks: tuple[float, ...]
    chi2: float | None
    p_chi2: float | None
    f: float | None
    p_f: float | None
    q_alpha: float
    critical_difference: float
    cliques: tuple[tuple[int, ...], ...]

    @property
    def p(self) -> float | None:
        """The p-value of no difference: that of F, or of chi-square if F is undefined."""
        return self.p_chi2 if self.p_f is None else self.p_f

    @property
    def no_diagram(self) -> str:
        """Why no critical-difference diagram may be drawn; empty if one may."""
        if self.n_tasks < FEWEST_TASKS:
            return f"a critical-difference diagram needs at least {FEWEST_TASKS} tasks"
        if self.p is None or self.p >= self.alpha:
            return "the tasks do not separate the entries (Friedman's test)"
        return ""


def friedman(scores: Floats, higher_is_better: Directions = True, alpha: float = 0.05) -> Friedman:
    """Friedman's test and Nemenyi's critical difference of scores (N, k), NaN = not entered.

    chi2 = 12 N / (k (k + 1)) (Σ R² - k (k + 1)² / 4) / (1 - Σ (t³ - t) / (N (k³ - k))) over the
    mean ranks R and the sizes t of all ties; F = (N - 1) chi2 / (N (k - 1) - chi2) with k - 1 and
    (k - 1)(N - 1) degrees of freedom; CD = q_α sqrt(k (k + 1) / (6 N)). ValueError for fewer than
    two entries.
    """
    ranks = task_ranks(scores, higher_is_better)
    n, k = ranks.shape
    if k < 2:
        raise ValueError("Friedman's test compares at least two entries.")
    means = ranks.mean(axis=0)
    chi2 = _chi2(ranks)
    f, p_f = _iman_davenport(chi2, n, k)
    q_alpha = float(studentized_range.ppf(1 - alpha, k, np.inf)) / math.sqrt(2)
    difference = q_alpha * math.sqrt(k * (k + 1) / (6 * n))
    return Friedman(
        n_tasks=n,
        alpha=alpha,
        mean_ranks=tuple(means.tolist()),
        chi2=chi2,
        p_chi2=None if chi2 is None else float(chdtrc(k - 1, chi2)),
        f=f,
        p_f=p_f,
        q_alpha=q_alpha,
        critical_difference=difference,
        cliques=_cliques(means, difference),
    )


def nemenyi_p_values(result: Friedman) -> Floats:
    """The p-value (k, k) that two entries have the same mean rank, 1 on the diagonal.

    That of the studentized range of k means with infinitely many degrees of freedom. Each distinct
    difference costs an integral, so use this for tables of a page, not for boards of hundreds.
    """
    means = np.array(result.mean_ranks)
    k = len(means)
    q = np.abs(means[:, None] - means) / math.sqrt(k * (k + 1) / (6 * result.n_tasks))
    distinct, place = np.unique(np.round(q * math.sqrt(2), 12), return_inverse=True)
    return np.asarray(studentized_range.sf(distinct, k, np.inf)[place].reshape(k, k))


def _chi2(ranks: Floats) -> float | None:
    n, k = ranks.shape
    ties = sum(
        float(np.sum(sizes**3 - sizes))
        for sizes in (np.unique(row, return_counts=True)[1].astype(np.float64) for row in ranks)
    )
    untied = 1 - ties / (n * (k**3 - k))
    if untied < _NEAR:
        return None
    spread = float(np.sum(ranks.mean(axis=0) ** 2)) - k * (k + 1) ** 2 / 4
    return float(12 * n / (k * (k + 1)) * spread / untied)


def _iman_davenport(chi2: float | None, n: int, k: int) -> tuple[float | None, float | None]:
    """F and its p-value, None where chi-square is undefined or at its maximum."""
    if chi2 is None or n * (k - 1) - chi2 < _NEAR * n * k:
        return None, None
    f = (n - 1) * chi2 / (n * (k - 1) - chi2)
    return f, float(fdtrc(k - 1, (k - 1) * (n - 1), f))


def _cliques(means: Floats, difference: float) -> tuple[tuple[int, ...], ...]:
    order = np.argsort(means, kind="stable")
    runs: list[tuple[int, ...]] = []
    end = 0
    for start in range(len(order)):
        reach = int(np.count_nonzero(means[order] - means[order[start]] < difference))
        if reach > max(end, start + 1):
            runs.append(tuple(order[start:reach].tolist()))
            end = reach
    return tuple(runs)
