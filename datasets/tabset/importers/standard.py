"""An existing data set in the standard layout, to be built again or changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
from pyarrow import compute

from tabset import images, schema
from tabset.draft import PAIRS, RECORD_ID, ROWS, Draft, DraftColumn, Roles
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import options, pairs, pictures, rows
from tabset.importers.base import Importer, Request
from tabset.importers.lookup import Lookup, read
from tabset.schema import Column, Dataset, Kind

OPTIONS = (options.SEMANTICS, *options.COMMON)
DATASET = "dataset.json"
SOLUTION = "solution"
ENTITIES = "entities"
ID, LABEL = "id", "label"
SLICE = "slice_"


@dataclass(frozen=True)
class Folders:
    """The public folder of a data set and, where it was given, the private one."""

    public: Path
    private: Path | None


@dataclass(frozen=True)
class Solved:
    """What the solution says of the test rows: its columns by the names they get when staged."""

    lookup: Lookup
    columns: Mapping[str, str]
    split: str

    @property
    def added(self) -> list[str]:
        """The staged columns that only have a role."""
        return [self.split, *self.columns.values()]


def run(request: Request) -> Draft:
    """Stages train, and test where its solution is given; types and descriptions are kept."""
    folders = _folders(request)
    dataset = schema.read(folders.public)
    solved = _solved(request, folders, dataset)
    folder = folders.public / images.FOLDER
    gallery = pictures.gallery_of(request, folder) if folder.is_dir() else None
    if dataset.kind is Kind.MATCHING:
        return _matching(request, folders, dataset, solved, gallery)
    added = solved.added if solved else []
    names = [ID, *(column.name for column in dataset.columns), LABEL, *added]
    batches = _batches(request, folders, names, solved)
    table = rows.Rows(names, batches, _roles(solved), gallery, added)
    draft = rows.stage(request, table, _facts(dataset))
    columns = _described(draft.tables[ROWS], dataset.columns)
    return replace(draft, tables={ROWS: _with_slice_names(columns, solved)})


def _folders(request: Request) -> Folders:
    given = [path for path in request.paths if path.is_dir()]
    inside = [each for path in given for each in sorted(path.iterdir()) if each.is_dir()]
    public = [path for path in (*given, *inside) if (path / DATASET).is_file()]
    if len(public) != 1:
        found = ", ".join(str(path) for path in public) or "none"
        raise DatasetError(f"give one folder of a data set, which has a {DATASET}; found: {found}")
    private = [path for path in (*given, *inside) if _path(path, SOLUTION)]
    if len(private) > 1:
        raise DatasetError(f"give one private folder; found {len(private)} with a solution")
    for folder in (*public, *private):
        if folder in inside:
            request.meter.expect(sum(path.stat().st_size for path in folder.glob("*.*")))
    return Folders(public[0], private[0] if private else None)


def _path(folder: Path, table: str) -> Path | None:
    """The file of a table: Parquet, whose texts need no guessing, or else CSV."""
    paths = [folder / f"{table}{ending}" for ending in (".parquet", ".csv")]
    return next((path for path in paths if path.is_file()), None)


def _open(
    request: Request, folder: Path, table: str, names: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """The named columns of a table, which must have them."""
    path = _path(folder, table)
    if path is None:
        raise DatasetError(f"{folder} has neither {table}.parquet nor {table}.csv")
    raw = request.open(path, pictures.Sink(request.out))
    if absent := [name for name in names if name not in raw.names]:
        raise DatasetError(f"{path.name} has no column {absent[0]!r}, which {DATASET} promises")
    return (batch.select(list(names)) for batch in raw.batches)


def _solved(request: Request, folders: Folders, dataset: Dataset) -> Solved | None:
    path = _path(folders.private, SOLUTION) if folders.private else None
    if path is None:
        request.tell(
            Level.WARNING,
            "test-unsolved",
            "Without the private folder the test rows have no labels: they are left out, and the"
            " train rows are divided again.",
        )
        return None
    raw = request.open(path)
    for name in (ID, LABEL):
        options.require(raw.names, name, name, path.name)
    taken = {ID, LABEL, *(column.name for column in dataset.columns)}
    private = [name for name in raw.names if name not in (ID, LABEL)]
    columns = {name: rows.free(name, taken) for name in private}
    split = rows.free("split", {*taken, *columns.values()})
    return Solved(Lookup(read(raw, raw.names), path.name, ID), columns, split)


def _roles(solved: Solved | None) -> Roles:
    if solved is None:
        return Roles(id=ID, label=LABEL)
    slices = (name for source, name in solved.columns.items() if source.startswith(SLICE))
    return Roles(
        id=ID,
        label=LABEL,
        split=solved.split,
        usage=solved.columns.get("usage", ""),
        group=solved.columns.get("group", ""),
        slices=tuple(slices),
    )


def _facts(dataset: Dataset) -> options.Facts:
    return options.Facts(
        name=dataset.name,
        title=dataset.title,
        description=dataset.description,
        citation=dataset.citation,
        origin=dataset.origin,
        licence=dataset.licence,
        match_semantics=dataset.match_semantics,
        classes=dataset.classes,
        negative_label=dataset.negative_label,
        positive_label=dataset.positive_label,
        public_share=dataset.split.public_share,
    )


def _batches(
    request: Request, folders: Folders, names: Sequence[str], solved: Solved | None
) -> Iterator[pa.RecordBatch]:
    """The rows of train and, with their solution, those of test; of both the named columns."""
    public = [name for name in names if solved is None or name not in solved.added]
    for batch in _open(request, folders.public, rows.TRAIN, public):
        side = {solved.split: rows.constant(batch, rows.TRAIN)} if solved else {}
        yield rows.aligned(rows.extended(batch, side), names)
    if solved is None:
        return
    start = 1
    public.remove(LABEL)
    for batch in _open(request, folders.public, rows.TEST, public):
        found, unknown = solved.lookup.take(batch[ID], (LABEL, *solved.columns))
        if unknown:
            raise DatasetError(
                f"test, row {start + unknown[0]}: the solution lacks the id"
                f" {batch[ID][unknown[0]].as_py()!r}; give the private folder of this version"
            )
        start += batch.num_rows
        private = dict(zip((LABEL, *solved.columns.values()), found, strict=True))
        private[solved.split] = rows.constant(batch, rows.TEST)
        yield rows.aligned(rows.extended(batch, private), names)


def _described(columns: Sequence[DraftColumn], known: Sequence[Column]) -> tuple[DraftColumn, ...]:
    """The staged columns with type and description of the data set's; others stay."""
    by_name = {column.name: column for column in known}
    return tuple(
        replace(
            column,
            type=by_name[column.name].type,
            description=by_name[column.name].description,
            use=True,
            rename="",
            missing_values=(),
            format="",
            evidence="as in the data set",
        )
        if column.name in by_name
        else column
        for column in columns
    )


