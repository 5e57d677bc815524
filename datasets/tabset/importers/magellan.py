"""Magellan's and DeepMatcher's forms: record tables with labelled pairs, or joined pairs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tabset.draft import PAIRS, Draft, Roles
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import files, joined, options, pairs, pictures, record_tables, rows
from tabset.importers.base import Importer, Option, Request
from tabset.readers import Raw

OPTIONS = (
    Option("label", "column of the pairs that holds the label: label, gold or match"),
    Option("id", "column of the pairs that holds the pair's id: _id, pair_id or id"),
    Option("record_id", "key column of the record tables: record_id, id or _id"),
    *options.ROLES,
    options.IMAGES,
    *options.MATCHING,
    *options.COMMON,
)
LABELS = ("label", "gold", "match", "is_match")
IDS = ("_id", "pair_id", "id")
SIDE_FILE = ".metadata"
WANTED = (
    "should name records by ltable_id and rtable_id (or left_id and right_id), or carry them in"
    " columns left_… and right_…"
)


@dataclass(frozen=True)
class Part:
    """One file of pairs and the side it belongs to; `side` is empty without a given split."""

    path: Path
    raw: Raw
    side: str


@dataclass(frozen=True)
class Found:
    """The files of pairs, all of one form, and the record tables by their names, if any."""

    parts: Sequence[Part]
    form: joined.Form
    tables: record_tables.Tables


def run(request: Request) -> Draft:
    """Stages pairs and records; train and valid become train, test becomes test."""
    found = _found(request, _without_side_files(request))
    form = found.form
    rows.tell_joined(request, [(part.path.name, part.side) for part in found.parts])
    roles = _roles(request, form.rest, found.parts[0])
    makers = None if found.tables else joined.Makers(form)
    sources: list[tuple[str, int]] = []
    names = [*pairs.SIDES, *form.rest, *([roles.split] if roles.split else [])]
    batches = _batches(found, makers, roles.split, sources)
    columns = request.stage(PAIRS, names, batches, keep=names)
    if makers is None:
        records = record_tables.stage(request, found.tables, pictures.gallery(request))
        _tell_left_out(request, form)
    else:
        makers.tell(request)
        records = {
            table: pairs.stage_made(request, table, side) for table, side in makers.sides.items()
        }
    roles = pairs.with_usable_id(request, roles)
    return pairs.finish(request, pairs.Pairs(columns, records, roles, sources))


def _without_side_files(request: Request) -> list[Path]:
    side_files = [path for path in files.listed(request.paths) if path.suffix == SIDE_FILE]
    for path in side_files:
        request.tell(
            Level.INFO,
            "side-file",
            f"{path.name} holds notes of py_entitymatching about keys and is left out.",
        )
    return [path for path in files.tables(request.paths) if path not in side_files]


def _found(request: Request, paths: Sequence[Path]) -> Found:
    opened = {path: request.open(path) for path in _wanted(request, paths)}
    forms = {path: form for path, raw in opened.items() if (form := joined.form(raw.names))}
    tables = {path: raw for path, raw in opened.items() if path not in forms}
    for path in tables:
        if any(files.stem(path) in stems for stems, _ in rows.PARTS):
            raise DatasetError(f"{path.name} {WANTED}; its columns do not")
    parts = _parts({path: opened[path] for path in forms}, paths)
    form = forms[parts[0].path]
    first = parts[0]
    for part in parts:
        if odd := set(part.raw.names) ^ set(first.raw.names):
            raise DatasetError(
                f"{part.path.name} does not have the columns of {first.path.name}:"
                f" only one of them has {', '.join(sorted(odd))}"
            )
    if not tables and not form.left.columns:
        raise DatasetError(
            f"{first.path.name} only names records by their ids; give the record tables tableA"
            " and tableB as well"
        )
    if tables and not form.has_keys:
        raise DatasetError(
            f"{first.path.name} does not name its records by ids (ltable_id, rtable_id), so the"
            " record tables cannot be joined; leave them out, or give the ids"
        )
    return Found(parts, form, record_tables.by_name(tables))


def _wanted(request: Request, paths: Sequence[Path]) -> list[Path]:
    """The files to open: those with known names if there are pairs and tables among them."""
    parts = [path for path in paths if any(files.stem(path) in stems for stems, _ in rows.PARTS)]
    tables = [path for path in paths if files.stem(path) in record_tables.STEMS]
    if not (parts and tables):
        return list(paths)
    for path in paths:
        if path not in (*parts, *tables):
            request.tell(
                Level.INFO, "file-ignored", f"{path.name} is none of the known files: left out."
            )
    return [*parts, *tables]


def _parts(opened: Mapping[Path, Raw], given: Sequence[Path]) -> list[Part]:
    """The files of pairs in the order train, valid, test."""
    if not opened:
        names = ", ".join(path.name for path in given)
        raise DatasetError(f"no file of pairs is among {names}; a file of pairs {WANTED}")
    if len(opened) == 1:
        return [Part(path, raw, "") for path, raw in opened.items()]
    named = [(files.by_stem(opened, stems), side) for stems, side in rows.PARTS]
    found = [Part(path, opened[path], side) for path, side in named if path]
    if odd := set(opened) - {part.path for part in found}:
        names = ", ".join(sorted(path.name for path in odd))
        raise DatasetError(
            f"{names} hold pairs, but are neither train, valid nor test by their names; rename"
            " them, or name the one file of pairs to read and its record tables"
        )
    sides = {part.side for part in found}
    if rows.TRAIN not in sides:
        raise DatasetError("there is a test file but no train file; give train.csv as well")
    return found if rows.TEST in sides else [Part(part.path, part.raw, "") for part in found]


def _roles(request: Request, rest: Sequence[str], part: Part) -> Roles:
    where = part.path.name
    label = request.options["label"] or next((name for name in LABELS if name in rest), "")
    if not label:
        raise DatasetError(
            f"which column of {where} is the label? Name it by the option label; there are"
            f" {', '.join(rest) or 'none but those of the records'}"
        )
    options.require(rest, label, "label", where)
    chosen = options.chosen_roles(request, rest, where)
    key = next((name for name in IDS if name in rest and name != label), "")
    return Roles(
        label=label,
        split=rows.free("split", rest) if part.side else "",
        slices=options.chosen_slices(request, rest, where),
        **{"id": key, **chosen},
    )


def _batches(
    found: Found, makers: joined.Makers | None, split: str, sources: list[tuple[str, int]]
) -> Iterator[pa.RecordBatch]:
    """The pairs of all files: ids of both records, the pair's own columns, and the side."""
    form = found.form
    names = [*pairs.SIDES, *form.rest, *([split] if split else [])]
    for part in found.parts:
        count = 0
        for batch in part.raw.batches:
            ids = makers.ids(batch) if makers else [batch[form.left.key], batch[form.right.key]]
            arrays = [*ids, *(batch[name] for name in form.rest)]
            arrays += [rows.constant(batch, part.side)] if split else []
            count += batch.num_rows
            yield pa.RecordBatch.from_arrays(arrays, names)
        sources.append((part.path.name, count))


def _tell_left_out(request: Request, form: joined.Form) -> None:
    if repeated := [name for side in (form.left, form.right) for _, name in side.columns]:
        request.tell(
            Level.INFO,
            "columns-repeated",
            f"{', '.join(repeated)} repeat the records and are left out: the record tables count.",
            table=PAIRS,
        )


IMPORTER = Importer(
    "magellan",
    "record tables with train, valid and test pairs, or pairs that carry their records",
    OPTIONS,
    run,
)
