"""Reading back what was written, and finding what was changed on disk."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import tabset
from tabset import DatasetError, hashing
from tabset.__main__ import main
from tests.tabset import sources


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A written classification data set that no test changes."""
    folder = tmp_path_factory.mktemp("read")
    return tabset.build(sources.classification(), folder / "a", folder / "b", salt="s").public


@pytest.fixture
def public(built_once: Path, tmp_path: Path) -> Path:
    """A copy of the data set that a test may change."""
    shutil.copytree(built_once, tmp_path / "public")
    return tmp_path / "public"


def test_train_is_read_with_the_types_of_the_standard(built_once: Path) -> None:
    train = tabset.load_train(built_once)
    source = sources.classification().train
    assert list(train) == list(source)
    assert list(train["id"]) == source["id"]
    assert list(train["label"]) == source["label"]
    assert list(train["title"]) == source["title"]
    assert train["price"].dtype == float
    assert pd.isna(train["price"][0])
    assert list(train["colour"].cat.categories) == ["None", "red"]
    assert train["listed"][1] == pd.Timestamp("2026-01-01T01:00:00")
    assert train["image"][0] is None
    assert Path(train["image"][1]).is_absolute()
    assert Path(train["image"][1]).is_file()
    assert train["sold"].dtype == "boolean"
    assert train["tags"][1] == ["a", "b,c"]


def test_test_is_read_without_labels(built_once: Path) -> None:
    test = tabset.load_test(built_once)
    assert list(test) == list(tabset.load_train(built_once))[:-1]
    assert list(test["id"]) == sources.classification().test["id"]


def test_everything_is_loaded_at_once(tmp_path: Path) -> None:
    source = sources.matching(two_tables=True)
    public = tabset.build(source, tmp_path / "a", tmp_path / "b", salt="s").public
    loaded = tabset.load(public)
    assert loaded.dataset.name == "small-pairs"
    assert (len(loaded.train), len(loaded.test)) == (20, 80)
    assert set(loaded.records) == {"left", "right"}
    assert loaded.records["left"].columns[0] == "record_id"
    assert tabset.load_arrow(public, "sample_submission")["score"].to_pylist() == [0.5] * 80


