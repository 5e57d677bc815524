"""What labels of other training pairs say about a pair's records."""

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float32]

# Share of test rows, relative to training rows, whose records other training rows label.
AS_OFTEN = 0.9


def known_matches(train: pd.DataFrame, test: pd.DataFrame, is_match: "pd.Series[bool]") -> Floats:
    """For each record, how many other training pairs match and how many do not. Shape (n + m, 4).

    Rows are the training and then the test pairs; columns left matches, left others, right
    matches, right others. Pairs of the same two records do not count, so no row contains its own
    label. A side whose records are known less often in test than in training is left out, because
    what is learned in training would not apply: fewer columns.
    """
    pairs = pd.concat([train, test], ignore_index=True)[["left_id", "right_id"]]
    labels = np.zeros((len(pairs), 2))
    labels[: len(train)] = np.column_stack([is_match, ~is_match.to_numpy(bool)])
    table = pd.DataFrame(labels)
    own = table.groupby([pairs["left_id"], pairs["right_id"]]).transform("sum").to_numpy()
    sides = []
    for side in ("left_id", "right_id"):
        others = table.groupby(pairs[side]).transform("sum").to_numpy() - own
        known = others.sum(axis=1) > 0
        if len(test) and known[len(train) :].mean() >= AS_OFTEN * known[: len(train)].mean():
            sides.append(others)
    return np.hstack([np.zeros((len(pairs), 0)), *sides]).astype(np.float32)
