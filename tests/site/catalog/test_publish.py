"""Versions are immutable, named by number and content, and public folders hold nothing private."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from podium import files
from podium.catalog.actions.versions import CannotPublish, publish
from podium.catalog.models import DatasetVersion
from tests.site.pets import build_pets


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return build_pets(tmp_path / "pets")


def test_a_folder_becomes_version_one_and_the_same_content_stays_it(
    db: None, folders: tuple[Path, Path]
) -> None:
    public, private = folders
    version = publish(public=public, private=private)
    assert (version.name, version.number, version.kind) == ("pets", 1, "classification")
    assert publish(public=public, private=private) == version
    assert DatasetVersion.objects.count() == 1


def test_other_content_is_the_next_version_and_leaves_the_first_alone(
    db: None, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    first = publish(public=folders[0], private=folders[1])
    facts = first.facts
    stored = files.local(files.public(), str(first.folder))
    before = {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()}
    public, private = build_pets(tmp_path / "again", salt="another salt")
    second = publish(public=public, private=private)
    assert (second.number, first.number) == (2, 1)
    first.refresh_from_db()
    assert first.facts == facts
    assert {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("folder", "file"), [("public", "train.csv"), ("private", "solution.parquet")]
)
def test_a_folder_that_was_changed_since_it_was_built_is_refused_by_file(
    db: None, folders: tuple[Path, Path], folder: str, file: str
) -> None:
    path = dict(zip(("public", "private"), folders, strict=True))[folder] / file
    path.write_bytes(path.read_bytes().replace(b"cat", b"dog"))
    path.write_bytes(path.read_bytes() + b"p999,1,cat\n")
    with pytest.raises(CannotPublish, match=f"{file} has"):
        publish(public=folders[0], private=folders[1])
    assert not DatasetVersion.objects.exists()


def test_a_long_title_is_cut_and_a_long_name_refused(db: None, tmp_path: Path) -> None:
    public, private = build_pets(tmp_path / "title", title="A long title. " * 20)
    version = publish(public=public, private=private)
    version.refresh_from_db()
    assert (len(version.title), len(version.facts["title"])) == (120, 280)
    public, private = build_pets(tmp_path / "name", name="a" * 61)
    with pytest.raises(CannotPublish, match="longer than 60"):
        publish(public=public, private=private)


def test_another_solution_under_the_same_hash_is_refused(
    db: None, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    _, private = build_pets(tmp_path / "other", salt="another salt")
    with pytest.raises(CannotPublish, match="content hash"):
        publish(public=folders[0], private=private)


def test_the_zip_has_every_public_file_and_nothing_else(
    db: None, folders: tuple[Path, Path]
) -> None:
    public, private = folders
    version = publish(public=public, private=private)
    with zipfile.ZipFile(files.local(files.public(), str(version.archive))) as archive:
        names = set(archive.namelist())
        sums = archive.read("pets-1/SHA256SUMS").decode().splitlines()
        for line in sums:
            digest, _, name = line.partition("  ")
            assert hashlib.sha256(archive.read(f"pets-1/{name}")).hexdigest() == digest
    expected = {"dataset.json", *json.loads((public / "dataset.json").read_text())["files"]}
    assert {line.partition("  ")[2] for line in sums} == expected
    assert names == {f"pets-1/{name}" for name in (*expected, "SHA256SUMS")}


def test_nothing_private_lies_below_the_public_storage(
    db: None, folders: tuple[Path, Path]
) -> None:
    public, private = folders
    version = publish(public=public, private=private)
    root = files.local(files.public(), "datasets")
    stored = {path.name for path in root.rglob("*")}
    assert not {"solution.parquet", "private.json", "entities.parquet"} & stored
    solution = files.local(files.private(), version.solutions.get().file)
    assert solution.read_bytes() == (private / "solution.parquet").read_bytes()
    assert solution.stat().st_mode & 0o077 == 0


def test_the_parts_are_counted(db: None, folders: tuple[Path, Path]) -> None:
    solution = publish(public=folders[0], private=folders[1]).solutions.get()
    assert solution.public_rows + solution.private_rows == 120
    assert solution.public_rows > 0


@pytest.mark.parametrize("lost", ["dataset.json", "train.csv"])
def test_an_incomplete_folder_is_refused_by_name(
    db: None, folders: tuple[Path, Path], lost: str
) -> None:
    (folders[0] / lost).unlink()
    with pytest.raises(CannotPublish, match=lost):
        publish(public=folders[0], private=folders[1])
    assert not DatasetVersion.objects.exists()


def test_a_folder_without_solution_is_refused(db: None, folders: tuple[Path, Path]) -> None:
    (folders[1] / "solution.parquet").unlink()
    with pytest.raises(CannotPublish, match="no solution"):
        publish(public=folders[0], private=folders[1])


def test_what_a_broken_attempt_left_is_replaced(db: None, folders: tuple[Path, Path]) -> None:
    left = files.local(files.public(), "datasets/pets/1")
    left.mkdir(parents=True)
    (left / "rubbish").touch()
    version = publish(public=folders[0], private=folders[1])
    assert not files.local(files.public(), str(version.folder / "rubbish")).exists()


def test_the_command_publishes_and_names_what_is_missing(
    db: None, folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("publish_dataset", str(folders[0]), str(folders[1]))
    assert "pets is in the catalogue as version 1." in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"absent.*cannot be read"):
        call_command("publish_dataset", "/absent", str(folders[1]))
