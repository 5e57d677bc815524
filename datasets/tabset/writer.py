"""Writes a data set version: the public folder in the standard layout, and the private one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from tabset import card, croissant, hashing, images, schema, splits, tables
from tabset.errors import DatasetError
from tabset.schema import Column, ColumnType, Dataset, Kind
from tabset.source import ID, LABEL, RECORD_ID, Source, Tables, assemble

TEXT = ColumnType.TEXT


@dataclass(frozen=True)
class Built:
    """A written data set version; `findings` are sentences for whoever owns the data."""

    dataset: Dataset
    public: Path
    private: Path
    public_share: float
    findings: tuple[str, ...]


def build(source: Source, out: Path, private: Path, *, salt: str) -> Built:
    """Writes every file of the standard below `out` and `private`, which must be new or empty.

    The salt decides which test rows are public and goes to `private/private.json` alone. Raises
    `DatasetError` if the source breaks the standard or no salt gives two parts that can be scored.
    """
    content = assemble(source)
    usage = splits.usable_public_private(
        source.groups,
        content.test_labels,
        salt=salt,
        share=content.dataset.split.public_share,
    )
    for folder in (out, private):
        _make_empty(folder)
    hashes = _write_tables(content, out)
    if source.images:
        images.write(source.images, out)
        hashes |= {
            f"{images.FOLDER}/{name}": hashing.of_bytes(data)
            for name, data in source.images.items()
        }
    hashes |= _write_private(source, content, usage, private)
    dataset = replace(content.dataset, content_hash=hashing.content_hash(content.dataset, hashes))
    dataset = _write_descriptions(dataset, out)
    _write_private_facts(dataset, usage, private)
    return Built(dataset, out, private, usage.share, content.findings)


def _make_empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DatasetError(f"{folder} is not empty; a version is written once")


def _write_tables(content: Tables, out: Path) -> dict[str, str]:
    named = {
        "train": content.train,
        "test": content.test,
        "sample_submission": _sample_submission(content),
        **content.records,
    }
    hashes = {}
    for name, table in named.items():
        written = tables.csv_bytes(table)
        (out / f"{name}.csv").write_bytes(written)
        tables.write_parquet(table, out / f"{name}.parquet")
        hashes[f"{name}.csv"] = hashing.of_bytes(written)
    return hashes


def _sample_submission(content: Tables) -> pa.Table:
    """Score 0.5 for every pair, or uniform probabilities in the declared order of the classes."""
    dataset = content.dataset
    rows = content.test.num_rows
    names = ["score"] if dataset.kind is Kind.MATCHING else list(dataset.classes)
    value = 0.5 if dataset.kind is Kind.MATCHING else 1 / len(names)
    arrays = [content.test["id"], *(pa.array([value] * rows, pa.float64()) for _ in names)]
    return pa.Table.from_arrays(arrays, names=["id", *names])


def _write_private(
    source: Source, content: Tables, usage: splits.Usage, private: Path
) -> dict[str, str]:
    named = {"solution": _solution(source, content, usage)}
    if source.entities is not None:
        columns = [Column(name, ColumnType.ID) for name in ("side", "record_id", "entity_id")]
        named["entities"] = tables.typed(columns, source.entities)
    for name, table in named.items():
        tables.write_parquet(table, private / f"{name}.parquet")
    return {
        f"{name}.csv": hashing.of_bytes(tables.csv_bytes(table)) for name, table in named.items()
    }


def _solution(source: Source, content: Tables, usage: splits.Usage) -> pa.Table:
    values: dict[str, Sequence[str]] = {
        "id": content.test["id"].to_pylist(),
        "label": content.test_labels,
        "usage": usage.parts,
        "group": source.groups,
    }
    values |= {f"slice_{name}": column for name, column in source.slices.items()}
    return tables.typed([Column(name, TEXT) for name in values], values)


def _write_descriptions(dataset: Dataset, out: Path) -> Dataset:
    """Writes README.md, croissant.json and dataset.json, which lists every other file."""
    (out / "README.md").write_text(card.render(dataset), encoding="utf-8", newline="\n")
    dataset = replace(dataset, files=_facts(out))
    (out / "croissant.json").write_bytes(schema.dumps(croissant.document(dataset)))
    dataset = replace(dataset, files=_facts(out))
    (out / "dataset.json").write_bytes(schema.dumps(dataset.to_json()))
    return dataset


def _facts(out: Path) -> Mapping[str, schema.FileFact]:
    found = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashing.fact(path) for path in found}


def _write_private_facts(dataset: Dataset, usage: splits.Usage, private: Path) -> None:
    document = {
        "content_hash": dataset.content_hash,
        "salt": usage.salt,
        "attempt": usage.attempt,
        "public_share": {"wanted": dataset.split.public_share, "realised": usage.share},
        "rows": {part: usage.parts.count(part) for part in (splits.PUBLIC, splits.PRIVATE)},
        "files": {
            path.name: {"sha256": fact.sha256, "bytes": fact.bytes}
            for path in sorted(private.glob("*.parquet"))
            for fact in [hashing.fact(path)]
        },
    }
    (private / "private.json").write_bytes(schema.dumps(document))


def table_columns(dataset: Dataset) -> dict[str, tuple[Column, ...]]:
    """The columns of every public table by its name, in file order."""
    names = ("score",) if dataset.kind is Kind.MATCHING else dataset.classes
    predictions = tuple(Column(name, ColumnType.NUMERIC) for name in names)
    found = {
        "train": (ID, *dataset.columns, LABEL),
        "test": (ID, *dataset.columns),
        "sample_submission": (ID, *predictions),
    }
    return found | {name: (RECORD_ID, *columns) for name, columns in dataset.records.items()}
