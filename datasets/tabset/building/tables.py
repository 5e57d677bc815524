"""Typed batches of the tables of a data set, made from staged text by a draft and a plan."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset import cells
from tabset.building.images import Pictures
from tabset.building.order import ranks, rearranged
from tabset.draft import PAIRS, RECORD_ID, Draft, DraftColumn
from tabset.errors import DatasetError
from tabset.plan import Plan
from tabset.plan.columns import picked
from tabset.plan.pairs import Matching
from tabset.schema import Column, ColumnType
from tabset.source import ID, LABEL, PAIR_IDS
from tabset.stage import Stage
from tabset.tables import arrow_schema

RECORD_ROWS = 65_536
Numbers = NDArray[np.int64]


def described(columns: tuple[DraftColumn, ...]) -> tuple[Column, ...]:
    """The columns as the built data set has them; the writer adds their facts."""
    return tuple(Column(column.final_name, column.type, column.description) for column in columns)


@dataclass
class ColumnCaster:
    """Makes typed arrays of the feature columns of one staged table.

    `emptied` counts per column the empty texts that became missing.
    """

    table: str
    columns: tuple[DraftColumn, ...]
    pictures: Pictures
    emptied: Counter[str] = field(default_factory=Counter)

    def arrays(self, batch: pa.RecordBatch, numbers: Numbers) -> list[pa.Array]:
        """One array per column; `DatasetError` names table, row, column and text of a fault."""
        return [self._array(column, batch.column(column.name), numbers) for column in self.columns]

    def _array(self, column: DraftColumn, texts: pa.Array, numbers: Numbers) -> pa.Array:
        if compute.min(compute.binary_length(texts)).as_py() == 0:
            self.emptied[column.name] += compute.sum(compute.equal(texts, "")).as_py()
        try:
            values = cells.parse(column, texts)
        except cells.CellError as error:
            row = int(numbers[error.row]) + 1
            where = f"{self.table}, row {row}, column {column.name!r}"
            raise DatasetError(f"{where}: {error.fault}") from error
        return self.pictures.paths(values) if column.type is ColumnType.IMAGE else values


@dataclass(frozen=True)
class RowTables:
    """Train and test rows of a classification data set, read from the staged table."""

    stage: Stage
    draft: Draft
    caster: ColumnCaster

    @property
    def columns(self) -> tuple[Column, ...]:
        """The feature columns of both."""
        return described(self.caster.columns)

    def typed(self, numbers: Numbers, *others: str) -> Iterator[tuple[Numbers, pa.RecordBatch]]:
        """The feature columns of some rows, typed, and after them other columns as text."""
        wanted = [column.name for column in self.caster.columns]
        names = list(dict.fromkeys([*wanted, *others]))
        schema = pa.schema(
            [*arrow_schema(self.columns), *(pa.field(name, pa.string()) for name in others)]
        )
        for rows, batch in picked(self.stage.tables[self.draft.main], names, numbers):
            arrays = [*self.caster.arrays(batch, rows), *(batch.column(name) for name in others)]
            yield rows, pa.RecordBatch.from_arrays(arrays, schema=schema)


@dataclass(frozen=True)
class PairTables:
    """Train and test pairs of a matching data set, flattened from typed records in memory."""

    stage: Stage
    draft: Draft
    matching: Matching
    records: Mapping[str, pa.Table]
    columns: tuple[Column, ...]

    def typed(self, numbers: Numbers, *others: str) -> Iterator[tuple[Numbers, pa.RecordBatch]]:
        """Both ids and the columns of both records of some pairs, then other columns as text."""
        names = list(dict.fromkeys([*(column.name for column in PAIR_IDS), *others]))
        schema = pa.schema(
            [*arrow_schema(self.columns), *(pa.field(name, pa.string()) for name in others)]
        )
        for rows, batch in picked(self.stage.tables[PAIRS], names, numbers):
            arrays = [batch.column(column.name) for column in PAIR_IDS]
            arrays += [*self._of("left", rows), *self._of("right", rows)]
            arrays += [batch.column(name) for name in others]
            yield rows, pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _of(self, side: str, rows: Numbers) -> list[pa.Array]:
        """The columns of the left or the right records of pairs."""
        table = self.matching.records.table_of(side)
        found = self.records[table].take(pa.array(self.matching.places(side, rows)))
        return [found[name].combine_chunks() for name in found.column_names if name != RECORD_ID]


def records_table(stage: Stage, caster: ColumnCaster) -> pa.Table:
    """A record table in memory: record_id, then its typed features."""
    names = [RECORD_ID, *(column.name for column in caster.columns)]
    schema = arrow_schema((Column(RECORD_ID, ColumnType.ID), *described(caster.columns)))
    batches = []
    start = 0
    for batch in stage.tables[caster.table].batches(names):
        numbers = np.arange(start, start + batch.num_rows)
        arrays = [batch.column(RECORD_ID), *caster.arrays(batch, numbers)]
        batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        start += batch.num_rows
    return pa.Table.from_batches(batches, schema=schema).combine_chunks()


def train_rows(tables: RowTables | PairTables, plan: Plan) -> Iterator[pa.RecordBatch]:
    """The batches of train: id, features, label."""
    source = [plan.ids.column] if plan.ids.column else []
    schema = arrow_schema((ID, *tables.columns, LABEL))
    width = len(tables.columns)
    for rows, batch in tables.typed(plan.train, tables.draft.roles.label, *source):
        ids = plan.ids.of_rows(rows, batch.column(width + 1) if source else None)
        arrays = [ids, *batch.columns[: width + 1]]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def held_out_rows(
    tables: RowTables | PairTables, plan: Plan, scratch: Path
) -> Iterator[pa.RecordBatch]:
    """The batches of test: id, features. Only rows that change places go through `scratch`."""
    order = ranks(plan.test.numbers)
    typed = tables.typed(plan.test.numbers[order])
    batches: Iterator[pa.RecordBatch] = (batch for _, batch in typed)
    if (np.diff(order) < 0).any():
        batches = rearranged(batches, arrow_schema(tables.columns), order, scratch)
    schema = arrow_schema((ID, *tables.columns))
    start = 0
    for batch in batches:
        arrays = [plan.test.ids.slice(start, batch.num_rows), *batch.columns]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        start += batch.num_rows
