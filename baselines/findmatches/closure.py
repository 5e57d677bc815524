"""Transitive closure: records linked through others match too."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Records = Sequence[Hashable]


def closed_scores(left: Records, right: Records, scores: Floats) -> Floats:
    """The scores of pairs after closure at every threshold at once; all of length n.

    The score of a pair is that of the weakest pair on the strongest chain between its records: it
    reaches a threshold exactly if the closure of all pairs that reach it contains the pair.
    """
    codes: dict[Hashable, int] = {}
    first = [codes.setdefault(record, len(codes)) for record in left]
    second = [codes.setdefault(record, len(codes)) for record in right]
    tree = _Tree(len(codes))
    for pair in np.argsort(-scores, kind="stable").tolist():
        tree.join(first[pair], second[pair], float(scores[pair]))
    chains = (tree.strength(a, b) for a, b in zip(first, second, strict=True))
    found = np.fromiter(chains, dtype=float, count=len(scores))
    return np.where(np.isfinite(found), found, scores)  # a record paired with itself has no chain


def groups(records: int, pairs: Places) -> Places:
    """The number of each record's group, (records,), when these pairs (n, 2) of places match."""
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(records, records))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


class _Tree:
    """Groups joined from the strongest pair on; the smaller of two is hung below the larger one.

    So the depth of a record is at most the number of binary digits of the number of records.
    """

    def __init__(self, records: int) -> None:
        self._above = list(range(records))
        self._hung: list[float] = [
            np.inf
        ] * records  # the number of the pair that joined it; roots have none
        self._size = [1] * records
        self._strengths: list[float] = []

    def join(self, first: int, second: int, strength: float) -> None:
        """Joins the groups of two records by a pair no stronger than those before it."""
        large, small = self._top(first), self._top(second)
        if large == small:
            return
        if self._size[large] < self._size[small]:
            large, small = small, large
        self._above[small], self._hung[small] = large, len(self._strengths)
        self._size[large] += self._size[small]
        self._strengths.append(strength)

    def strength(self, first: int, second: int) -> float:
        """The strength of the pair that joined two records; inf for a record and itself."""
        last = np.inf
        while first != second:
            if self._hung[first] > self._hung[second]:
                first, second = second, first
            last, first = self._hung[first], self._above[first]
        return self._strengths[int(last)] if np.isfinite(last) else np.inf

    def _top(self, record: int) -> int:
        while self._above[record] != record:
            record = self._above[record]
        return record
