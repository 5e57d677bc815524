"""A zip is unpacked within limits and never outside its folder."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from podium.catalog import unpacking
from podium.catalog.actions.imports import CannotImport


def zip_of(**entries: bytes) -> bytes:
    """Return a zip; a name's `__` is its slash."""
    return zip_with({name.replace("__", "/"): content for name, content in entries.items()})


def zip_with(entries: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", how) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return target.getvalue()


def unpack(content: bytes, folder: Path, room: unpacking.Room | None = None) -> dict[str, bytes]:
    """Return what comes out of a zip, by name."""
    archive, target = folder / "a.zip", folder / "out"
    archive.write_bytes(content)
    target.mkdir(exist_ok=True)
    room = room or unpacking.Room()
    unpacking.unpack(archive, "a.zip", target, room, tick=lambda share, message: None)
    return {
        path.relative_to(target).as_posix(): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file()
    }


def test_folders_come_out_as_they_went_in(tmp_path: Path) -> None:
    found = unpack(zip_of(a=b"1", b__c=b"2"), tmp_path)
    assert found == {"a": b"1", "b/c": b"2"}


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_packing_is_read(tmp_path: Path, how: int) -> None:
    assert unpack(zip_with({"a.csv": b"x" * 1000}, how), tmp_path) == {"a.csv": b"x" * 1000}


def test_what_systems_add_is_left_out(tmp_path: Path) -> None:
    content = zip_with({"a": b"1", "__MACOSX/._a": b"2", "b/.DS_Store": b"3", "Thumbs.db": b"4"})
    assert unpack(content, tmp_path) == {"a": b"1"}


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/cron.d/x", "..", "a\\..\\x", "C:\\x", "a/\u202ex", "-x", "a\nb"],
    ids=ascii,
)
def test_no_entry_leaves_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotImport, match=r"In `a\.zip`.*cannot be a file's name"):
        unpack(zip_with({"fine": b"1", name: b"2"}), tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    target = io.BytesIO()
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(CannotImport, match="a link or a device"):
        unpack(target.getvalue(), tmp_path)


def test_a_protected_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_of(a=b"1"))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + place
        content[at : at + 2] = struct.pack("<H", 1)
    with pytest.raises(CannotImport, match="password"):
        unpack(bytes(content), tmp_path)


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "HARMLESS_BYTES", 100_000)
    with pytest.raises(CannotImport, match="times its size"):
        unpack(zip_of(a=bytes(1_000_000)), tmp_path)


def test_a_small_file_of_zeros_is_no_bomb(tmp_path: Path) -> None:
    assert unpack(zip_of(a=bytes(1_000_000)), tmp_path) == {"a": bytes(1_000_000)}


def test_what_comes_out_has_a_limit(tmp_path: Path, settings: Settings) -> None:
    settings.DATASET_UPLOAD_BYTES = 1000
    with pytest.raises(CannotImport, match="would unpack to 1,200 bytes"):
        unpack(zip_of(a=b"x" * 600, b=b"y" * 600), tmp_path)


def test_a_zip_that_lies_about_a_size_writes_no_more_than_it_said(tmp_path: Path) -> None:
    content = bytearray(zip_of(a=b"x" * 5000))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + place
        content[at : at + 4] = struct.pack("<I", 10)
    with pytest.raises(CannotImport):
        unpack(bytes(content), tmp_path)
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file()) <= 10


def test_the_number_of_files_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_ENTRIES", 2)
    with pytest.raises(CannotImport, match="has 3 files"):
        unpack(zip_of(a=b"1", b=b"2", c=b"3"), tmp_path)


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="twice"):
        unpack(zip_with({"A.csv": b"1", "a.csv": b"2"}), tmp_path)


def test_a_file_where_a_folder_is_needed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="both a file and a folder"):
        unpack(zip_with({"a": b"1", "a/b": b"2"}), tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"no zip", b"PK\x05\x06" + bytes(18), zip_of(a=b"1")[:-9]]
)
def test_what_is_no_zip_or_empty_is_said_so(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CannotImport, match=r"`a\.zip` (cannot be unpacked|has no file in it)"):
        unpack(content, tmp_path)


def test_an_entry_without_a_name_is_refused(tmp_path: Path) -> None:
    content = zip_of(odd=b"some text").replace(b"odd", b"\0dd")
    with pytest.raises(CannotImport, match="cannot be unpacked"):
        unpack(content, tmp_path)


@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_zip_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    content = bytearray(zip_of(a=b"some text " * 20, b__c=bytes(range(256))))
    content[place % len(content)] = byte
    folder = tmp_path_factory.mktemp("zip")
    try:
        found = unpack(bytes(content), folder)
    except CannotImport:
        found = {}
    assert all(not name.startswith(("/", "..")) for name in found)
    assert {path.name for path in folder.iterdir()} <= {"a.zip", "out"}


@pytest.mark.parametrize(
    ("room", "told"),
    [(unpacking.Room(bytes=1500), "500 of the"), (unpacking.Room(files=3), "has 2 files")],
)
def test_the_zips_of_one_import_share_its_room(
    tmp_path: Path, room: unpacking.Room, told: str
) -> None:
    content = zip_of(a=b"x" * 500, b=b"y" * 500)
    unpack(content, tmp_path, room)
    with pytest.raises(CannotImport, match=told):
        unpack(content, tmp_path / "out", room)
