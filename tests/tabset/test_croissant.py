"""croissant.json: the format's own reader accepts it and reads the rows through it."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

import tabset
from tests.tabset import sources

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlcroissant


def opened(folder: Path) -> Any:
    """The data set as mlcroissant sees it; its libraries warn about themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mlcroissant.Dataset(jsonld=folder / "croissant.json")


@pytest.mark.parametrize("kind", ["classification", "matching"])
def test_mlcroissant_accepts_the_file_and_reads_the_rows(tmp_path: Path, kind: str) -> None:
    source = sources.classification() if kind == "classification" else sources.matching()
    public = tabset.build(source, tmp_path / "a", tmp_path / "b", salt="s").public
    dataset = opened(public)
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = list(dataset.records("train"))
    assert [row["train/id"].decode() for row in rows] == list(source.train["id"])
    assert [row["train/label"].decode() for row in rows] == list(source.train["label"])


def test_every_data_file_is_a_file_object_and_only_parquet_has_record_sets(tmp_path: Path) -> None:
    source = sources.matching(two_tables=True)
    built = tabset.build(source, tmp_path / "a", tmp_path / "b", salt="s")
    document = json.loads((built.public / "croissant.json").read_bytes())
    files = {file["@id"]: file["sha256"] for file in document["distribution"]}
    tables = ("train", "test", "sample_submission", "left", "right")
    assert set(files) == {f"{name}.{kind}" for name in tables for kind in ("csv", "parquet")}
    assert all(files[name] == built.dataset.files[name].sha256 for name in files)
    sources_used = {
        field["source"]["fileObject"]["@id"]
        for record_set in document["recordSet"]
        for field in record_set["field"]
    }
    assert sources_used == {"train.parquet", "test.parquet", "left.parquet", "right.parquet"}