def test_a_written_folder_is_in_order(built_once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tabset.verify(built_once) == []
    assert main(["verify", str(built_once)]) == 0
    assert "in order" in capsys.readouterr().out


def flip_a_byte(path: Path) -> None:
    """Changes the last byte of a file."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda folder: (folder / "test.csv").unlink(), "test.csv is missing"),
    "image": (lambda folder: (folder / "images/1.png").unlink(), "images/1.png is missing"),
    "changed": (lambda folder: flip_a_byte(folder / "train.csv"), "train.csv has been changed"),
    "longer": (
        lambda folder: (folder / "README.md").write_text("short"),
        "README.md has 5 bytes, dataset.json says",
    ),
    "extra": (
        lambda folder: (folder / "solution.csv").write_text("id\n"),
        "solution.csv is not listed in dataset.json",
    ),
    "no schema": (lambda folder: (folder / "dataset.json").unlink(), "has no dataset.json"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_change_on_disk_is_found(
    public: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change, finding = FAULTS[fault]
    change(public)
    findings = tabset.verify(public)
    assert len(findings) == 1
    assert finding in findings[0]
    assert main(["verify", str(public)]) == 1
    assert "1 findings" in capsys.readouterr().out


def declare(public: Path, name: str) -> None:
    """Makes dataset.json agree with what the file now is."""
    document = json.loads((public / "dataset.json").read_bytes())
    fact = hashing.fact(public / name)
    document["files"][name] = {"sha256": fact.sha256, "bytes": fact.bytes}
    (public / "dataset.json").write_text(json.dumps(document))


def test_csv_and_parquet_that_disagree_are_found(public: Path) -> None:
    text = (public / "train.csv").read_text()
    (public / "train.csv").write_text(text.replace("red", "rot"))
    declare(public, "train.csv")
    assert tabset.verify(public) == ["train.csv and train.parquet hold different values"]


def test_a_table_that_cannot_be_read_is_found(public: Path) -> None:
    (public / "train.parquet").write_bytes(b"nothing")
    declare(public, "train.parquet")
    (finding,) = tabset.verify(public)
    assert finding.startswith("train.parquet is not Parquet")


def test_a_wrong_row_count_is_found(public: Path) -> None:
    document = json.loads((public / "dataset.json").read_bytes())
    document["rows"]["train"] = 41
    (public / "dataset.json").write_text(json.dumps(document))
    assert tabset.verify(public) == ["train has 40 rows, dataset.json says 41"]


def test_csv_in_another_form_is_told_from_other_values(public: Path) -> None:
    text = (public / "sample_submission.csv").read_text()
    (public / "sample_submission.csv").write_text(text.replace("0.25", "0.250"))
    declare(public, "sample_submission.csv")
    (finding,) = tabset.verify(public)
    assert finding.startswith("sample_submission.csv holds the values of sample_submission.parquet")


@pytest.fixture
def version(tmp_path: Path) -> tuple[Path, Path]:
    """The public and the private folder of a matching data set."""
    built = tabset.build(sources.matching(), tmp_path / "public", tmp_path / "private", salt="s")
    return built.public, built.private


def test_a_version_is_in_order_with_its_private_folder(version: tuple[Path, Path]) -> None:
    assert tabset.verify(*version) == []


def declare_private(private: Path, **changes: object) -> None:
    """Makes private.json agree with what the files now are."""
    path = private / "private.json"
    document = json.loads(path.read_bytes()) | changes
    for name in document["files"]:
        fact = hashing.fact(private / name)
        document["files"][name] = {"sha256": fact.sha256, "bytes": fact.bytes}
    path.write_text(json.dumps(document))


def edit_solution(private: Path, column: str, values: Callable[[list[str]], list[str]]) -> None:
    """Rewrites one column of the solution."""
    path = private / "solution.parquet"
    table = parquet.read_table(path)
    position = table.column_names.index(column)
    changed = pa.array(values(table[column].to_pylist()))
    parquet.write_table(table.set_column(position, column, changed), path)
    declare_private(private)


def flipped(labels: list[str]) -> list[str]:
    """The labels with the first one turned round."""
    return ["1" if labels[0] == "0" else "0", *labels[1:]]


PRIVATE_FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda folder: (folder / "entities.parquet").unlink(), "entities.parquet is miss"),
    "changed": (
        lambda folder: flip_a_byte(folder / "solution.parquet"),
        "solution.parquet has been changed",
    ),
    "extra": (lambda folder: (folder / "x").write_text(""), "x is not listed in private.json"),
    "no facts": (lambda folder: (folder / "private.json").unlink(), "has no private.json"),
    "odd facts": (
        lambda folder: (folder / "private.json").write_text('{"files": 1}'),
        "does not have the facts of a private folder",
    ),
    "no json": (
        lambda folder: (folder / "private.json").write_bytes(b"\xff"),
        "does not have the facts of a private folder",
    ),
    "another version": (
        lambda folder: declare_private(folder, content_hash="0" * 64),
        "private.json belongs to another version",
    ),
    "a label": (lambda folder: edit_solution(folder, "label", flipped), "the content hash is"),
}


@pytest.mark.parametrize("fault", PRIVATE_FAULTS)
def test_a_change_of_the_private_folder_is_found(version: tuple[Path, Path], fault: str) -> None:
    change, finding = PRIVATE_FAULTS[fault]
    change(version[1])
    (found,) = tabset.verify(*version)
    assert finding in found
    assert tabset.verify(version[0]) == []


def test_a_solution_in_another_order_is_found(version: tuple[Path, Path]) -> None:
    edit_solution(version[1], "id", lambda ids: ids[::-1])
    findings = tabset.verify(*version)
    assert findings[0].startswith("solution.parquet does not have the ids of the test rows")


def test_private_files_that_are_not_parquet_are_found(version: tuple[Path, Path]) -> None:
    (version[1] / "solution.parquet").write_bytes(b"nothing")
    declare_private(version[1])
    (finding,) = tabset.verify(*version)
    assert "solution.parquet is not Parquet" in finding


def test_a_folder_that_is_no_data_set_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no dataset\.json"):
        tabset.load(tmp_path)
