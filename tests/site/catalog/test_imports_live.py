"""Real imports: `tabset` runs in a process of its own, and its files go into the storages."""

import io
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from podium import files, programs
from podium.catalog import tasks, work
from podium.catalog.actions import imports, versions
from podium.catalog.models import DatasetVersion, Import, ImportState, VersionState
from podium.catalog.scratch import draft_folder
from tests.site.catalog import raw

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.celery.send", lambda task, pk: None)


def test_raw_files_become_a_published_version_with_figures(
    db: None, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    source = raw.begin()
    imports.request_import(source=source)
    source = raw.work(source)
    assert (source.state, source.error, source.version.kind) == (
        *(ImportState.DRAFTED, ""),
        "classification",
    )
    assert draft_folder(source).is_dir()
    shutil.rmtree(draft_folder(source))  # as on another machine: read again from the raw files
    assert source.draft
    edited = {**source.draft, "description": "Edited by hand."}
    imports.edit_draft(source=source, draft=edited)
    imports.request_build(source=source)
    source = raw.work(source)
    assert (source.state, source.error) == (ImportState.BUILT, "")
    assert source.checked_draft == source.draft_hash
    version = source.version
    assert (version.state, version.facts["description"]) == (
        *(VersionState.CHECKED, "Edited by hand."),
    )
    with django_capture_on_commit_callbacks(execute=True):
        versions.publish_version(version=version)
    tasks.draw_profile(version.profile.pk)
    version.refresh_from_db()
    assert version.profiled_at
    assert files.public().exists(str(version.figures / "profile.json"))
    left = [p for p in tmp_path.rglob("*") if p.is_file() and "solution" not in str(p)]
    assert not [path for path in left if (tmp_path / "files" / "private") in path.parents]
    assert version.solutions.get().public_rows > 0


def test_a_zip_of_a_folder_is_unpacked(db: None) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("pets/pets.csv", raw.pets_csv())
    source = raw.begin(pets_zip=packed.getvalue())
    imports.request_import(source=source)
    assert raw.work(source).state == ImportState.DRAFTED


@pytest.mark.parametrize(
    ("files_", "said"),
    [
        ({"pets_csv": b"\x00\x01\x02"}, "pets.csv"),
        ({"pets_csv": b"name,weight\na,1\n"}, "no column 'kind'"),
        ({"pets_parquet": b"PAR1 no more"}, "pets.parquet"),
        ({"pets_zip": b"PK no zip"}, "cannot be unpacked"),
    ],
    ids=str,
)
def test_bad_raw_files_are_refused_in_words_without_paths(
    db: None, tmp_path: Path, files_: dict[str, bytes], said: str
) -> None:
    source = raw.begin("pets", **files_)
    imports.request_import(source=source)
    source = raw.work(source)
    assert source.state == ImportState.FAILED
    assert said in source.error
    assert (source.reference, str(tmp_path) in source.error) == ("", False)
    assert "Traceback" not in source.error
    assert list((tmp_path / "upload").iterdir()) == []


def test_errors_block_the_build_and_stand_beside_the_draft(db: None) -> None:
    source = raw.begin(pets_csv=b"a,kind\n1,cat\n2,cat\n3,cat\n4,dog\n")
    imports.request_import(source=source)
    source = raw.work(source)
    imports.request_build(source=source)
    source = raw.work(source)
    assert (source.state, source.message) == (ImportState.DRAFTED, "Errors block the build.")
    assert "error" in {finding["level"] for finding in source.findings}
    assert source.version.state == VersionState.DRAFT


def test_too_little_memory_and_time_are_said(db: None, settings: Settings) -> None:
    header, rows = raw.pets_csv().split(b"\n", 1)
    source = raw.begin(pets_csv=header + b"\n" + rows * 5000)
    settings.DATASET_MEMORY_BYTES = 300 * 2**20
    imports.request_import(source=source)
    source = raw.work(source)
    assert source.state == ImportState.FAILED
    assert "300 MB of memory" in source.error
    settings.DATASET_MEMORY_BYTES = 6 * 2**30
    settings.DATASET_SECONDS = 0.3
    imports.retry(source=source)
    source = raw.work(source)
    assert source.state == ImportState.FAILED
    assert "took longer" in source.error


def test_a_cancelled_import_ends_its_program(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "UPDATE_SECONDS", 0.0)
    source = raw.begin()
    imports.request_import(source=source)
    started: list[int] = []
    listening = programs.Program

    def cancelling(process: Any) -> programs.Program:
        started.append(process.pid)
        imports.cancel(source=source)
        return listening(process)

    monkeypatch.setattr(programs, "Program", cancelling)
    source = raw.work(source)
    assert (source.state, source.message) == (ImportState.UPLOADING, "Cancelled.")
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_the_command_does_it_all(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "raw" / "pets"
    folder.mkdir(parents=True)
    (folder / "pets.csv").write_bytes(raw.pets_csv())
    (folder / ".hidden").touch()
    given = [f"--option={name}={value}" for name, value in raw.OPTIONS.items() if name != "origin"]
    call_command("import_dataset", "table", folder, *given, "--name=pets", "--publish")
    said = capsys.readouterr().out
    assert "warning: There is no origin" in said
    assert "pets 1 is published: /datasets/pets/1/" in said
    version = DatasetVersion.objects.get()
    assert (version.state, version.access) == (VersionState.PUBLISHED, "public")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["--option=label=colour"], r"no column 'colour'.*\nNothing was kept"),
        (["--option=label"], "is not KEY=VALUE"),
        (["--option=label=kind", "--by=nobody@example.org"], "Nobody has signed up"),
        (["--option=x=y"], "no option `x`"),
    ],
    ids=str,
)
def test_the_command_says_what_is_wrong_and_keeps_nothing(
    db: None, tmp_path: Path, changes: list[str], said: str
) -> None:
    file = tmp_path / "pets.csv"
    file.write_bytes(raw.pets_csv())
    with pytest.raises(CommandError, match=f"(?s){said}"):
        call_command("import_dataset", "table", file, "--name=pets", *changes)
    assert not DatasetVersion.objects.exists()
    assert not Import.objects.exists()


def test_the_command_names_a_path_that_is_not_there(db: None) -> None:
    with pytest.raises(CommandError, match=r"absent\.csv does not exist"):
        call_command("import_dataset", "table", "absent.csv", "--name=pets", "-o", "label=x")
    assert not DatasetVersion.objects.exists()


def test_a_worker_that_is_told_to_stop_gives_its_import_back(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = raw.begin()
    imports.request_import(source=source)
    monkeypatch.setattr(programs, "is_stopping", lambda: True)
    source = raw.work(source)
    assert (source.state, source.lease_until) == (ImportState.QUEUED, None)
    assert Import.claim(source.pk)
