"""Raw files arrive in chunks; what is wrong with one is said, and nothing of it is kept."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from podium import files
from podium.catalog.actions import imports
from podium.catalog.actions.imports import CannotImport
from podium.catalog.actions.raw import add_raw_file, collect, remove_raw_file, safe_name
from podium.catalog.models import Import, ImportState, RawFile
from podium.refusals import Refused
from podium.uploads import compression
from podium.uploads.chunks import WrongOffset
from tests.site import factories
from tests.site.catalog import raw


@pytest.fixture
def source(db: None) -> Import:
    return factories.make_draft().source


def put(source: Import, content: bytes, **changes: Any) -> RawFile:
    """Store a chunk of a file of ten bytes."""
    fields = {"name": "a.csv", "size": 10, "offset": 0, **changes}
    return add_raw_file(source=source, stream=io.BytesIO(content), **fields)


def kept(tmp_path: Path) -> list[str]:
    """Return the names of the files that are stored or half stored."""
    roots = (tmp_path / "files", tmp_path / "upload")
    return [path.name for root in roots for path in root.rglob("*") if path.is_file()]


def test_chunks_become_the_file(source: Import, tmp_path: Path) -> None:
    assert put(source, b"0123").received == 4
    assert not put(source, b"456", offset=4).is_complete
    file = put(source, b"789", offset=7)
    assert file.is_complete
    collect(file, tmp_path / "whole", lambda: None)
    assert (tmp_path / "whole").read_bytes() == b"0123456789"


def test_a_chunk_elsewhere_is_refused_and_told_where_to_go_on(
    source: Import, tmp_path: Path
) -> None:
    put(source, b"0123")
    for offset in (0, 3, 5, 10):
        with pytest.raises(WrongOffset, match="up to byte 4") as refusal:
            put(source, b"4", offset=offset)
        assert refusal.value.received == 4
    assert kept(tmp_path) == [f"{0:020d}-4{compression.SUFFIX}"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a", "a/b.csv"),
        ("a/b/c.csv", "a"),
        ("x.zip", "x"),
        ("x/t.csv", "x.zip"),
        ("x.zip", "x.ZIP"),
        ("Train.csv", "train.csv"),
    ],
)
def test_what_cannot_lie_in_one_folder_is_refused(source: Import, first: str, second: str) -> None:
    put(source, b"0123456789", name=first)
    with pytest.raises(CannotImport, match="clash: one of them is a folder"):
        put(source, b"0123456789", name=second)
    assert [file.name for file in source.raw_files.all()] == [first]
    put(source, b"0123456789", name="ab.csv")
    put(source, b"0123456789", name="x-2.zip")


class Broken(io.BytesIO):
    """A sender that goes away after its first block."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError("gone")
        return super().read(4)


