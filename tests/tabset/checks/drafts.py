"""Draft folders for the tests of the checks: clean ones, to which a test adds one fault."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tabset import checks
from tabset import draft as drafts
from tabset.draft import Draft, DraftColumn, Roles, SplitMethod, SplitRule
from tabset.findings import Finding
from tabset.schema import ColumnType, Kind, Licence
from tabset.stage import StageWriter, text_schema

Cells = Mapping[str, Sequence[str | None]]
ROWS = 400
RECORDS = 300
TYPES = {
    "price": ColumnType.NUMERIC,
    "colour": ColumnType.CATEGORICAL,
    "listed": ColumnType.DATETIME,
    "image": ColumnType.IMAGE,
}


def rows(count: int = ROWS) -> dict[str, list[str | None]]:
    """A clean table of rows: what a column says has nothing to do with the label."""
    random = np.random.default_rng(1)
    labels = random.permutation(["lamp", "chair", "table"] * (count // 3 + 1))[:count]
    names = random.permutation(count)
    return {
        "id": [f"r{name}" for name in names],
        "title": [f"thing number {number} of many" for number in random.permutation(count)],
        "price": [f"{price:.2f}" for price in random.uniform(1, 1000, count)],
        "colour": random.choice(["red", "green", "blue"], count).tolist(),
        "label": labels.tolist(),
    }


def records(count: int = RECORDS) -> dict[str, list[str | None]]:
    """A clean table of records, two of each thing, which are described in different words."""
    random = np.random.default_rng(2)
    return {
        "record_id": [f"o{number}" for number in range(count)],
        "title": [f"offer {number} of thing {number // 2}" for number in range(count)],
        "colour": random.choice(["red", "green", "blue"], count).tolist(),
    }


def pairs(count: int = RECORDS) -> dict[str, list[str | None]]:
    """Pairs of neighbouring records: every second one is of the same thing."""
    order = np.random.default_rng(3).permutation(count - 1)
    return {
        "left_id": [f"o{number}" for number in order],
        "right_id": [f"o{number + 1}" for number in order],
        "label": [str(1 - number % 2) for number in order],
    }


def columns(cells: Cells) -> tuple[DraftColumn, ...]:
    """Draft columns of a table, typed by their names."""
    return tuple(DraftColumn(name, TYPES.get(name, ColumnType.TEXT)) for name in cells)


def classification(cells: Cells, **changes: Any) -> Draft:
    """The draft of a table of rows, with every fact filled in."""
    draft = Draft(
        name="things",
        kind=Kind.CLASSIFICATION,
        tables={"rows": columns(cells)},
        title="Things",
        description="What things are.",
        licence=Licence("CC0-1.0"),
        citation="Nobody",
        origin="Made up",
        roles=Roles(id="id" if "id" in cells else "", label="label"),
    )
    return replace(draft, **changes)


def matching(tables: Mapping[str, Cells], **changes: Any) -> Draft:
    """The draft of pairs and record tables."""
    draft = replace(
        classification(tables["pairs"]),
        kind=Kind.MATCHING,
        tables={name: columns(cells) for name, cells in tables.items()},
        negative_label="0",
        positive_label="1",
        match_semantics="exact",
        split=SplitRule(SplitMethod.GROUP, strict=True),
    )
    return replace(draft, **changes)


def write(folder: Path, draft: Draft, tables: Mapping[str, Cells]) -> Path:
    """The draft folder with staged tables."""
    folder.mkdir(exist_ok=True)
    drafts.write(draft, folder)
    for table, cells in tables.items():
        arrays = [pa.array(list(values), pa.string()) for values in cells.values()]
        with StageWriter(folder, table, tuple(cells)) as writer:
            writer.write(pa.RecordBatch.from_arrays(arrays, schema=text_schema(tuple(cells))))
    return folder


def of_rows(folder: Path, cells: Cells, **changes: Any) -> list[Finding]:
    """The findings about a classification draft of these rows."""
    return check(write(folder, classification(cells, **changes), {"rows": cells}))


def of_pairs(folder: Path, tables: Mapping[str, Cells], **changes: Any) -> list[Finding]:
    """The findings about a matching draft of these tables."""
    return check(write(folder, matching(tables, **changes), tables))


def check(folder: Path) -> list[Finding]:
    """All findings about a draft folder."""
    return checks.check(folder, salt="salt", progress=lambda share, message: None)


def codes(findings: Sequence[Finding]) -> set[str]:
    """The codes of the findings."""
    return {finding.code for finding in findings}


def only(findings: Sequence[Finding], code: str) -> Finding:
    """The one finding with the code."""
    [found] = [finding for finding in findings if finding.code == code]
    return found
