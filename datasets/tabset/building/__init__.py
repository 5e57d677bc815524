"""From a draft folder to a data set version: check, plan, write."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tabset import checks, plan, schema, splits, writer
from tabset import draft as drafts
from tabset.building.images import pictures
from tabset.building.slices import slices
from tabset.building.tables import (
    RECORD_ROWS,
    ColumnCaster,
    PairTables,
    RowTables,
    described,
    held_out_rows,
    records_table,
    train_rows,
)
from tabset.draft import Draft, Order
from tabset.errors import DatasetError
from tabset.findings import Finding, errors
from tabset.plan import Plan
from tabset.plan.pairs import entity_names
from tabset.schema import Dataset, Kind
from tabset.source import ID, LABEL, RECORD_ID
from tabset.stage import Stage
from tabset.verify import verify
from tabset.writer import Built, Content, TableSource

Progress = Callable[[float, str], None]
CHECKED, PLANNED = 0.4, 0.5  # shares of the progress
VERIFIED_BYTES = 1 << 26


class Refused(DatasetError):
    """A draft that cannot be built; `findings` are all its findings, the errors first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        found = errors(self.findings)
        super().__init__(f"{len(found)} errors block the build; the first: {found[0].message}")


def build_draft(folder: Path, out: Path, private: Path, *, salt: str, progress: Progress) -> Built:
    """Checks the draft in `folder` and writes the data set version below `out` and `private`.

    Both must be new or empty. The same draft, tables and salt give the same bytes. `progress` gets
    the share done in [0, 1] and what is being done. Raises `Refused` with every finding if one is
    an error, and `DatasetError` for a cell that does not fit its column.
    """
    found = checks.check(folder, salt=salt, progress=_part(progress, 0.0, CHECKED))
    if errors(found):
        raise Refused(found)
    draft, stage = drafts.read(folder), Stage.open(folder)
    progress(CHECKED, "planning the split")
    planned = plan.make(draft, stage, salt=salt)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as scratch:
        casters = _casters(draft, stage, Path(scratch))
        content = _content(draft, stage, planned, casters, Path(scratch))
        tick = _part(progress, PLANNED, 1.0)
        built = writer.write(_watched(content, stage, draft, tick), out, private)
    _verify(built)
    progress(1.0, "built")
    notes = (*(finding.message for finding in found), *_emptied(casters))
    return replace(built, findings=notes, checks=tuple(found))


def _part(progress: Progress, start: float, end: float) -> Progress:
    return lambda share, message: progress(start + (end - start) * share, message)


def _verify(built: Built) -> None:
    """Reads back what was written, if that is fast."""
    if sum(fact.bytes for fact in built.dataset.files.values()) > VERIFIED_BYTES:
        return
    if faults := verify(built.public):
        raise DatasetError(f"what was written is not what should have been: {'; '.join(faults)}")


def _casters(draft: Draft, stage: Stage, scratch: Path) -> dict[str, ColumnCaster]:
    """The column casters of each staged table with feature columns."""
    names = draft.record_tables if draft.kind is Kind.MATCHING else (draft.main,)
    columns = {name: draft.features(name) for name in names}
    files = scratch / "images"
    files.mkdir()
    found = pictures(draft, stage, columns, files)
    return {name: ColumnCaster(name, each, found) for name, each in columns.items()}


def _emptied(casters: Mapping[str, ColumnCaster]) -> list[str]:
    return [
        f"{table}: {count} empty texts in {column!r} are written as missing"
        for table, caster in casters.items()
        for column, count in caster.emptied.items()
    ]


def _content(
    draft: Draft, stage: Stage, planned: Plan, casters: Mapping[str, ColumnCaster], scratch: Path
) -> Content:
    """What the writer streams to disk."""
    records = {
        name: records_table(stage, casters[name])
        for name in (draft.record_tables if planned.matching else ())
    }
    dataset = _dataset(draft, planned, casters)
    tables: RowTables | PairTables
    if planned.matching is None:
        tables = RowTables(stage, draft, casters[draft.main])
    else:
        tables = PairTables(stage, draft, planned.matching, records, dataset.columns)
    sources = {
        "train": TableSource((ID, *dataset.columns, LABEL), lambda: train_rows(tables, planned)),
        "test": TableSource(
            (ID, *dataset.columns), lambda: held_out_rows(tables, planned, scratch)
        ),
    }
    return Content(
        dataset=dataset,
        tables=sources | _record_sources(draft, dataset, records, planned.ids.salt),
        solution=_solution(draft, stage, planned),
        usage=planned.test.usage,
        entities=_entities(planned),
        images=casters[next(iter(casters))].pictures.files,
    )


