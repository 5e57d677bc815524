"""Record tables that come as files of their own: which is left and right, and their staging."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import compute

from tabset.draft import PAIRS, RECORD_ID, DraftColumn
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import files, options, pictures
from tabset.importers.base import Request
from tabset.importers.pairs import SIDES, staged
from tabset.readers import Raw

Opened = Mapping[Path, Raw]
Tables = dict[str, tuple[Path, Raw]]
Columns = dict[str, tuple[DraftColumn, ...]]
LEFT = ("tablea", "left", "ltable")
RIGHT = ("tableb", "right", "rtable")
RECORDS = ("records", "table")
STEMS = (*LEFT, *RIGHT, *RECORDS)
KEYS = ("record_id", "id", "_id")


def by_name(opened: Opened) -> Tables:
    """The record tables as `left` and `right`, or as `records` if there is one; maybe none.

    Two tables whose names say nothing are given in their order; see `stage`.
    """
    left, right = files.by_stem(opened, LEFT), files.by_stem(opened, RIGHT)
    if left and right:
        return {"left": (left, opened[left]), "right": (right, opened[right])}
    if alone := left or right:
        raise DatasetError(f"{alone.name} has no second table next to it; give tableA and tableB")
    if len(opened) > 2:
        raise DatasetError(
            f"there are {len(opened)} record tables: {', '.join(path.name for path in opened)};"
            " name the files to read, or call the record tables tableA and tableB"
        )
    names = ("records",) if len(opened) == 1 else ("left", "right")
    return dict(zip(names, opened.items(), strict=False))


def stage(request: Request, tables: Tables, images: pictures.Gallery | None) -> Columns:
    """Stages whole record tables, also records in no pair; the pairs are staged already.

    Two tables whose names do not say the side get the sides that fit the ids of the pairs.
    """
    found = {}
    for table, (path, raw) in tables.items():
        names, batches = _keyed(request, path, raw)
        staged = pictures.stage(request, table, names, batches, images, keep={RECORD_ID})
        found[table] = staged[1:]
    if images:
        pictures.keep(request, images)
    if set(tables) == {"left", "right"} and files.stem(tables["left"][0]) not in LEFT:
        return _sided(request, tables, found)
    return found


def _keyed(request: Request, path: Path, raw: Raw) -> tuple[list[str], Iterator[pa.RecordBatch]]:
    """The columns of a record table with its key first, under the name record_id."""
    lower = {name.lower(): name for name in raw.names}
    if wanted := request.options["record_id"]:
        key = options.require(raw.names, wanted, "record_id", path.name)
    else:
        key = next((lower[name] for name in KEYS if name in lower), "")
    if not key:
        raise DatasetError(
            f"{path.name} has no column {KEYS[1]}; name its key by the option record_id. Its"
            f" columns are {', '.join(raw.names[:50])}"
        )
    others = [name for name in raw.names if name != key]
    if RECORD_ID in others:
        raise DatasetError(
            f"{path.name} has a column {RECORD_ID} in addition to its key {key}; rename one of them"
        )
    names = [RECORD_ID, *others]
    batches = (
        pa.RecordBatch.from_arrays(batch.select([key, *others]).columns, names)
        for batch in raw.batches
    )
    return names, batches


def _sided(request: Request, tables: Tables, columns: Columns) -> Columns:
    straight, crossed = _unknown(request, ("left", "right")), _unknown(request, ("right", "left"))
    swap = crossed < straight
    order = ("right", "left") if swap else ("left", "right")
    named = {side: tables[table][0].name for side, table in zip(tables, order, strict=True)}
    sure = straight != crossed
    request.tell(
        Level.INFO if sure else Level.WARNING,
        "sides",
        f"{named['left']} is the left and {named['right']} for the right table, "
        + (
            "as the ids of the pairs fit them."
            if sure
            else "by the order of the files, since the ids fit both ways: if that is wrong, call"
            " them tableA and tableB."
        ),
    )
    if not swap:
        return columns
    paths = {side: request.out / f"{side}.arrow" for side in ("left", "right")}
    aside = request.out / "aside.arrow"
    paths["left"].rename(aside)
    paths["right"].rename(paths["left"])
    aside.rename(paths["right"])
    return {"left": columns["right"], "right": columns["left"]}


def _unknown(request: Request, order: Sequence[str]) -> int:
    """How many ids of the pairs no record has if the sides are the tables in this order."""
    count = 0
    for side, table in zip(SIDES, order, strict=True):
        keys = staged(request, table).read([RECORD_ID])[0].combine_chunks()
        places = compute.index_in(staged(request, PAIRS).read([side])[0], value_set=keys)
        count += places.null_count
    return count
