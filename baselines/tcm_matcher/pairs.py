"""Pairs as indices of records, and the groups over which thresholds are compared."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from tabset import ColumnType, Loaded

Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """The indices of the left and the right records, (n,), among those of all tables in order."""

    left: Places
    right: Places

    def of(self, kept: Mask) -> "Pairs":
        """Some of the pairs."""
        return Pairs(self.left[kept], self.right[kept])

    def entities(self, is_match: Mask, records: int) -> Places:
        """The entity of each record, (records,): those that matches connect are one."""
        ends = self.left[is_match], self.right[is_match]
        graph = coo_matrix((np.ones(len(ends[0]), dtype=bool), ends), shape=(records, records))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def pairs_of(data: Loaded, table: pd.DataFrame) -> Pairs:
    """The pairs of the training or the test rows."""
    tables = list(data.records.values())
    offset = len(tables[0]) if len(tables) > 1 else 0
    left, right = pd.Index(tables[0]["record_id"]), pd.Index(tables[-1]["record_id"])
    return Pairs(left.get_indexer(table["left_id"]), right.get_indexer(table["right_id"]) + offset)


def groups_of(data: Loaded, train: Pairs, is_match: Mask) -> tuple[str, Places, Places]:
    """The grouping of the training pairs, and the groups of their left and right records, (n,).

    The first categorical column that both records have (a missing value is a group too), because
    thresholds often treat categories differently; without one, the entities formed by matches.
    """
    types = {column.name: column.type for column in data.dataset.columns}
    for name, kind in types.items():
        other = name.replace("left_", "right_", 1)
        if kind is ColumnType.CATEGORICAL and name != other and types.get(other) is kind:
            values = [data.train[side].astype(object).fillna("") for side in (name, other)]
            codes = pd.factorize(pd.concat(values))[0]
            return name.removeprefix("left_"), codes[: len(is_match)], codes[len(is_match) :]
    entity = train.entities(is_match, sum(map(len, data.records.values())))
    return "entity", entity[train.left], entity[train.right]
