"""Checks a data set folder on disk against its dataset.json."""

from pathlib import Path

from tabset import hashing, schema, tables
from tabset.errors import DatasetError
from tabset.schema import Dataset
from tabset.writer import table_columns


def verify(folder: Path) -> list[str]:
    """What is wrong with the folder, one sentence each; empty if every byte is as declared.

    Looks at the schema, at each listed file's presence, size and SHA-256, at files that are not
    listed, and at whether CSV and Parquet hold the same values.
    """
    try:
        dataset = schema.read(folder)
    except DatasetError as error:
        return [str(error)]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    findings = _file_findings(folder, dataset, found)
    extra = sorted(found - set(dataset.files) - {"dataset.json"})
    findings += [f"{name} is not listed in dataset.json" for name in extra]
    return findings or _table_findings(folder, dataset)


def _file_findings(folder: Path, dataset: Dataset, found: set[str]) -> list[str]:
    findings = []
    for name, declared in dataset.files.items():
        if name not in found:
            findings.append(f"{name} is missing")
            continue
        actual = hashing.fact(folder / name)
        if actual.bytes != declared.bytes:
            findings.append(f"{name} has {actual.bytes} bytes, dataset.json says {declared.bytes}")
        elif actual.sha256 != declared.sha256:
            findings.append(f"{name} has been changed: its SHA-256 is {actual.sha256}")
    return findings


def _table_findings(folder: Path, dataset: Dataset) -> list[str]:
    findings = []
    for name, columns in table_columns(dataset).items():
        try:
            from_csv = tables.read_csv(folder / f"{name}.csv", columns)
            from_parquet = tables.read_parquet(folder / f"{name}.parquet", columns)
        except (DatasetError, FileNotFoundError) as error:
            findings.append(str(error))
            continue
        if not from_csv.equals(from_parquet):
            findings.append(f"{name}.csv and {name}.parquet hold different values")
        declared = dataset.rows.get(name, dataset.rows.get("test"))
        if from_csv.num_rows != declared:
            findings.append(f"{name} has {from_csv.num_rows} rows, dataset.json says {declared}")
    return findings