def _with_slice_names(
    columns: Sequence[DraftColumn], solved: Solved | None
) -> tuple[DraftColumn, ...]:
    """The columns, those of slices without the prefix that the solution has before their names."""
    slices = {name: source for source, name in solved.columns.items()} if solved else {}
    return tuple(
        replace(column, rename=slices[column.name].removeprefix(SLICE))
        if slices.get(column.name, "").startswith(SLICE)
        else column
        for column in columns
    )


def _matching(
    request: Request,
    folders: Folders,
    dataset: Dataset,
    solved: Solved | None,
    gallery: pictures.Gallery | None,
) -> Draft:
    names = [*pairs.SIDES, ID, LABEL, *(solved.added if solved else [])]
    columns = request.stage(PAIRS, names, _batches(request, folders, names, solved), keep=names)
    entities = _entities(request, folders)
    taken = {column.name for own in dataset.records.values() for column in own}
    entity = rows.free("entity_id", taken) if entities is not None else ""
    records = {}
    for table, own in dataset.records.items():
        wanted = [RECORD_ID, *(column.name for column in own)]
        batches = _open(request, folders.public, table, wanted)
        if entities is not None:
            batches = _with_entity(batches, _of_side(entities, table), entity)
            wanted = [*wanted, entity]
        staged = pictures.stage(request, table, wanted, batches, gallery, keep={RECORD_ID, entity})
        records[table] = tuple(
            replace(column, use=column.name != entity) for column in _described(staged[1:], own)
        )
    if gallery:
        pictures.keep(request, gallery)
    roles = replace(_roles(solved), entity=entity)
    if entity:  # the group of a pair is the entity of its left record
        roles = replace(roles, group="")
    found = pairs.Pairs(_with_slice_names(columns, solved), records, roles, ())
    return pairs.finish(request, found, _facts(dataset))


def _entities(request: Request, folders: Folders) -> pa.Table | None:
    path = _path(folders.private, ENTITIES) if folders.private else None
    if path is None:
        return None
    raw = request.open(path)
    wanted = ("side", RECORD_ID, "entity_id")
    for name in wanted:
        options.require(raw.names, name, name, path.name)
    return read(raw, wanted)


def _of_side(entities: pa.Table, table: str) -> Lookup:
    return Lookup(entities.filter(compute.equal(entities["side"], table)), ENTITIES, RECORD_ID)


def _with_entity(
    batches: Iterable[pa.RecordBatch], entities: Lookup, name: str
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        (found,), _ = entities.take(batch[RECORD_ID], ["entity_id"])
        yield rows.extended(batch, {name: found})


IMPORTER = Importer(
    "tabset", "a data set in the standard layout, with its private folder", OPTIONS, run
)
