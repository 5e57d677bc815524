"""Checks the folders of a data set version on disk against what they say of themselves."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from tabset import hashing, schema, sinks, tables
from tabset.errors import DatasetError
from tabset.schema import Column, ColumnType, Dataset, FileFact
from tabset.writer import table_columns

PRIVATE_FACTS = "private.json"


def verify(public: Path, private: Path | None = None) -> list[str]:
    """What is wrong with the folders, one sentence each; empty if every byte is as declared.

    Looks at the schema, at each listed file's presence, size and SHA-256, at files that are not
    listed, and at whether CSV and Parquet hold the same values. With the private folder also at its
    files, at whether the solution is that of the test rows, and at the content hash. Every file is
    read once or twice in batches.
    """
    try:
        dataset = schema.read(public)
        declared = None if private is None else _private_facts(private)
    except DatasetError as error:
        return [str(error)]
    findings = _file_findings(public, dataset.files, "dataset.json")
    if private is not None and declared is not None:
        findings += _file_findings(private, declared["files"], PRIVATE_FACTS)
    findings = findings or _table_findings(public, dataset)
    if findings or private is None or declared is None:
        return findings
    return _private_findings(public, dataset, private, declared["content_hash"])


def _private_facts(private: Path) -> dict[str, Any]:
    path = private / PRIVATE_FACTS
    try:
        document = json.loads(path.read_bytes())
        files = {
            name: FileFact(fact["sha256"], fact["bytes"])
            for name, fact in document["files"].items()
        }
        return {"files": files, "content_hash": document["content_hash"]}
    except FileNotFoundError as error:
        raise DatasetError(f"{private} has no {PRIVATE_FACTS}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path} does not have the facts of a private folder") from error


def _file_findings(folder: Path, files: Mapping[str, FileFact], listing: str) -> list[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    findings = []
    for name, declared in files.items():
        if name not in found:
            findings.append(f"{name} is missing")
            continue
        actual = hashing.fact(folder / name)
        if actual.bytes != declared.bytes:
            findings.append(f"{name} has {actual.bytes} bytes, {listing} says {declared.bytes}")
        elif actual.sha256 != declared.sha256:
            findings.append(f"{name} has been changed: its SHA-256 is {actual.sha256}")
    extra = sorted(found - set(files) - {listing})
    return findings + [f"{name} is not listed in {listing}" for name in extra]


def _table_findings(folder: Path, dataset: Dataset) -> list[str]:
    findings = []
    for name, columns in table_columns(dataset).items():
        rows = dataset.rows.get(name, dataset.rows.get("test"))
        try:
            findings += _one_table(folder, name, columns, rows, dataset)
        except (DatasetError, FileNotFoundError) as error:
            findings.append(str(error))
    return findings


def _one_table(
    folder: Path, name: str, columns: Sequence[Column], declared: int | None, dataset: Dataset
) -> list[str]:
    """What is wrong with one table: written as canonical CSV, Parquet must give the CSV file."""
    path = folder / f"{name}.parquet"
    names = [column.name for column in columns]
    fact = sinks.csv_fact(names, tables.open_parquet(path, columns))
    findings = []
    if fact != dataset.files.get(f"{name}.csv"):
        from_csv = sinks.csv_fact(names, tables.open_csv(folder / f"{name}.csv", columns))
        same = from_csv == fact
        findings.append(
            f"{name}.csv holds the values of {name}.parquet, but not in canonical form"
            if same
            else f"{name}.csv and {name}.parquet hold different values"
        )
    rows = parquet.read_metadata(path).num_rows
    if rows != declared:
        findings.append(f"{name} has {rows} rows, dataset.json says {declared}")
    return findings


def _private_findings(public: Path, dataset: Dataset, private: Path, declared: str) -> list[str]:
    """What is wrong with solution and entities, which are as they were written."""
    try:
        hashes = {
            f"{path.stem}.csv": _text_fact(path).sha256
            for path in sorted(private.glob("*.parquet"))
        }
        aligned = _ids(private / "solution.parquet").equals(_ids(public / "test.parquet"))
    except (DatasetError, FileNotFoundError) as error:
        return [f"{private}: {error}"]
    findings = []
    if not aligned:
        findings.append("solution.parquet does not have the ids of the test rows in their order")
    if declared != dataset.content_hash:
        findings.append("private.json belongs to another version: its content hash differs")
    computed = hashing.content_hash(dataset, hashing.of_content(dataset.files) | hashes)
    if computed != dataset.content_hash:
        findings.append(f"the content hash is {computed}, dataset.json says another")
    return findings


def _text_fact(path: Path) -> FileFact:
    names = _names(path)
    columns = [Column(name, ColumnType.TEXT) for name in names]
    return sinks.csv_fact(names, tables.open_parquet(path, columns))


def _names(path: Path) -> list[str]:
    try:
        names: list[str] = parquet.read_schema(path).names
    except pa.ArrowException as error:
        raise DatasetError(f"{path.name} is not Parquet: {error}") from error
    return names


def _ids(path: Path) -> pa.ChunkedArray:
    if "id" not in _names(path):
        raise DatasetError(f"{path.name} has no column id")
    return parquet.read_table(path, columns=["id"])["id"]
