"""Small drafts with their staged tables, from which the tests make plans and builds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from tabset import draft as drafts
from tabset.draft import Draft, DraftColumn, Roles, SplitMethod, SplitRule
from tabset.schema import ColumnType, Kind, Licence
from tabset.stage import Stage, StageWriter, text_schema

Cells = Mapping[str, Sequence[str | None]]


def stage(folder: Path, tables: Mapping[str, Cells], batch_rows: int = 7) -> Stage:
    """The tables written to a draft folder in small batches, so that every test crosses some."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, cells in tables.items():
        arrays = [pa.array(values, pa.string()) for values in cells.values()]
        table = pa.Table.from_arrays(arrays, schema=text_schema(list(cells)))
        with StageWriter(folder, name, list(cells)) as writer:
            for batch in table.to_batches(max_chunksize=batch_rows):
                writer.write(batch)
    return Stage.open(folder)


def columns(**types: ColumnType) -> tuple[DraftColumn, ...]:
    """Draft columns of these types."""
    return tuple(DraftColumn(name, kind) for name, kind in types.items())


def rows_draft(**changes: Any) -> Draft:
    """A classification draft over the columns key, text, number, shop, day, side and label."""
    kinds = {
        "key": ColumnType.ID,
        "text": ColumnType.TEXT,
        "number": ColumnType.NUMERIC,
        "shop": ColumnType.CATEGORICAL,
        "day": ColumnType.DATETIME,
        "side": ColumnType.CATEGORICAL,
        "part": ColumnType.CATEGORICAL,
        "label": ColumnType.CATEGORICAL,
    }
    plain = Draft(
        "small",
        Kind.CLASSIFICATION,
        {"rows": columns(**kinds)},
        title="Small",
        description="For tests.",
        licence=Licence("CC0", "https://example.org/cc0"),
        citation="Nobody",
        origin="Made up",
        roles=Roles(id="key", label="label"),
    )
    return replace(plain, **changes)


def row_cells(count: int = 200, **changes: Sequence[str | None]) -> dict[str, Sequence[str | None]]:
    """Cells of as many rows: three labels, forty shops, a day for every four rows."""
    numbers = range(count)
    cells: dict[str, Sequence[str | None]] = {
        "key": [f"k{number}" for number in numbers],
        "text": [None if number % 9 == 0 else f'text, "{number}"' for number in numbers],
        "number": [f"{number / 4}" for number in numbers],
        "shop": [f"s{number * 7 % 40}" for number in numbers],
        "day": [f"2026-01-{number // 4 % 28 + 1:02d}" for number in numbers],
        "side": ["Test" if number % 4 == 0 else "train" for number in numbers],
        "part": [("Public", "PRIVATE")[number % 8 // 4] for number in numbers],
        "label": [("NA", "007", "ü")[number % 3] for number in numbers],
    }
    return cells | changes


def pairs_draft(**changes: Any) -> Draft:
    """A matching draft over the record tables left and right with title and category."""
    record = columns(title=ColumnType.TEXT, category=ColumnType.CATEGORICAL)
    plain = Draft(
        "small-pairs",
        Kind.MATCHING,
        {
            "pairs": columns(left_id=ColumnType.ID, right_id=ColumnType.ID, label=ColumnType.TEXT),
            "left": record,
            "right": record,
        },
        title="Small pairs",
        description="For tests.",
        licence=Licence("CC0", "https://example.org/cc0"),
        negative_label="0",
        positive_label="1",
        match_semantics="exact",
        roles=Roles(label="label"),
        split=SplitRule(SplitMethod.GROUP),
    )
    return replace(plain, **changes)


def pair_tables(count: int = 60, pairs: Cells | None = None) -> dict[str, Cells]:
    """As many records on both sides; each pairs with its twin (a match) and two strangers."""

    def records(side: str) -> Cells:
        return {
            "record_id": [f"{side}{number}" for number in range(count)],
            "title": [None if number % 11 == 0 else f"title {number}" for number in range(count)],
            "category": [("lamp", "chair", None)[number % 3] for number in range(count)],
        }

    far = [(number, (number * step + step) % count) for number in range(count) for step in (7, 11)]
    negative = [(left, right) for left, right in far if left != right]
    links = [*((number, number) for number in range(count)), *negative]
    made: Cells = {
        "left_id": [f"a{left}" for left, _ in links],
        "right_id": [f"b{right}" for _, right in links],
        "label": ["1" if left == right else "0" for left, right in links],
    }
    return {"pairs": pairs or made, "left": records("a"), "right": records("b")}


def draft_folder(folder: Path, draft: Draft, tables: Mapping[str, Cells]) -> Path:
    """A whole draft folder."""
    stage(folder, tables)
    drafts.write(draft, folder)
    (folder / "findings.json").write_text("[]")
    return folder
