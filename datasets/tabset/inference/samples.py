"""A few telling values of a column."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset import cells
from tabset.draft import DraftColumn
from tabset.inference.distinct import Distinct
from tabset.inference.plain import shown
from tabset.schema import ColumnType

SAMPLES = 5
MOST_FREQUENT = (ColumnType.CATEGORICAL, ColumnType.BOOLEAN)
IN_ORDER = (ColumnType.NUMERIC, ColumnType.DATETIME)


def samples(distinct: Distinct, column: DraftColumn, missing: Collection[str]) -> tuple[str, ...]:
    """Up to five values that are not in `missing`: the most frequent categories, else a spread.

    Numbers and dates are spread from the least to the greatest, texts by first appearance.
    """
    values, counts = distinct.values, distinct.counts
    if missing:
        usual = ~np.asarray(compute.is_in(values, value_set=pa.array(list(missing), pa.string())))
        values, counts = values.filter(pa.array(usual)), counts[usual]
    if column.type in MOST_FREQUENT:
        places = np.argsort(-counts, kind="stable")[:SAMPLES]
    elif column.type in IN_ORDER:
        places = _spread(np.argsort(np.asarray(cells.parse(column, values)), kind="stable"))
    else:
        places = _spread(np.arange(len(values)))
    return tuple(shown(values[int(place)].as_py()) for place in places)


def _spread(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Up to five of the places, from the first to the last."""
    steps = np.linspace(0, len(places) - 1, min(SAMPLES, len(places)))
    return places[steps.astype(np.int64)]
