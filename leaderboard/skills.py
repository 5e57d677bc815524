"""Skill: a score made comparable across tasks, and the two aggregates of a track."""

from collections.abc import Sequence

import numpy as np

SLACK = 1e-12


def skill(score: float | None, base: float, ceiling: float) -> float | None:
    """(score - base) / (ceiling - base), clipped to [-1, 1]: 0 = trivial submission, 1 = perfect.

    ``base`` is the trivial submission's score on the same part and solution version, ``ceiling``
    the best possible score; a lower-is-better metric simply has its ceiling below its base. A
    score of None (task not entered) counts 0. None when base equals ceiling: such a task separates
    nobody and is left out for everyone.
    """
    return skills([score], base, ceiling)[0]


def skills(scores: Sequence[float | None], base: float, ceiling: float) -> list[float | None]:
    """The ``skill`` of each score of one task."""
    if abs(ceiling - base) <= SLACK:
        return [None] * len(scores)
    values = np.array(scores, dtype=float)  # None becomes NaN
    clipped = np.clip((values - base) / (ceiling - base), -1.0, 1.0)
    found: list[float | None] = np.where(np.isnan(values), 0.0, clipped).tolist()
    return found


def mean_skill(skills: Sequence[float | None]) -> float | None:
    """The mean over the tasks that have a skill, None when none has."""
    usable = [value for value in skills if value is not None]
    return float(np.mean(usable)) if usable else None


def mean_score(scores: Sequence[float | None]) -> float | None:
    """The mean score over all tasks, a task not entered counting 0; None without any task."""
    return float(np.mean([score or 0.0 for score in scores])) if scores else None
