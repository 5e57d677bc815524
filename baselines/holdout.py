"""Which training rows are held out to stop, weigh and judge the models."""

import numpy as np
import numpy.typing as npt
import pandas as pd

SHARE = 0.2

Mask = npt.NDArray[np.bool_]


def stratified(labels: "pd.Series[str]", seed: int) -> Mask:
    """True for about a fifth of each label's rows; every label has at least one row outside."""
    order = np.random.default_rng(seed).permutation(len(labels))
    shuffled = labels.reset_index(drop=True).iloc[order]
    position = shuffled.groupby(shuffled).cumcount()
    size = shuffled.groupby(shuffled).transform("size")
    return (position < size * SHARE // 1).sort_index().to_numpy(dtype=bool)


def by_group(labels: "pd.Series[str]", groups: "pd.Series[str]", seed: int) -> Mask:
    """True for the rows of about a fifth of the groups, so that no group is on both sides.

    Falls back to `stratified` if a side would lack one of the labels.
    """
    codes, distinct = pd.factorize(groups)
    order = np.random.default_rng(seed).permutation(len(distinct))
    held = order[codes] < len(distinct) * SHARE
    here, there = set(labels[held]), set(labels[~held])
    return held if here == there else stratified(labels, seed)
