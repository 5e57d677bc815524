"""Files and folders are stored where the storage has paths, and where it has none."""

from pathlib import Path, PurePosixPath

import pytest
from django.core.files.storage import InMemoryStorage, Storage
from pytest_django import Settings

from podium import files
from podium.catalog.actions.versions import publish
from tests.site.pets import build_pets


class Pathless(InMemoryStorage):
    """A storage without paths, as S3 is one."""

    def path(self, name: str) -> str:
        raise NotImplementedError

    def _relative_path(self, name: str) -> str:
        return str(PurePosixPath(name))


@pytest.fixture(params=["disk", "memory"])
def storage(request: pytest.FixtureRequest, settings: Settings) -> Storage:
    """The public storage: the local one, and one without paths."""
    if request.param == "memory":
        backend = {"BACKEND": f"{__name__}.{Pathless.__name__}"}
        settings.STORAGES = {**settings.STORAGES, "default": backend}
        assert isinstance(files.public(), Pathless)
    return files.public()


def content(storage: Storage, name: str) -> bytes:
    """Return what is stored under a name."""
    with storage.open(name) as handle:
        return bytes(handle.read())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "images").mkdir(parents=True)
    (folder / "a.csv").write_bytes(b"1")
    (folder / "images" / "x.png").write_bytes(b"2")
    return folder


def test_a_folder_replaces_what_was_left(storage: Storage, folder: Path) -> None:
    files.put_folder(storage, "sets/one", folder)
    (folder / "a.csv").unlink()
    files.put_folder(storage, "sets/one", folder)
    assert not storage.exists("sets/one/a.csv")
    assert content(storage, "sets/one/images/x.png") == b"2"
    files.delete_folder(storage, "sets/one")
    assert not storage.exists("sets/one/images/x.png")
    files.delete_folder(storage, "sets/one")


def test_a_folder_is_on_disk_or_comes_there(storage: Storage, folder: Path, tmp_path: Path) -> None:
    files.put_folder(storage, "one", folder)
    found = files.folder_on_disk(storage, "one", ["a.csv", "images/x.png"], tmp_path / "copy")
    assert (found / "images" / "x.png").read_bytes() == b"2"
    assert (found == tmp_path / "copy") == isinstance(storage, Pathless)


def test_copying_can_be_ended(storage: Storage, folder: Path) -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        files.put_folder(storage, "one", folder, stop)
    files.put_folder(storage, "one", folder)
    with pytest.raises(InterruptedError):
        files.fetch(storage, "one/a.csv", folder / "copy", stop)


def test_a_file_that_somebody_else_writes_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = files.public()
    files.put(storage, "a", folder / "a.csv")
    monkeypatch.setattr(storage, "delete", lambda name: None)
    with pytest.raises(FileExistsError, match="written by somebody else"):
        files.put(storage, "a", folder / "a.csv")


def test_a_version_is_published_into_either(db: None, storage: Storage, tmp_path: Path) -> None:
    public, private = build_pets(tmp_path / "pets")
    version = publish(public=public, private=private)
    stored = content(storage, str(version.folder / "train.csv"))
    assert stored == (public / "train.csv").read_bytes()
    assert storage.exists(str(version.archive))
