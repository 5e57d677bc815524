"""What a method is to optimise, and from which score on a pair is called a match."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from baselines.formulas.findmatches import MIDDLE, threshold
from tabset import Kind

IMBALANCED = 10  # largest class over smallest from which accuracy says little


def best_threshold(
    scores: npt.NDArray[Any], matches: npt.NDArray[np.bool_], tau: float = MIDDLE
) -> float:
    """The score from which calling a pair a match gives the best F1; among equals, the fewest.

    ``tau`` is the preference of `formulas.findmatches.threshold`: 1 precision alone, 0 recall.

    It lies half way between the last score that is called a match and the next lower one, because
    rows that were not seen score a little lower than those that were. Without a match among the
    rows the highest score stands for the last one.
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
