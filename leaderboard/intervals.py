"""Intervals of ranks and of mean skill, from one set of bootstrap weights for all entries.

A resample gives each group a weight: how often it was drawn. A score in it is score +
mean(weight · influence), so that all entries in all resamples are one matrix product. The weights
are those of a solution version and a purpose, the same for every entry, board and machine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leaderboard.aggregates import significant
from leaderboard.evidence import Evidence
from leaderboard.ranks import SLACK
from scoring.bootstrap import RESAMPLES, Resamples, generator

Floats = npt.NDArray[np.float64]

FEWEST_TASKS = 8
"""With at least this many tasks, tasks are drawn too: fewer say nothing about tasks in general."""
_LEVEL = (0.025, 0.975)
_BATCH = 64


@dataclass(frozen=True)
class RankInterval:
    """The range of ranks of an entry in 95 % of the resamples, both ends included."""

    low: int
    high: int


def resampled_scores(
    evidence: Evidence, version: str, purpose: str, count: int = RESAMPLES
) -> Floats:
    """The entries' scores in each of ``count`` bootstrap resamples of groups, (count, k).

    ``version`` names the solution version. An entry without influence values has its score in all
    resamples. Resampled scores are not clipped to the range of the metric.
    """
    resamples = Resamples(evidence.groups, version, purpose, count=count)
    sums = np.nan_to_num(evidence.sums)
    moved = [weights @ sums.T for weights in _weights(evidence, resamples)]
    return np.asarray(evidence.scores + np.concatenate(moved) / len(evidence.groups))


def rank_intervals(
    evidence: Evidence, higher_is_better: bool, version: str, count: int = RESAMPLES
) -> list[RankInterval | None]:
    """The rank interval of each of k entries, None for those without influence values.

    The 2.5 and 97.5 % quantiles (the ranks next to them, outwards) of the competition rank over the
    resamples, widened to hold the rank of the scores themselves.
    """
    sign = 1.0 if higher_is_better else -1.0
    sampled = resampled_scores(evidence, version, "rank intervals", count)
    found = _rank_intervals(sign * sampled, sign * evidence.scores)
    has_influence = [bool(np.isfinite(row).all()) for row in evidence.sums]
    return [
        interval if known else None for interval, known in zip(found, has_influence, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class SkillTask:
    """A task of a track for `mean_skill_intervals`.

    ``entries`` are the numbers of the track's entries that the k rows of ``evidence`` belong to;
    ``version`` names the solution version, ``base`` and ``ceiling`` are as in `leaderboard.skill`.
    """

    evidence: Evidence
    entries: tuple[int, ...]
    base: float
    ceiling: float
    version: str


@dataclass(frozen=True, eq=False)
class TrackIntervals:
    """For each of k entries of a track its mean skill, the ends of its interval, and of its rank.

    An entry that is not ranked has no rank interval. ``over_tasks`` says that tasks were drawn too,
    so that the interval is about tasks in general and not only about these.
    """

    value: Floats
    low: Floats
    high: Floats
    ranks: tuple[RankInterval | None, ...]
    over_tasks: bool


def mean_skill_intervals(
    tasks: Sequence[SkillTask],
    n_entries: int,
    unranked: Collection[int] = (),
    count: int = RESAMPLES,
) -> TrackIntervals:
    """Mean skill of ``n_entries`` entries with 95 % percentile intervals over the resamples.

    The entries ``unranked`` (baselines, by number) get no rank.

    Rows are drawn within tasks, and tasks too where there are 8 or more. An entry that did not
    enter a task has the skill 0 there; a task whose base equals its ceiling is left out. ValueError
    without a task that counts.
    """
    counted = [task for task in tasks if abs(task.ceiling - task.base) > SLACK]
    if not counted:
        raise ValueError("No task of the track can be counted.")
    over_tasks = len(counted) >= FEWEST_TASKS
    shares = _task_shares(counted, over_tasks, count)
    value, sampled = np.zeros(n_entries), np.zeros((count, n_entries))
    for task, share in zip(counted, shares.T, strict=True):
        columns = list(task.entries)
        value[columns] += _skills(task.evidence.scores, task) / len(counted)
        resampled = resampled_scores(task.evidence, task.version, "track intervals", count)
        sampled[:, columns] += share[:, None] * _skills(resampled, task)
    low, high = np.quantile(sampled, _LEVEL, axis=0)
    ranked = [number for number in range(n_entries) if number not in unranked]
    found = _rank_intervals(sampled[:, ranked], value[ranked])
    by_number = dict(zip(ranked, found, strict=True))
    ranks = tuple(by_number.get(number) for number in range(n_entries))
    return TrackIntervals(value, significant(low), significant(high), ranks, over_tasks)


def _weights(evidence: Evidence, resamples: Resamples) -> Iterator[Floats]:
    """The weights of the groups, batches of (at most 64, G), in the order of the group sums."""
    codes = evidence.units.codes
    first = slice(None) if codes is None else np.unique(codes, return_index=True)[1]
    batch: list[Floats] = []
    for weights in resamples:
        batch.append(weights[first].astype(np.float64))
        if len(batch) == _BATCH:
            yield np.array(batch)
            batch = []
    if batch:
        yield np.array(batch)


def _rank_intervals(sampled: Floats, own: Floats) -> list[RankInterval]:
    """The intervals of k entries from resampled values (count, k) and their own, (k,)."""
    ranks = _ranks(sampled)
    low = np.quantile(ranks, _LEVEL[0], axis=0, method="lower")
    high = np.quantile(ranks, _LEVEL[1], axis=0, method="higher")
    rank = _ranks(own[None])[0]
    return [
        RankInterval(int(a), int(b))
        for a, b in zip(np.minimum(low, rank), np.maximum(high, rank), strict=True)
    ]


def _ranks(goodness: Floats) -> npt.NDArray[np.int64]:
    """Competition ranks within each row: 1 and one more for each that is better."""
    return np.array([1 + np.searchsorted(np.sort(-row), -row - SLACK) for row in goodness])


def _task_shares(tasks: Sequence[SkillTask], over_tasks: bool, count: int) -> Floats:
    """The weight of each task in each resample, (count, tasks), summing to 1."""
    n = len(tasks)
    if not over_tasks:
        return np.full((count, n), 1 / n)
    draws = generator("‖".join(task.version for task in tasks), "tasks of a track")
    return draws.multinomial(n, np.full(n, 1 / n), size=count) / n


def _skills(scores: Floats, task: SkillTask) -> Floats:
    return np.clip((scores - task.base) / (task.ceiling - task.base), -1.0, 1.0)