def test_a_chunk_that_breaks_off_counts_for_nothing(source: Import, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        add_raw_file(source=source, name="a.csv", size=10, offset=0, stream=Broken(b"01234567"))
    assert source.raw_files.get().received == 0
    assert kept(tmp_path) == []
    assert put(source, b"0123456789").is_complete


def test_of_two_senders_of_one_chunk_one_is_told_to_go_on(
    source: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = files.put

    def overtaken(*args: Any, **kwargs: Any) -> None:
        store(*args, **kwargs)
        RawFile.objects.update(received=5)

    monkeypatch.setattr(files, "put", overtaken)
    with pytest.raises(WrongOffset, match="up to byte 5"):
        put(source, b"01234")


def test_more_bytes_than_announced_are_refused(source: Import, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="more bytes than was announced"):
        put(source, b"0" * 11)
    assert kept(tmp_path) == []


def test_another_size_is_refused(source: Import) -> None:
    put(source, b"0123")
    with pytest.raises(CannotImport, match="begun with 10 bytes"):
        put(source, b"4", offset=4, size=20)


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_file_is_refused(source: Import, size: int) -> None:
    with pytest.raises(CannotImport, match="is empty"):
        put(source, b"", size=size)


def test_all_files_together_have_a_limit(source: Import, settings: Settings) -> None:
    settings.DATASET_UPLOAD_BYTES = 15
    put(source, b"0123")
    with pytest.raises(CannotImport, match="more than the 15 bytes"):
        put(source, b"0", name="b.csv", size=6)
    assert put(source, b"0", name="c.csv", size=5).received == 1


def test_the_number_of_files_has_a_limit(source: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.catalog.actions.raw.MAX_FILES", 1)
    put(source, b"0")
    with pytest.raises(CannotImport, match="Upload one zip"):
        put(source, b"0", name="b.csv")


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a/", "C:\\x", "a\\b", "a:b"),
        *("a\x00b", "a\nb", "\u202egpj.csv", "-rf", "a/-o", " ", "a/ ", "x" * 201, "?", "a*"),
    ],
    ids=ascii,
)
def test_no_name_leads_anywhere_else(source: Import, tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotImport, match="cannot be a file's name"):
        put(source, b"0", name=name)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("name", ["a.csv", "images/1 a.png", "Größe (1).csv", "a/b/c.txt", ".x"])
def test_ordinary_names_are_taken(name: str) -> None:
    assert safe_name(name) == name


@given(st.text(max_size=30))
def test_a_safe_name_stays_below_its_folder(name: str) -> None:
    try:
        safe_name(name)
    except CannotImport:
        return
    folder = Path("/folder")
    assert (folder / name).resolve().is_relative_to(folder)
    assert (folder / name).resolve() != folder


@pytest.mark.parametrize("state", [ImportState.QUEUED, ImportState.RUNNING, ImportState.BUILT])
def test_files_stay_while_they_are_read(source: Import, state: str) -> None:
    put(source, b"0123")
    lease = {"lease_until": source.created_at} if state == ImportState.RUNNING else {}
    Import.objects.update(state=state, **lease)
    with pytest.raises(CannotImport, match="cannot be changed now"):
        put(source, b"4", offset=4)
    with pytest.raises(CannotImport, match="cannot be changed now"):
        remove_raw_file(source=source, name="a.csv")


def test_a_removed_file_is_gone_and_can_come_again(source: Import, tmp_path: Path) -> None:
    put(source, b"0123456789")
    remove_raw_file(source=source, name="a.csv")
    assert kept(tmp_path) == []
    assert put(source, b"01", size=2).is_complete
    with pytest.raises(CannotImport, match=r"no raw file 'b\.csv'"):
        remove_raw_file(source=source, name="b.csv")


def test_a_file_that_has_not_arrived_is_not_imported(source: Import) -> None:
    with pytest.raises(CannotImport, match="nothing to import"):
        imports.request_import(source=source)
    put(source, b"0123")
    with pytest.raises(CannotImport, match=r"4 of 10\s+bytes"):
        imports.request_import(source=source)


def test_a_chunk_that_came_second_leads_nowhere(source: Import, tmp_path: Path) -> None:
    file = put(source, b"0123")
    for offset, content in ((0, b"01"), (0, b"01234567"), (4, b"4")):  # of senders that lost
        name = f"{file.folder}/{offset:020d}-{len(content)}"
        files.private().save(name, ContentFile(content))
    file = put(source, b"456789", offset=4)
    collect(file, tmp_path / "whole", lambda: None)
    assert (tmp_path / "whole").read_bytes() == b"0123456789"


def test_two_senders_of_one_chunk_are_told_where_to_go_on(
    source: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def storing(*args: Any) -> None:
        raise FileExistsError

    monkeypatch.setattr(files, "put", storing)
    with pytest.raises(WrongOffset, match="up to byte 0"):
        put(source, b"0123")


def test_a_chunk_of_a_file_that_was_removed_meanwhile_is_refused(source: Import) -> None:
    class Removing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            RawFile.objects.all().delete()
            return super().read(size)

    with pytest.raises(Refused, match="was removed"):
        add_raw_file(source=source, name="a.csv", size=10, offset=0, stream=Removing(b"0123"))


@pytest.mark.parametrize(("name", "is_plain"), [("a.csv", False), ("a.parquet", True)])
def test_chunks_of_text_are_stored_compressed(
    source: Import, tmp_path: Path, name: str, is_plain: bool
) -> None:
    content = b"p1,0.5\n" * 1000
    put(source, content[:2000], name=name, size=7000)
    file = put(source, content[2000:], name=name, size=7000, offset=2000)
    stored = sum(path.stat().st_size for path in (tmp_path / "files").rglob("*-*"))
    assert (stored == 7000) is is_plain
    assert (stored < 1000) is not is_plain
    collect(file, tmp_path / "whole", lambda: None)
    assert (tmp_path / "whole").read_bytes() == content


def test_a_chunk_lost_in_the_storage_is_ours(source: Import, tmp_path: Path) -> None:
    put(source, b"0123")
    file = put(source, b"456789", offset=4)
    files.private().delete(f"{file.folder}/{0:020d}-4{compression.SUFFIX}")
    with pytest.raises(FileNotFoundError, match="chunks"):
        collect(file, tmp_path / "whole", lambda: None)


def test_raw_files_are_for_nobody_else_on_the_machine(source: Import, tmp_path: Path) -> None:
    raw.upload(source, "a.csv", b"secret")
    (path,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert path.is_relative_to(tmp_path / "files" / "private")
    assert path.stat().st_mode & 0o077 == 0
