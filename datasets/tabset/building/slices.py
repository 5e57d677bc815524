"""Slices of the test rows: the groups of rows with separate scores.

`slice_<name>` for each role slice of the rows or pairs; for matching `slice_left` and `slice_right`
for the first role slice that is a column of the records, `slice_left_<name>` and
`slice_right_<name>` for further ones; `slice_missing_image` and `slice_missing_text` (yes or no)
where a test row lacks an image or a text, for pairs in either record.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset.draft import Draft, DraftColumn
from tabset.plan import Plan
from tabset.plan.columns import draft_column, is_missing, picked, taken
from tabset.plan.pairs import Matching
from tabset.schema import ColumnType
from tabset.splits import Mask
from tabset.stage import Stage

MISSING = "missing"
ASKED = {"missing_image": ColumnType.IMAGE, "missing_text": ColumnType.TEXT}


def slices(draft: Draft, stage: Stage, plan: Plan) -> dict[str, pa.Array]:
    """The slice columns of the solution by name, one text per test row in output order."""
    order = np.argsort(plan.test.numbers, kind="stable")
    numbers = plan.test.numbers[order]
    back = pa.array(np.argsort(order, kind="stable"))
    found = {name: values.take(back) for name, values in _of_rows(draft, stage, numbers)}
    if plan.matching is not None:
        found |= dict(_of_records(draft, stage, plan.matching, plan.test.numbers))
    for name, kind in ASKED.items():
        if plan.matching is None:
            missing = _rows_missing(draft, stage, numbers, kind)[np.argsort(order, kind="stable")]
        else:
            missing = _pairs_missing(draft, stage, plan.matching, plan.test.numbers, kind)
        if missing.any():
            found.setdefault(f"slice_{name}", _yes_or_no(missing))
    return found


def _of_rows(
    draft: Draft, stage: Stage, numbers: NDArray[np.int64]
) -> Iterator[tuple[str, pa.Array]]:
    for name in draft.roles.slices:
        if any(column.name == name for column in draft.tables[draft.main]):
            column = draft_column(draft, draft.main, name)
            texts = taken(stage.tables[draft.main], name, numbers)
            yield f"slice_{column.final_name}", _spoken(column, texts)


def _of_records(
    draft: Draft, stage: Stage, matching: Matching, numbers: NDArray[np.int64]
) -> Iterator[tuple[str, pa.Array]]:
    main = {column.name for column in draft.tables[draft.main]}
    for place, name in enumerate(each for each in draft.roles.slices if each not in main):
        for side in ("left", "right"):
            table = matching.records.table_of(side)
            if all(column.name != name for column in draft.tables[table]):
                continue
            column = draft_column(draft, table, name)
            texts = _spoken(column, stage.tables[table].read([name])[name].combine_chunks())
            suffix = f"_{column.final_name}" if place else ""
            places = pa.array(matching.places(side, numbers))
            yield f"slice_{side}{suffix}", texts.take(places)


def _spoken(column: DraftColumn, texts: pa.Array) -> pa.Array:
    return compute.if_else(is_missing(column, texts), MISSING, texts)


def _yes_or_no(mask: Mask) -> pa.Array:
    return compute.if_else(pa.array(mask), "yes", "no")


def _asked(draft: Draft, table: str, kind: ColumnType) -> Mapping[str, DraftColumn]:
    return {column.name: column for column in draft.features(table) if column.type is kind}


def _rows_missing(draft: Draft, stage: Stage, numbers: NDArray[np.int64], kind: ColumnType) -> Mask:
    """Whether each row (numbers ascend) has no value in a feature column of a type."""
    columns = _asked(draft, draft.main, kind)
    if not columns:
        return np.zeros(len(numbers), dtype=np.bool_)
    parts = [
        _any_missing(columns, batch)
        for _, batch in picked(stage.tables[draft.main], list(columns), numbers)
    ]
    return np.concatenate([np.zeros(0, dtype=np.bool_), *parts])


def _pairs_missing(
    draft: Draft,
    stage: Stage,
    matching: Matching,
    numbers: NDArray[np.int64],
    kind: ColumnType,
) -> Mask:
    found = np.zeros(len(numbers), dtype=np.bool_)
    for side in ("left", "right"):
        table = matching.records.table_of(side)
        if columns := _asked(draft, table, kind):
            parts = [
                _any_missing(columns, batch) for batch in stage.tables[table].batches(list(columns))
            ]
            records = np.concatenate([np.zeros(0, dtype=np.bool_), *parts])
            found |= records[matching.places(side, numbers)]
    return found


def _any_missing(columns: Mapping[str, DraftColumn], batch: pa.RecordBatch) -> Mask:
    found = np.zeros(batch.num_rows, dtype=np.bool_)
    for name, column in columns.items():
        found |= np.asarray(is_missing(column, batch.column(name)))
    return found
