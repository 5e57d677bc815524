"""How a pair compares with the pairs that compete with it for one of its records."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from baselines.features.overlap import Matrix, cosines
from baselines.features.records import Pairs, Places

Floats = npt.NDArray[np.float32]
Features = dict[str, Floats]

PRODUCTS = 50_000_000  # multiplications per table at most; the commonest terms go first
CELLS = 2_000_000_000  # similarities per table at most; beyond that, no rivals
BLOCK = 8_000_000  # similarities in memory at a time


def table_rivals(left: Matrix, right: Matrix, pairs: Pairs) -> Features:
    """The pair's similarity less that of its best rival in the whole table, for either record.

    ``left`` and ``right`` have one row per record, whose products are similarities. A rival of the
    right record is any other right record compared with the same left one, paired or not. NaN for
    tables too large to compare.
    """
    left, right = _affordable(left, right)
    own = cosines(left, right, pairs.first, pairs.second)
    one = pairs.within_one_table
    lead = own - _best_other(left, right, pairs.first, pairs.second, one)
    behind = own - _best_other(right, left, pairs.second, pairs.first, one)
    return {
        "lead among right": lead,
        "lead among left": behind,
        "least lead": np.minimum(lead, behind),
    }


def paired_rivals(similarity: Floats, pairs: Pairs) -> Features:
    """The lead over the best other pair of the same left and of the same right record, and ranks.

    A missing similarity counts as 0, and a record with only one pair has the lead NaN.
    """
    known = np.nan_to_num(similarity)
    features: Features = {}
    for side, records in (("left", pairs.first), ("right", pairs.second)):
        standing = _standing(known, records)
        features[f"lead of {side}"] = standing.lead
        features[f"rank of {side}"] = standing.rank
    return features


@dataclass(frozen=True)
class _Standing:
    lead: Floats
    rank: Floats


def _standing(values: Floats, groups: Places) -> _Standing:
    """The lead over the best other value of the group (n,) and the rank in it from 1 (n,)."""
    order = np.lexsort((-values, groups))
    sorted_groups, ordered = groups[order], values[order]
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    sizes = np.diff(np.r_[starts, len(values)])
    start, size = np.repeat(starts, sizes), np.repeat(sizes, sizes)
    first = np.arange(len(values)) == start
    rival = ordered[np.where(first, np.minimum(start + 1, len(values) - 1), start)]
    lead, rank = np.empty_like(values), np.empty_like(values)
    lead[order] = np.where(size > 1, ordered - rival, np.nan)
    rank[order] = pd.Series(-values).groupby(groups).rank(method="min").to_numpy()[order]
    return _Standing(lead, rank)


def _affordable(left: Matrix, right: Matrix) -> tuple[Matrix, Matrix]:
    """The matrices without the most frequent terms, as far as needed to limit the cost of their
    product."""
    costs = left.getnnz(axis=0).astype(float) * right.getnnz(axis=0)
    order = np.argsort(costs, kind="stable")
    kept = np.sort(order[np.cumsum(costs[order]) <= PRODUCTS])
    return (left, right) if len(kept) == len(costs) else (left[:, kept], right[:, kept])


def _best_other(first: Matrix, second: Matrix, rows: Places, columns: Places, one: bool) -> Floats:
    """The highest similarity of each pair's record to any record but its partner. Shape (n,).

    In ``one`` table a record is not its own rival.
    """
    needed, place = np.unique(rows, return_inverse=True)
    if len(needed) * second.shape[0] > CELLS:
        return np.full(len(rows), np.nan, np.float32)
    best, runner_up = np.zeros(len(needed), np.float32), np.zeros(len(needed), np.float32)
    who = np.zeros(len(needed), np.intp)
    transposed = second.T.tocsr()
    step = max(1, BLOCK // second.shape[0])
    for begin in range(0, len(needed), step):
        part = slice(begin, begin + step)
        similar = (first[needed[part]] @ transposed).toarray()
        every = np.arange(len(similar))
        if one:
            similar[every, needed[part]] = -1
        who[part] = similar.argmax(axis=1)
        best[part] = similar[every, who[part]]
        similar[every, who[part]] = -1
        runner_up[part] = similar.max(axis=1)
    return np.maximum(np.where(who[place] == columns, runner_up[place], best[place]), 0)
