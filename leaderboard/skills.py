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
    if abs(ceiling - base) <= SLACK:
        return None
    if score is None:
        return 0.0
    return min(1.0, max(-1.0, (score - base) / (ceiling - base)))


def mean_skill(skills: Sequence[float | None]) -> float | None:
    """The mean over the tasks that have a skill, None when none has."""
    usable = [value for value in skills if value is not None]
    return float(np.mean(usable)) if usable else None


def mean_score(scores: Sequence[float | None]) -> float | None:
    """The mean score over all tasks, a task not entered counting 0; None without any task."""
    return float(np.mean([score or 0.0 for score in scores])) if scores else None
