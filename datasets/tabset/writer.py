"""Writes a data set version: the public folder in the standard layout, and the private one."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from tabset import (
    card,
    citation,
    croissant,
    folders,
    hashing,
    image_files,
    schema,
    sinks,
    splits,
    tables,
)
from tabset.errors import DatasetError
from tabset.facts import TableFacts, described
from tabset.findings import Finding
from tabset.schema import Column, ColumnType, Dataset, FileFact, Kind
from tabset.source import ID, LABEL, RECORD_ID, Source, Tables, assemble

TEXT = ColumnType.TEXT
MOST_PROBABILITIES = 1000
ENTITY_COLUMNS = tuple(Column(name, ColumnType.ID) for name in ("side", "record_id", "entity_id"))


@dataclass(frozen=True)
class TableSource:
    """A table that is read once: batches of at most some ten thousand rows, typed as `columns`."""

    columns: tuple[Column, ...]
    batches: Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Content:
    """What a data set version is made of.

    `dataset` describes it, for matching with the flattened columns; rows, missing shares,
    categorical values, label counts, image sizes, files and the content hash are filled in while
    `tables` stream: `train` (id, features, label), `test` (id, features), and for matching
    `records`, or `left` and `right` (record_id, features). `solution` has the text columns id,
    label, usage, group and slice_<name>… with a row per test row, in that order; `entities` the
    text columns side, record_id, entity_id. `images` maps file names to contents or to files.
    """

    dataset: Dataset
    tables: Mapping[str, TableSource]
    solution: pa.Table
    usage: splits.Usage
    entities: pa.Table | None = None
    images: Mapping[str, Path | bytes] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """A written data set version; `findings` are sentences for the owner of the data.

    `checks` are the findings of the checks, if it was built from a draft.
    """

    dataset: Dataset
    public: Path
    private: Path
    public_share: float
    findings: tuple[str, ...]
    checks: tuple[Finding, ...] = ()


def build(source: Source, out: Path, private: Path, *, salt: str) -> Built:
    """Writes a data set that is in memory, as `write` does, after a check of all of it.

    The salt decides which test rows are public and is written only to `private/private.json`.
    Raises `DatasetError` if the source breaks the standard or no salt gives two parts that can be
    scored.
    """
    checked = assemble(source)
    usage = splits.usable_public_private(
        source.groups,
        checked.test_labels,
        salt=salt,
        share=checked.dataset.split.public_share,
    )
    entities = None
    if source.entities is not None:
        entities = tables.typed(ENTITY_COLUMNS, source.entities)
    content = Content(
        dataset=checked.dataset,
        tables=_sources(checked),
        solution=_solution(source, checked, usage),
        usage=usage,
        entities=entities,
        images=source.images,
        findings=checked.findings,
    )
    return write(content, out, private)


def write(content: Content, out: Path, private: Path) -> Built:
    """Writes every file of the standard below `out` and `private`, which must be new or empty.

    Every table streams once, a few batches in memory, into CSV and Parquet, which are hashed while
    they are written. Raises `DatasetError` where the content breaks the standard.
    """
    advice = "a version is written once"
    with folders.filled(out, advice), folders.filled(private, advice):
        return _write(content, out, private)


def _write(content: Content, out: Path, private: Path) -> Built:
    _check_solution(content)
    written, sizes = image_files.write(content.images, out)
    names = ("train", "test", *content.dataset.records)
    facts = {name: _write_table(content, name, out, written) for name in names}
    dataset = described(content.dataset, facts, sizes)
    schema.validate(dataset)
    private_files, private_hashes = _write_private(content, private)
    digest = hashing.content_hash(dataset, hashing.of_content(written) | private_hashes)
    dataset = _write_descriptions(replace(dataset, content_hash=digest), out, written)
    _write_private_facts(content, digest, private_files, private)
    return Built(dataset, out, private, content.usage.share, content.findings)


def table_columns(dataset: Dataset) -> dict[str, tuple[Column, ...]]:
    """The columns of every public table by its name, in file order."""
    found = {
        "train": (ID, *dataset.columns, LABEL),
        "test": (ID, *dataset.columns),
        "sample_submission": _sample_columns(dataset),
    }
    return found | {name: (RECORD_ID, *columns) for name, columns in dataset.records.items()}


def _sample_columns(dataset: Dataset) -> tuple[Column, ...]:
    if len(dataset.classes) > MOST_PROBABILITIES:
        return (ID, Column("prediction", ColumnType.TEXT))
    names = ("score",) if dataset.kind is Kind.MATCHING else dataset.classes
    return (ID, *(Column(name, ColumnType.NUMERIC) for name in names))


def _check_solution(content: Content) -> None:
    labels = set(content.solution["label"].unique().to_pylist())
    if undeclared := labels - set(content.dataset.labels):
        raise DatasetError(f"test has undeclared labels: {sorted(map(repr, undeclared))[:5]}")


def _sources(checked: Tables) -> dict[str, TableSource]:
    columns = table_columns(checked.dataset)
    held = {"train": checked.train, "test": checked.test, **checked.records}
    return {name: _source(columns[name], table) for name, table in held.items()}


def _source(columns: tuple[Column, ...], table: pa.Table) -> TableSource:
    return TableSource(columns, lambda: iter(tables.batches(table)))


def _solution(source: Source, checked: Tables, usage: splits.Usage) -> pa.Table:
    values: dict[str, Sequence[str]] = {
        "id": checked.test["id"].to_pylist(),
        "label": checked.test_labels,
        "usage": usage.parts,
        "group": source.groups,
    }
    values |= {f"slice_{name}": column for name, column in source.slices.items()}
    if checked.records:
        sides = ("left", "right")
        values |= {f"{side}_record": checked.test[f"{side}_id"].to_pylist() for side in sides}
    return tables.typed([Column(name, TEXT) for name in values], values)


class _TableSink:
    """Takes the batches of one table and writes both of its files."""

    def __init__(self, name: str, columns: Sequence[Column], out: Path) -> None:
        arrow = tables.arrow_schema(columns)
        self._name = name
        self._csv = sinks.CsvSink(arrow.names, out / f"{name}.csv")
        self._parquet = sinks.ParquetSink(arrow, out / f"{name}.parquet")
        self.takers = (self._csv.write, self._parquet.write)

    def close(self) -> dict[str, FileFact]:
        """Ends both files and gives their facts by name."""
        return {
            f"{self._name}.csv": self._csv.close(),
            f"{self._name}.parquet": self._parquet.close(),
        }


def _write_table(
    content: Content, name: str, out: Path, written: dict[str, FileFact]
) -> TableFacts:
    """Writes one table, with test also the sample submission, and adds the files to `written`."""
    source = content.tables[name]
    facts = TableFacts(source.columns)
    sink = _TableSink(name, source.columns, out)
    open_sinks = [sink]
    takers: list[Callable[[pa.RecordBatch], object]] = [facts.see, *sink.takers]
    if name == "test":
        sample = _Sample(content, out)
        open_sinks.append(sample.sink)
        takers.append(sample.take)
    try:
        sinks.feed(source.batches(), takers)
    finally:
        for each in open_sinks:
            written |= each.close()
    if name == "test" and facts.rows != content.solution.num_rows:
        rows = content.solution.num_rows
        raise DatasetError(f"the solution has {rows} rows, test has {facts.rows}")
    return facts


class _Sample:
    """Writes the sample submission for the test rows as they come.

    Score 0.5 for every pair, or uniform probabilities in the declared order of the classes; with
    more than a thousand classes, which would make it larger than the data, the first class.
    """

    def __init__(self, content: Content, out: Path) -> None:
        columns = _sample_columns(content.dataset)
        self._schema = tables.arrow_schema(columns)
        self._value = _sample_value(content.dataset, self._schema.types[1])
        self._ids = content.solution["id"]
        self._rows = 0
        self.sink = _TableSink("sample_submission", columns, out)

    def take(self, batch: pa.RecordBatch) -> None:
        """Appends a row per test row, whose id must be the one that the solution has there."""
        ids = batch["id"]
        expected = self._ids.slice(self._rows, len(ids))
        self._rows += len(ids)
        if not expected.equals(pa.chunked_array([ids])):
            raise DatasetError("the solution does not have the ids of the test rows in their order")
        values = pa.repeat(self._value, len(ids))
        arrays = [ids, *[values] * (len(self._schema) - 1)]
        sample = pa.RecordBatch.from_arrays(arrays, schema=self._schema)
        for take in self.sink.takers:
            take(sample)


def _sample_value(dataset: Dataset, kind: pa.DataType) -> pa.Scalar:
    if kind == pa.string():
        return pa.scalar(dataset.classes[0])
    matching = dataset.kind is Kind.MATCHING
    return pa.scalar(0.5 if matching else 1 / len(dataset.classes), pa.float64())


def _write_private(content: Content, private: Path) -> tuple[dict[str, FileFact], dict[str, str]]:
    """Writes the private tables; gives the facts of the files, and the hashes of their CSV."""
    named = {"solution": content.solution}
    if content.entities is not None:
        named["entities"] = content.entities
    files = {
        f"{name}.parquet": tables.write_parquet(table, private / f"{name}.parquet")
        for name, table in named.items()
    }
    hashes = {
        f"{name}.csv": sinks.csv_fact(table.column_names, tables.batches(table)).sha256
        for name, table in named.items()
    }
    return files, hashes


def _write_descriptions(dataset: Dataset, out: Path, written: dict[str, FileFact]) -> Dataset:
    """Writes card, citation, croissant.json and dataset.json, which lists every other file."""
    dataset = replace(dataset, files=dict(sorted(written.items())))
    texts = {
        "README.md": card.render(dataset).encode(),
        "CITATION.cff": citation.cff(dataset).encode(),
        "croissant.json": schema.dumps(croissant.document(dataset)),
    }
    for name, content in texts.items():
        (out / name).write_bytes(content)
        written[name] = FileFact(hashing.of_bytes(content), len(content))
    dataset = replace(dataset, files=dict(sorted(written.items())))
    (out / "dataset.json").write_bytes(schema.dumps(dataset.to_json()))
    return dataset


def _write_private_facts(
    content: Content, content_hash: str, files: Mapping[str, FileFact], private: Path
) -> None:
    usage = content.usage
    rows = Counter(content.solution["usage"].to_pylist())
    document = {
        "content_hash": content_hash,
        "salt": usage.salt,
        "attempt": usage.attempt,
        "public_share": {
            "wanted": content.dataset.split.public_share,
            "realised": usage.share,
        },
        "rows": {part: rows[part] for part in (splits.PUBLIC, splits.PRIVATE)}
        | {part: count for part, count in rows.items() if part == splits.IGNORED},
        "files": {
            name: {"sha256": fact.sha256, "bytes": fact.bytes}
            for name, fact in sorted(files.items())
        },
    }
    (private / "private.json").write_bytes(schema.dumps(document))
