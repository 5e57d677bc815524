"""What a method is to optimise, and from which score on a pair is called a match."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabset import Kind

IMBALANCED = 10  # largest class over smallest from which accuracy says little


def best_threshold(scores: npt.NDArray[Any], matches: npt.NDArray[np.bool_]) -> float:
    """The score from which calling a pair a match gives the best F1; among equals, the fewest.

    It lies half way between the last score that is called a match and the next lower one, because
    rows that were not seen score a little lower than those that were.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(matches[order])
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + matches.sum())
    last_of_tie = np.append(ranked[1:] != ranked[:-1], True)
    last = int(np.argmax(np.where(last_of_tie, f1, -1.0)))
    return float((ranked[last] + ranked[min(last + 1, len(ranked) - 1)]) / 2)


def eval_metric(labels: "pd.Series[str]", kind: Kind) -> str:
    """AutoGluon's name of the default headline metric of the kind of task."""
    if kind is Kind.MATCHING:
        return "average_precision"
    counts = labels.value_counts()
    return "f1_macro" if counts.max() > IMBALANCED * counts.min() else "accuracy"
