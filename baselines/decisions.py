"""The metric to optimise, and the threshold from which a pair is called a match."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from baselines.formulas.findmatches import MIDDLE, threshold
from tabset import Kind

IMBALANCED = 10  # ratio of largest to smallest class from which accuracy says little


def best_threshold(
    scores: npt.NDArray[Any], matches: npt.NDArray[np.bool_], tau: float = MIDDLE
) -> float:
    """The score from which calling a pair a match gives the best F1; among equals, the fewest.

    ``tau`` is the preference of `formulas.findmatches.threshold`: 1 only precision, 0 only recall.

    It lies half way between the last score that is called a match and the next lower one, because
    unseen rows score a little lower than seen ones. Without a match among the rows, the highest
    score takes the place of the last one.
    """
    found = threshold(matches, scores, tau)
    value = found.value if found else float(scores.max())
    lower = scores[scores < value]
    return (value + float(lower.max())) / 2 if len(lower) else value


def eval_metric(labels: "pd.Series[str]", kind: Kind) -> str:
    """AutoGluon's name of the default headline metric of the kind of task."""
    if kind is Kind.MATCHING:
        return "average_precision"
    counts = labels.value_counts()
    return "f1_macro" if counts.max() > IMBALANCED * counts.min() else "accuracy"