def _record_sources(
    draft: Draft, dataset: Dataset, records: Mapping[str, pa.Table], salt: str
) -> dict[str, TableSource]:
    """The record tables, shuffled if the test rows are: their order may reveal matches."""
    found = {}
    for name, table in records.items():
        order = np.arange(len(table))
        if draft.order is Order.SHUFFLE:
            order = splits.generator(salt, f"order of {name}").permutation(order)
        columns = (RECORD_ID, *dataset.records[name])
        found[name] = TableSource(columns, partial(_in_order, table, order))
    return found


def _in_order(table: pa.Table, order: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(order), RECORD_ROWS):
        yield from table.take(pa.array(order[start : start + RECORD_ROWS])).to_batches()


def _dataset(draft: Draft, planned: Plan, casters: Mapping[str, ColumnCaster]) -> Dataset:
    """What is known of the data set before its tables stream."""
    matching = draft.kind is Kind.MATCHING
    columns = {name: described(caster.columns) for name, caster in casters.items()}
    share, words = draft.split.public_share, "salted hash of the group"
    if draft.roles.usage:
        share, words = min(max(round(planned.test.usage.share, 2), 0.01), 0.99), "source's own rule"
    return Dataset(
        name=draft.name,
        title=draft.title or draft.name,
        description=draft.description,
        kind=draft.kind,
        classes=() if matching else draft.classes or planned.labels,
        negative_label=draft.negative_label if matching else "",
        positive_label=draft.positive_label if matching else "",
        match_semantics=draft.match_semantics if matching else "",
        columns=schema.pair_columns(columns) if matching else columns[draft.main],
        records=columns if matching else {},
        licence=draft.licence,
        citation=draft.citation,
        origin=draft.origin,
        split=schema.Split(planned.words, words, share),
    )


def _solution(draft: Draft, stage: Stage, planned: Plan) -> pa.Table:
    """The private answers: id, label, usage, group, slices and the records of every test row."""
    test = planned.test
    usage = pa.array(test.usage.parts, pa.string())
    columns = {"id": test.ids, "label": test.labels, "usage": usage, "group": test.groups}
    columns |= slices(draft, stage, planned)
    if planned.matching is not None:
        for side in ("left", "right"):
            ids = planned.matching.records.tables[planned.matching.records.table_of(side)]
            places = planned.matching.places(side, test.numbers)
            columns[f"{side}_record"] = ids.take(pa.array(places))
    return pa.table(columns)


def _entities(planned: Plan) -> pa.Table | None:
    """Side (the record table), record_id and entity_id of every record of a matching data set."""
    if planned.matching is None:
        return None
    tables = planned.matching.records.tables
    sides = pa.array(np.repeat(list(tables), [len(ids) for ids in tables.values()]), pa.string())
    ids = pa.concat_arrays(list(tables.values()))
    names = entity_names(planned.matching.entities)
    return pa.table({"side": sides, "record_id": ids, "entity_id": names})


@dataclass
class _Watch:
    """Reports progress by the rows passed to the writer."""

    progress: Progress
    rows: int
    done: int = 0

    def over(self, name: str, source: TableSource) -> TableSource:
        """The same source, whose rows are counted as they are read."""

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in source.batches():
                self.done += batch.num_rows
                self.progress(min(self.done / self.rows, 1.0), f"writing {name}")
                yield batch

        return replace(source, batches=batches)


def _watched(content: Content, stage: Stage, draft: Draft, progress: Progress) -> Content:
    watch = _Watch(progress, max(sum(stage.tables[name].rows for name in draft.tables), 1))
    tables = {name: watch.over(name, source) for name, source in content.tables.items()}
    return replace(content, tables=tables)
