"""Folders are filled by one program, completely or not at all."""

from pathlib import Path
from threading import Barrier, Thread

import pytest

from tabset import DatasetError, building, writer
from tabset.folders import filled
from tabset.importers import import_raw
from tests.tabset import staged
from tests.tabset.importers.raw import silent, write


def test_a_folder_is_complete_or_empty(tmp_path: Path) -> None:
    with filled(tmp_path / "a", "take another"):
        (tmp_path / "a" / "file").touch()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]
    with pytest.raises(KeyboardInterrupt):
        _fill_and_stop(tmp_path / "b", tmp_path / "a")
    assert not any((tmp_path / "b").iterdir())
    assert (tmp_path / "a" / "file").exists()


def _fill_and_stop(folder: Path, other: Path) -> None:
    with filled(folder, "take another"):
        (folder / "below").mkdir()
        (folder / "below" / "file").touch()
        (folder / "link").symlink_to(other)
        raise KeyboardInterrupt


def test_a_folder_that_has_something_in_it_or_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "file", tmp_path / "file" / "below"):
        with (
            pytest.raises(DatasetError, match=r"is not empty; take another|cannot be made"),
            filled(folder, "take another"),
        ):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_of_two_imports_into_one_folder_one_is_told_so(tmp_path: Path) -> None:
    rows = "".join(f"i{n},{n},{'ab'[n % 2]}\n" for n in range(500))
    raw = write(tmp_path, {"raw.csv": f"id,x,label\n{rows}"})
    start = Barrier(2)
    ended: list[str] = []

    def go() -> None:
        start.wait()
        try:
            import_raw("table", [raw], {"label": "label"}, tmp_path / "out", progress=silent)
            ended.append("")
        except DatasetError as error:
            ended.append(str(error))

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, ended)) == [False, True]
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["draft.json", "findings.json", "rows.arrow"]


def test_a_build_that_fails_leaves_nothing_and_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = staged.draft_folder(
        tmp_path / "draft", staged.rows_draft(), {"rows": staged.row_cells()}
    )
    public, private = tmp_path / "public", tmp_path / "private"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(writer, "_write_descriptions", full)
        with pytest.raises(OSError, match="No space left"):
            building.build_draft(draft, public, private, salt="s", progress=silent)
    assert not any(public.iterdir())
    assert not any(private.iterdir())
    building.build_draft(draft, public, private, salt="s", progress=silent)
    assert (public / "dataset.json").exists()
