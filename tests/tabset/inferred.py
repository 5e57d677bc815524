"""What is inferred of a single column, for the tests of inference."""

from collections.abc import Sequence

import pyarrow as pa

from tabset.draft import DraftColumn
from tabset.inference import TableObserver
from tabset.stage import text_schema

Cells = Sequence[str | None]


def infer(values: Cells, name: str = "x", *, kept: bool = False, cuts: int = 1000) -> DraftColumn:
    """What is inferred of one column whose cells come in batches of `cuts` rows."""
    observer = TableObserver([name])
    schema = text_schema([name])
    for start in range(0, len(values), cuts):
        array = pa.array(values[start : start + cuts], pa.string())
        observer.see(pa.record_batch([array], schema=schema))
    (column,) = observer.columns([name] if kept else ())
    return column
