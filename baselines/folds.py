"""Out-of-fold predictions: predictions for training rows that a method has not seen."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabset import Kind, Loaded

FOLDS = 5


def folds(data: Loaded, seed: int, count: int = FOLDS) -> npt.NDArray[np.intp]:
    """The fold of each training row, from 0 to ``count`` - 1.

    Pairs of one left record share a fold, so that what is learned about a record does not help with
    it; rows of a class are spread evenly over the folds.
    """
    rng = np.random.default_rng(seed)
    labels = data.train["label"]
    if data.dataset.kind is Kind.MATCHING:
        codes, distinct = pd.factorize(data.train["left_id"])
        return np.asarray(rng.permutation(len(distinct))[codes] % count)
    order = rng.permutation(len(labels))
    shuffled = labels.reset_index(drop=True).iloc[order]
    return np.asarray((shuffled.groupby(shuffled).cumcount() % count).sort_index())
