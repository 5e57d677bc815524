"""ROC AUC of each class against all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.metrics.confusion import Codes, Counts, Floats
from scoring.metrics.curve import Curve


@dataclass(frozen=True)
class OneVsRest:
    """The U classes that have both outcomes in the truth of n rows.

    `values` (U,) are their AUCs and `counts` (U,) their rows; `plain` (n,) and `weighted` (n,) the
    influence values of the two means; `units` is the smallest number of rows behind an AUC.
    """

    values: Floats
    counts: Counts
    plain: Floats
    weighted: Floats
    units: int

    @classmethod
    def of(cls, truth: Codes, chances: Floats) -> OneVsRest:
        """Of class codes (n,) and probabilities (n, K)."""
        n, classes = chances.shape
        rows = np.bincount(truth, minlength=classes)
        usable = np.flatnonzero((rows > 0) & (rows < n))
        counts = rows[usable]
        values, plain, weighted = np.zeros(len(usable)), np.zeros(n), np.zeros(n)
        for place, code in enumerate(usable):
            curve = Curve.of(truth == code, chances[:, code])
            values[place], table = curve.auc()
            effects = table[curve.cells]
            plain += effects / len(usable)
            weighted += effects * (counts[place] / n)
        if len(usable):
            # A row also moves the weights, towards the AUC of its own class.
            own = np.zeros(classes)
            own[usable] = values
            weighted += own[truth] - values @ counts / n
        return cls(values, counts, plain, weighted, _fewest(counts, n))


def _fewest(counts: Counts, n: int) -> int:
    return int(np.minimum(counts, n - counts).min(initial=n))
