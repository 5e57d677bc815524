import gzip
import os
from pathlib import Path

import pytest

from tabset.errors import DatasetError
from tabset.readers import SUFFIXES, Report, open_table
from tests.tabset.readers.reading import read_bytes


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        open_table(path, Report())
    return str(caught.value)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent.csv").endswith("absent.csv does not exist")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path).endswith("is a folder; give the files in it")


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text("a\n1\n")
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "raw.csv")
    assert "is a symbolic link; give the file it points to" in refusal(link)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert refusal(tmp_path / "pipe.csv").endswith("is not a regular file")


@pytest.mark.parametrize("name", ["a\0.csv", "x" * 5_000 + ".csv", "raw.csv/inner.csv"])
def test_a_path_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "raw.csv").write_text("a\n1\n")
    assert "cannot be opened" in refusal(tmp_path / name)


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "raw.csv"
    path.write_text("a\n1\n")

    def denied(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert "Permission denied); check that it is readable" in refusal(path)


@pytest.mark.parametrize("name", ["raw.xlsx", "raw.XLS", "raw.ods"])
def test_a_spreadsheet_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="is a spreadsheet; save its sheet as CSV UTF-8"):
        read_bytes(tmp_path, b"PK\x03\x04", name)


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_a_spreadsheet_under_another_name_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DatasetError, match=r"spreadsheet.*as CSV UTF-8"):
        read_bytes(tmp_path, content, "raw.csv")


@pytest.mark.parametrize("name", ["raw.png", "raw", "raw.png.gz"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    content = gzip.compress(b"a\n1\n") if name.endswith(".gz") else b"a\n1\n"
    with pytest.raises(DatasetError, match="known are " + ", ".join(SUFFIXES)):
        read_bytes(tmp_path, content, name)


@pytest.mark.parametrize("name", ["raw.csv.gz", "raw.csv.bz2", "raw.csv.zst"])
def test_a_suffix_of_compression_without_compressed_content_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(DatasetError, match="by its content; give it the right suffix"):
        read_bytes(tmp_path, b"a\n1\n", name)


def test_compressed_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="compressed Parquet file; decompress it first"):
        read_bytes(tmp_path, gzip.compress(b"PAR1" + b"x" * 20), "raw.parquet.gz")


@pytest.mark.parametrize("name", ["RAW.CSV", "raw.tab", "raw.txt"])
def test_suffixes_of_delimited_files(tmp_path: Path, name: str) -> None:
    assert read_bytes(tmp_path, "a\tb\n1\t2\n", name).rows == [("1", "2")]
