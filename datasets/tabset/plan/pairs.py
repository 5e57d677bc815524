"""Entities of records, and pairs whose two records are on different sides of a split."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset.draft import PAIRS, RECORD_ID, Draft
from tabset.errors import DatasetError
from tabset.findings import Finding, Level
from tabset.plan.columns import MISSING, Coded, at_rows, coded, draft_column, filled
from tabset.splits import Codes, Mask, components
from tabset.stage import Stage


@dataclass(frozen=True)
class Records:
    """The records of all record tables under one numbering: those of `left` before `right`.

    `tables` maps each table to its record ids; `starts` to the number of its first record.
    """

    tables: Mapping[str, pa.Array]
    starts: Mapping[str, int]
    count: int

    @classmethod
    def of(cls, draft: Draft, stage: Stage) -> "Records":
        """The record ids of the staged record tables, in memory."""
        names = sorted(draft.record_tables)
        tables = {
            name: stage.tables[name].read([RECORD_ID])[RECORD_ID].combine_chunks() for name in names
        }
        sizes = [len(ids) for ids in tables.values()]
        starts = dict(zip(names, np.cumsum([0, *sizes]).tolist(), strict=False))
        return cls(tables, starts, sum(sizes))

    def table_of(self, side: str) -> str:
        """The table of the `left` or `right` records of the pairs."""
        return side if side in self.tables else "records"


@dataclass(frozen=True)
class Matching:
    """The records, the entity number of each, and the record numbers of every staged pair."""

    records: Records
    entities: Codes
    pairs: "Pairs"

    def places(self, side: str, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """The rows of the left or right records of staged pairs in their record table."""
        numbers: NDArray[np.int32] = getattr(self.pairs, side)[rows]
        return numbers - np.int32(self.records.starts[self.records.table_of(side)])


@dataclass(frozen=True)
class Pairs:
    """The record numbers of every staged pair, -1 where the pair names an unknown record."""

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    findings: tuple[Finding, ...]

    @property
    def known(self) -> Mask:
        """Which pairs have two known records."""
        return (self.left >= 0) & (self.right >= 0)


def pairs(stage: Stage, records: Records) -> Pairs:
    """Both record numbers of every staged pair, with a finding for unknown records."""
    found = {side: _numbers(stage, records, side) for side in ("left", "right")}
    findings = []
    for side, numbers in found.items():
        if len(unknown := np.flatnonzero(numbers == MISSING)):
            table = records.table_of(side)
            message = (
                f"{len(unknown)} pairs name a {side} record that the table {table} does not have:"
                f" add the records, or take the pairs out."
            )
            findings.append(
                at_rows(Level.ERROR, "unknown-record", message, PAIRS, f"{side}_id", unknown)
            )
    return Pairs(found["left"], found["right"], tuple(findings))


def _numbers(stage: Stage, records: Records, side: str) -> NDArray[np.int32]:
    table = records.table_of(side)
    start = np.int32(records.starts[table])
    parts = [np.empty(0, dtype=np.int32)]
    for batch in stage.tables[PAIRS].batches([f"{side}_id"]):
        places = filled(compute.index_in(batch.column(0), value_set=records.tables[table]))
        parts.append(np.where(places >= 0, places + start, np.int32(MISSING)))
    return np.concatenate(parts)


def entities(draft: Draft, stage: Stage, records: Records, matches: tuple[Codes, Codes]) -> Codes:
    """The entity of every record: components over the pairs that match and declared entity ids.

    `matches` are the left and the right record numbers of the matching pairs.
    """
    links = [matches, *_declared(draft, stage, records)]
    left, right = (np.concatenate(ends) for ends in zip(*links, strict=True))
    return components(records.count, left, right)


def _declared(draft: Draft, stage: Stage, records: Records) -> list[tuple[Codes, Codes]]:
    """Links from every record to the first one with the same declared entity."""
    role = draft.roles.entity
    if not role:
        return []
    firsts: dict[str, int] = {}
    links: list[tuple[Codes, Codes]] = []
    for column, rows, numbers in _declarations(draft, stage, records):
        codes = column.codes[rows]
        seen, places = np.unique(codes, return_index=True)
        for code, place in zip(seen.tolist(), places.tolist(), strict=True):
            firsts.setdefault(column.texts[code], int(numbers[place]))
        first = np.array([firsts[text] for text in column.texts], dtype=np.int64)
        links.append((first[codes], numbers))
    if not links:
        raise DatasetError(f"draft.roles.entity is {role!r}, which no record table has")
    return links


def _declarations(
    draft: Draft, stage: Stage, records: Records
) -> Iterator[tuple[Coded, Codes, Codes]]:
    """The entity column of each table that has one, its known rows and their record numbers."""
    role = draft.roles.entity
    for table, start in records.starts.items():
        if any(column.name == role for column in draft.tables[table]):
            column = coded(stage.tables[table], draft_column(draft, table, role))
            rows = np.flatnonzero(column.codes >= 0)
            yield column, rows, rows + start


def declared_names(draft: Draft, stage: Stage, matching: Matching) -> pa.Array:
    """A name per entity that all data sets over the same records give it; null where it has none.

    It is the smallest of the entities that are declared for its records.
    """
    names = np.full(int(matching.entities.max(initial=-1)) + 1, None, dtype=object)
    for column, rows, numbers in _declarations(draft, stage, matching.records):
        texts = np.array(column.texts, dtype=object)[column.codes[rows]]
        for entity, text in zip(matching.entities[numbers].tolist(), texts.tolist(), strict=True):
            if names[entity] is None or text < names[entity]:
                names[entity] = text
    return pa.array(names, pa.string())


def sides(left: Codes, right: Codes, test: Mask, count: int) -> Mask:
    """Whether each entity belongs to test, when pairs went with the entity of their left record.

    An entity without a left record goes where more of its pairs are.
    """
    in_test = np.bincount(left[test], minlength=count) > 0
    rightmost = np.bincount(left, minlength=count) == 0
    pairs_in_test = np.bincount(right[test], minlength=count)
    all_pairs = np.bincount(right, minlength=count)
    found: Mask = np.where(rightmost, pairs_in_test * 2 > all_pairs, in_test)
    return found


def crossing_by_entity(left: Codes, right: Codes, test: Mask, count: int) -> Mask:
    """The pairs whose right record belongs to an entity of the other side."""
    in_test = sides(left, right, test, count)
    crossing: Mask = in_test[right] != test
    return crossing


def crossing_by_touch(left: Codes, right: Codes, test: Mask, count: int) -> Mask:
    """The train pairs that touch an entity of a test pair, when pairs were divided one by one."""
    touched = np.zeros(count, dtype=np.bool_)
    touched[left[test]] = True
    touched[right[test]] = True
    return ~test & (touched[left] | touched[right])


def entity_names(codes: Codes) -> pa.Array:
    """The texts e0, e1, … of entity numbers."""
    return compute.binary_join_element_wise("e", pa.array(codes).cast(pa.string()), "")
