"""A version goes from draft over checked to published and retired, and no other way."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from podium import files
from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.actions import imports, licences, versions
from podium.catalog.actions.versions import CannotPublish, store_files
from podium.catalog.models import DatasetVersion, Import, ImportState, Solution, VersionState
from tests.site import factories
from tests.site.catalog import raw
from tests.site.pets import build_pets

pytestmark = pytest.mark.dialect

AT = datetime(2026, 1, 1, tzinfo=UTC)
STATES: dict[str, dict[str, Any]] = {
    VersionState.DRAFT: {"content_hash": "", "published_at": None},
    VersionState.CHECKED: {"published_at": None},
    VersionState.PUBLISHED: {},
    VersionState.RETIRED: {"retired_at": AT},
}
VERBS: dict[str, tuple[Callable[..., None], str, str]] = {
    "publish": (versions.publish_version, VersionState.CHECKED, VersionState.PUBLISHED),
    "retire": (versions.retire, VersionState.PUBLISHED, VersionState.RETIRED),
    "restore": (versions.restore, VersionState.RETIRED, VersionState.PUBLISHED),
    "reopen": (imports.reopen, VersionState.CHECKED, VersionState.DRAFT),
}


CHUNK = f"{0:020d}-{len(raw.pets_csv())}.stored.zst"


def make(state: str) -> DatasetVersion:
    """Return a version in that state."""
    return factories.make_dataset_version("matching", state=state, **STATES[state])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", VERBS)
def test_each_verb_has_its_source_and_leaves_an_event(
    db: None, sam: User, name: str, state: str
) -> None:
    verb, source, target = VERBS[name]
    version = make(state)
    if state == source:
        verb(version=version, by=sam)
    else:
        with pytest.raises(CannotPublish, match=f"is {state}; only"):
            verb(version=version, by=sam)
    version.refresh_from_db()
    assert version.state == (target if state == source else state)
    events = Event.objects.filter(subject=f"datasetversion:{version.pk}", actor_id=sam.pk)
    assert events.count() == (state == source)


def test_a_stale_row_does_not_undo_what_another_did(db: None) -> None:
    stale = make(VersionState.PUBLISHED)
    versions.retire(version=DatasetVersion.objects.get(pk=stale.pk))
    with pytest.raises(CannotPublish, match="is retired"):
        versions.retire(version=stale)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": VersionState.DRAFT, "published_at": None},
        {"state": VersionState.CHECKED, "content_hash": "", "published_at": None},
        {"state": VersionState.CHECKED},
        {"state": VersionState.PUBLISHED, "published_at": None},
        {"state": VersionState.PUBLISHED, "retired_at": AT},
        {"state": VersionState.RETIRED},
    ],
    ids=str,
)
def test_state_content_and_times_go_together(db: None, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_dataset_version("matching", **fields)


def test_two_drafts_have_no_content_and_two_versions_not_the_same(db: None) -> None:
    for number in (1, 2):
        factories.make_draft("pets", number=number)
    factories.make_dataset_version("matching", "pets", number=3, content_hash="a" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_dataset_version("matching", "pets", number=4, content_hash="a" * 64)


@pytest.fixture
def checked(db: None, tmp_path: Path) -> DatasetVersion:
    """A checked version with real files, from an import with a raw file."""
    source = raw.begin()
    Import.objects.filter(pk=source.pk).update(
        state=ImportState.BUILT, draft={"format": "podium-draft/1"}
    )
    public, private = build_pets(tmp_path / "built")
    versions.store_built(version=source.version, public=public, private=private)
    return source.version


def stored(tmp_path: Path) -> set[str]:
    """Return the names of all files in both storages."""
    return {path.name for path in (tmp_path / "files").rglob("*") if path.is_file()}


def test_publishing_deletes_the_raw_files(
    checked: DatasetVersion, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    assert CHUNK in stored(tmp_path)
    with django_capture_on_commit_callbacks(execute=True):
        versions.publish_version(version=checked)
    assert not (tmp_path / "files" / "private" / "imports" / str(checked.source.pk)).exists()
    assert {"train.csv", "pets-1.zip", "1.parquet"} <= stored(tmp_path)
    assert checked.published_at


def test_reopening_takes_back_the_files_and_the_solution_but_no_raw_file(
    checked: DatasetVersion, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        imports.reopen(version=checked)
    checked.refresh_from_db()
    assert (checked.content_hash, checked.facts) == ("", {})
    assert not Solution.objects.exists()
    assert stored(tmp_path) == {CHUNK}
    assert Import.objects.get().state == ImportState.DRAFTED


@pytest.mark.parametrize("state", STATES)
def test_only_what_was_never_published_is_discarded(db: None, state: str) -> None:
    version = make(state)
    if state in {VersionState.DRAFT, VersionState.CHECKED}:
        imports.discard(version=version)
        assert not DatasetVersion.objects.exists()
        assert Event.objects.filter(verb="discarded data set version").exists()
    else:
        with pytest.raises(CannotPublish, match="Retire it instead"):
            imports.discard(version=version)
        assert DatasetVersion.objects.exists()


def test_what_a_build_that_broke_off_has_stored_is_discarded_too(
    db: None, tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    public, private = build_pets(tmp_path / "pets")
    draft = factories.make_draft("pets")
    store_files(version=draft, public=public)
    solution = draft.solutions_folder / "1.parquet"
    files.put(files.private(), str(solution), private / "solution.parquet")
    with django_capture_on_commit_callbacks(execute=True):
        imports.discard(version=draft)
    left = [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert left == []


def test_discarding_leaves_no_file(
    checked: DatasetVersion, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        imports.discard(version=checked)
    assert stored(tmp_path) == set()


def test_the_same_content_is_no_second_version(checked: DatasetVersion, tmp_path: Path) -> None:
    again = raw.begin().version
    public, private = tmp_path / "built" / "public", tmp_path / "built" / "private"
    with pytest.raises(CannotPublish, match="pets 1 has exactly this content"):
        versions.store_built(version=again, public=public, private=private)
    assert again.state == VersionState.DRAFT
    assert not files.public().exists(str(again.folder / "train.csv"))


def test_a_folder_of_another_name_is_refused(db: None, tmp_path: Path) -> None:
    public, private = build_pets(tmp_path / "built")
    with pytest.raises(CannotPublish, match="data set pets, not birds"):
        versions.store_built(version=raw.begin("birds").version, public=public, private=private)


def test_a_failed_publication_leaves_nothing(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, private = build_pets(tmp_path / "built")
    monkeypatch.setattr(
        versions, "keep_built", lambda **_: (_ for _ in ()).throw(OSError("disk full"))
    )
    with pytest.raises(OSError, match="disk full"):
        versions.publish(public=public, private=private)
    assert not DatasetVersion.objects.exists()
    assert stored(tmp_path) == set()


def test_a_new_version_never_changes_an_old_one(db: None, tmp_path: Path) -> None:
    public, private = build_pets(tmp_path / "a")
    first = versions.publish(public=public, private=private)
    row = DatasetVersion.objects.filter(pk=first.pk).values().get()
    before = {p: p.read_bytes() for p in (tmp_path / "files").rglob("*") if p.is_file()}
    public, private = build_pets(tmp_path / "b", salt="other")
    versions.publish(public=public, private=private)
    assert DatasetVersion.objects.filter(pk=first.pk).values().get() == row
    assert {path: path.read_bytes() for path in before} == before


def test_changing_the_access_is_an_event_with_both_values(db: None, sam: User) -> None:
    version = make(VersionState.PUBLISHED)
    versions.set_access(version=version, access="participants", by=sam)
    versions.set_access(version=version, access="participants", by=sam)
    version.refresh_from_db()
    assert version.access == "participants"
    (event,) = Event.objects.filter(verb="changed data set access")
    assert (event.facts["before"], event.facts["after"]) == ("public", "participants")
    with pytest.raises(CannotPublish, match="none of public"):
        versions.set_access(version=version, access="nobody")


def test_an_accepted_licence_is_kept_once_with_its_hash(db: None, alice: User, bob: User) -> None:
    version = make(VersionState.PUBLISHED)
    first = licences.accept_licence(version=version, by=alice)
    assert licences.accept_licence(version=version, by=alice) == first
    assert first.licence_hash == version.licence_hash
    assert licences.has_accepted(alice, version)
    assert not licences.has_accepted(bob, version)
    (event,) = Event.objects.filter(verb="accepted licence")
    assert event.facts["licence_hash"] == version.licence_hash


def test_another_licence_has_to_be_accepted_anew(db: None, alice: User) -> None:
    version = make(VersionState.PUBLISHED)
    licences.accept_licence(version=version, by=alice)
    for key in ("name", "url", "text"):
        version.facts["licence"][key] = "changed"
        assert not licences.has_accepted(alice, version)
        licences.accept_licence(version=version, by=alice)


def test_downloads_are_counted_without_losing_one(db: None) -> None:
    version = make(VersionState.PUBLISHED)
    for _ in range(3):
        versions.count_download(version)
    version.refresh_from_db()
    assert version.downloads == 3
