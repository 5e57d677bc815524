"""A step that fails on our side leaves nothing half done and succeeds when it is tried again."""

import errno
import os
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from podium import files, programs
from podium.catalog import public_zip, tabset_program, tasks, work
from podium.catalog.actions import profiles
from podium.catalog.actions.imports import request_build, retry
from podium.catalog.models import Import, ImportState, Profile, VersionState
from podium.refusals import Refused
from tests.site import factories
from tests.site.catalog import raw
from tests.site.catalog.test_imports import DRAFT
from tests.site.pets import build_pets


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.celery.send", lambda task, pk: None)


@pytest.fixture
def source(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Import:
    """An import whose build is queued; what tabset would build is there already."""

    def run(arguments: list[str], **_: Any) -> dict[str, Any]:
        built = build_pets(tmp_path / "built")
        for folder, target in zip(built, arguments[3::2], strict=True):
            folder.rename(target)
        return {"findings": []}

    monkeypatch.setattr(tabset_program, "run", run)
    source = factories.make_draft("pets").source
    Import.objects.update(state=ImportState.DRAFTED, draft={**DRAFT.to_json(), "name": "pets"})
    monkeypatch.setattr(work, "_with_draft", lambda *_: tmp_path)
    request_build(source=source)
    return source


def stored() -> list[str]:
    """Return what is stored of public files."""
    place = files.local(files.public(), "")
    return [str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()]


def full_disk(*_: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_no_files_and_is_mended_by_trying_again(
    source: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(public_zip, "store", full_disk)
        source = raw.work(source)
    assert (source.state, len(source.reference)) == (ImportState.FAILED, 12)
    assert source.reference in source.error
    assert stored() == []
    retry(source=source)
    source = raw.work(source)
    assert (source.state, source.error, source.version.state) == (
        *(ImportState.BUILT, ""),
        VersionState.CHECKED,
    )
    assert stored()


@pytest.mark.parametrize("taken_over", [False, True])
def test_files_are_dropped_unless_another_worker_stores_his(
    source: Import, monkeypatch: pytest.MonkeyPatch, *, taken_over: bool
) -> None:
    """The import is cancelled, or its lease ran out and another worker claimed it."""

    def lose_claim(*_: Any) -> None:
        if taken_over:
            Import.objects.update(attempt=2)
        else:
            Import.objects.update(state=ImportState.DRAFTED, lease_until=None)
        raise work.LostClaim

    monkeypatch.setattr(public_zip, "store", lose_claim)
    source = raw.work(source)
    assert source.state == (ImportState.RUNNING if taken_over else ImportState.DRAFTED)
    assert bool(stored()) == taken_over


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        (-signal.SIGKILL, "", "MB of memory that it may take"),
        (-signal.SIGSEGV, "", "MB of memory that it may take"),
        (-signal.SIGABRT, "std::system_error", "MB of memory that it may take"),
        (3, "RuntimeError: can't start new thread", "MB of memory that it may take"),
        (127, "cannot allocate memory for thread-local data: ABORT", "MB of memory that it may"),
        (3, "OSError: [Errno 12] Cannot allocate memory", "MB of memory that it may take"),
        (3, "ArrowMemoryError: malloc of size 8 failed", "MB of memory that it may take"),
        (-signal.SIGXCPU, "", "computing time"),
        (1, "x.csv: File too large", "a file larger than allowed"),
        (1, "the table has no row", "The table has no row."),
    ],
)
def test_how_tabset_ends_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str, words: str
) -> None:
    monkeypatch.setattr(programs, "run", lambda *_, **__: ended(code, said))
    with pytest.raises(Refused, match=words):
        tabset_program.run(["check"], folder=tmp_path, scratch=tmp_path, tick=lambda *_: None)


@pytest.mark.parametrize(
    ("code", "said"),
    [(3, "ZeroDivisionError"), (2, "usage"), (1, "x: No space left on device"), (-15, "")],
)
def test_what_is_not_the_datas_fault_is_told_to_the_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    monkeypatch.setattr(programs, "run", lambda *_, **__: ended(code, said))
    with pytest.raises(tabset_program.Broken, match=f"exit code {code}\n{said}"):
        tabset_program.run(["check"], folder=tmp_path, scratch=tmp_path, tick=lambda *_: None)


def ended(code: int, said: str) -> programs.Program:
    """Return a program that ended with this code and these lines on standard error."""
    program = programs.Program.__new__(programs.Program)
    program.code, program.last = code, {}
    program.log = deque(said.splitlines())
    return program


def test_a_worker_that_is_told_to_stop_gives_figures_up(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    version = factories.make_dataset_version("matching")
    profiles.request_profile(version)
    monkeypatch.setattr(programs, "is_stopping", lambda: True)
    settings.DATASET_SECONDS = 20
    tasks.draw_profile(version.profile.pk)
    version.refresh_from_db()
    assert version.profiled_at is None
    assert Profile.claim(version.profile.pk), "the next worker draws them"


def test_a_program_does_not_begin_with_what_it_rarely_needs() -> None:
    """Each step of each import is a program of its own, and these take a second to import."""
    code = "import sys, tabset.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert "tabset.splits" in loaded.split()
    assert not {"scipy.stats", "scipy.sparse", "sklearn", "altair"} & set(loaded.split())
