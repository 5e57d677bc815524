"""What is known of a pair's records from the labels of other training pairs."""

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float32]

AS_OFTEN = 0.9  # as training rows, test rows must have records that other training rows label


def known_matches(train: pd.DataFrame, test: pd.DataFrame, is_match: "pd.Series[bool]") -> Floats:
    """Of each record how many other training pairs match and how many do not. Shape (n + m, 4).

    Rows are the training and then the test pairs; columns left matches, left others, right
    matches, right others. Pairs of the same two records do not count, so that no row is told its
    own label. A side whose records are known more seldom in test than in training is left out,
    because what is learned in training would not hold there: fewer columns.
    """
    pairs = pd.concat([train, test], ignore_index=True)[["left_id", "right_id"]]
    labels = np.zeros((len(pairs), 2))
    labels[: len(train)] = np.column_stack([is_match, ~is_match.to_numpy(bool)])
    told = pd.DataFrame(labels)
    own = told.groupby([pairs["left_id"], pairs["right_id"]]).transform("sum").to_numpy()
    sides = []
    for side in ("left_id", "right_id"):
        others = told.groupby(pairs[side]).transform("sum").to_numpy() - own
        known = others.sum(axis=1) > 0
        if len(test) and known[len(train) :].mean() >= AS_OFTEN * known[: len(train)].mean():
            sides.append(others)
    return np.hstack([np.zeros((len(pairs), 0)), *sides]).astype(np.float32)
