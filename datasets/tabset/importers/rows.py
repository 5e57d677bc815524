"""What importers of tables of rows share: several files as one table, with added columns."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from tabset.draft import ROWS, Draft, Roles
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import options, pictures
from tabset.importers.base import Request
from tabset.schema import RESERVED_COLUMNS, Kind, text_fault

TRAIN = "train"
TEST = "test"
PARTS = (  # stems of file names, and the side that the rows belong to
    (("train", "training"), TRAIN),
    (("valid", "validation", "val", "dev"), TRAIN),
    (("test", "testing"), TEST),
)


def constant(batch: pa.RecordBatch, text: str | None) -> pa.Array:
    """A column of one text, as long as the batch."""
    return pa.repeat(pa.scalar(text, pa.string()), batch.num_rows)


def aligned(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """The batch with the named columns in that order; those that it lacks are empty."""
    own = set(batch.schema.names)
    arrays = [batch[name] if name in own else constant(batch, None) for name in names]
    return pa.RecordBatch.from_arrays(arrays, list(names))


def extended(batch: pa.RecordBatch, added: dict[str, pa.Array]) -> pa.RecordBatch:
    """The batch with further columns at its end, in place of those that have their names."""
    names = [name for name in batch.schema.names if name not in added]
    arrays = [*(batch[name] for name in names), *added.values()]
    return pa.RecordBatch.from_arrays(arrays, [*names, *added])


def tell_joined(request: Request, parts: Sequence[tuple[str, str]]) -> None:
    """A finding that files for validation, given as (file, side), have become part of train."""
    for name, side in parts[1:]:
        if side == TRAIN:
            request.tell(
                Level.INFO, "valid-in-train", f"The rows of {name} become part of the train rows."
            )


def set_column(batch: pa.RecordBatch, name: str, cells: pa.Array) -> pa.RecordBatch:
    """The batch with other cells in one of its columns."""
    return batch.set_column(batch.schema.get_field_index(name), name, cells)


def free(name: str, taken: Collection[str]) -> str:
    """The name, or the first of name_2, name_3, … that no column has yet."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def appended(
    request: Request, paths: Sequence[Path]
) -> tuple[tuple[str, ...], Iterator[pa.RecordBatch]]:
    """The names and batches of files that make one table; `DatasetError` for other columns."""
    raws = [request.open(path, pictures.Sink(request.out)) for path in paths]
    names = raws[0].names
    for path, raw in zip(paths, raws, strict=True):
        if set(raw.names) != set(names):
            odd = ", ".join(sorted(set(raw.names) ^ set(names)))
            raise DatasetError(
                f"{path.name} does not have the columns of {paths[0].name}: only one of them has"
                f" {odd}; give files with the same columns, or name one file"
            )
    return names, (aligned(batch, names) for raw in raws for batch in raw.batches)


@dataclass(frozen=True)
class Rows:
    """A table to be staged as `rows`, and what its columns mean.

    Columns in `hidden` are staged only for their role and never become features.
    """

    names: Sequence[str]
    batches: Iterable[pa.RecordBatch]
    roles: Roles
    images: pictures.Gallery | None = None
    hidden: Collection[str] = ()


def stage(request: Request, rows: Rows, facts: options.Facts = options.NO_FACTS) -> Draft:
    """Stages the rows and gives the draft; columns with reserved names get others."""
    roles = rows.roles
    keep = {roles.id, roles.label, roles.group, roles.split, roles.usage, *roles.slices} - {""}
    columns = pictures.stage(request, ROWS, rows.names, rows.batches, rows.images, keep=keep)
    if rows.images:
        pictures.keep(request, rows.images)
    own = {roles.id, roles.label, roles.split, roles.usage}
    features = {column.name for column in columns} - own
    columns = tuple(
        replace(
            column,
            use=column.use and column.name not in rows.hidden,
            rename=renamed(request, ROWS, column.name, features)
            if column.name in features - set(rows.hidden)
            else "",
        )
        for column in columns
    )
    return options.draft(request, Kind.CLASSIFICATION, {ROWS: columns}, roles, facts)


def renamed(
    request: Request,
    table: str,
    name: str,
    taken: Collection[str],
    reserved: Collection[str] = RESERVED_COLUMNS,
) -> str:
    """The new name if a feature column needs one, reported in a finding; else empty."""
    if name in reserved:
        found, why = free(f"source_{name}", taken), "is reserved"
    elif fault := text_fault(name):
        cleaned = "".join(letter if letter.isprintable() else " " for letter in name).strip()
        found, why = free(cleaned or "column", taken), fault
    else:
        return ""
    request.tell(
        Level.INFO,
        "column-renamed",
        f"The column name {name!r} {why}, so {found!r} is proposed: change `rename` for another.",
        table=table,
        column=name,
    )
    return found
