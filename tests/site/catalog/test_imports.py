"""What may be asked of an import when, and what becomes of one whose worker is gone."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog import tasks
from podium.catalog.actions import imports, profiles
from podium.catalog.actions.imports import CannotImport
from podium.catalog.models import (
    DatasetVersion,
    Import,
    ImportState,
    Profile,
    Step,
    VersionState,
)
from podium.jobs import LEASE
from tabset.draft import Draft, DraftColumn
from tabset.schema import ColumnType, Kind
from tests.site import factories
from tests.site.catalog import raw

pytestmark = pytest.mark.dialect

DRAFT = Draft(
    name="drafted",
    kind=Kind.CLASSIFICATION,
    tables={"rows": (DraftColumn("a", ColumnType.TEXT), DraftColumn("label", ColumnType.TEXT))},
)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was sent to the queue: the name of the task and the id."""
    found: list[tuple[str, int]] = []
    monkeypatch.setattr("podium.celery.send", lambda task, pk: found.append((task, pk)))
    return found


@pytest.fixture
def source(db: None) -> Import:
    return factories.make_draft().source


def put_in(source: Import, state: str, **fields: Any) -> Import:
    """Return the import in that state, with a draft where one is due."""
    if state != ImportState.UPLOADING:
        fields.setdefault("draft", DRAFT.to_json())
    if state == ImportState.RUNNING:
        fields.setdefault("lease_until", timezone.now() + LEASE)
        fields.setdefault("attempt", 1)
    if state == ImportState.FAILED:
        fields.setdefault("error", "It broke.")
    Import.objects.filter(pk=source.pk).update(
        state=state, **{"queued_at": timezone.now(), **fields}
    )
    source.refresh_from_db()
    return source


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Pets"}, "small letters"),
        ({"name": "a/b"}, "small letters"),
        ({"name": "-a"}, "small letters"),
        ({"name": ""}, "small letters"),
        ({"name": "a" * 61}, "up to 60"),
        ({"importer": "excel"}, "no importer `excel`. Known: table"),
        ({"options": {}}, "needs `label`"),
        ({"options": {"label": "x", "colour": "red"}}, "no option `colour`"),
        ({"options": {"label": "x", "name": "other"}}, "no option `name`"),
        ({"options": {"label": "x", "draft": "d.json"}}, "no option `draft`"),
        ({"options": {"label": "x", "images": "/etc"}}, "as they are called in the upload"),
        ({"options": {"label": "x", "images": "a/../.."}}, "as they are called in the upload"),
        ({"options": {"label": "a\0b"}}, "as they are called in the upload"),
        ({"access": "nobody"}, "none of public, signed-in, participants"),
    ],
    ids=str,
)
def test_an_import_that_cannot_be_is_refused_in_words(
    db: None, changes: dict[str, Any], said: str
) -> None:
    fields = {"name": "pets", "importer": "table", "options": {"label": "kind"}, **changes}
    with pytest.raises(CannotImport, match=said.replace(".", r"\.")):
        imports.start_import(**fields)
    assert not DatasetVersion.objects.exists()


def test_options_may_follow_but_not_later_than_the_reading(db: None) -> None:
    source = imports.start_import(name="pets", importer="table")
    factories.make_raw_file(source.version)
    with pytest.raises(CannotImport, match="needs `label`"):
        imports.request_import(source=source)
    imports.request_import(source=source, options={"label": "kind"}, send=False)
    source.refresh_from_db()
    assert source.options == {"label": "kind"}


def test_who_begins_an_import_may_edit_it(db: None, olga: User) -> None:
    source = imports.start_import(
        name="pets", importer="table", options={"label": "k", "comment": "//"}, by=olga
    )
    version = source.version
    assert (version.number, version.state) == (1, VersionState.DRAFT)
    assert (version.created_by, list(version.editors.all())) == (olga, [olga])
    assert source.options == {"label": "k", "comment": "//"}
    assert imports.start_import(name="pets", importer="table", options={"label": "k"}).pk
    assert list(DatasetVersion.objects.values_list("number", flat=True)) == [2, 1]


REQUESTS: dict[str, Any] = {
    Step.IMPORT: imports.request_import,
    Step.CHECK: imports.request_check,
    Step.BUILD: imports.request_build,
}


@pytest.mark.parametrize("state", ImportState.values)
@pytest.mark.parametrize("step", REQUESTS)
def test_each_step_can_be_asked_for_in_its_states_only(
    source: Import, sent: list[Any], olga: User, step: str, state: str
) -> None:
    factories.make_raw_file(source.version)
    put_in(source, state)
    if state in imports.LEGAL[step]:
        REQUESTS[step](source=source, by=olga)
        assert (source.state, source.step, source.error) == (ImportState.QUEUED, step, "")
        assert sent == [("catalog.work", source.pk)]
        assert Event.objects.get(verb=f"asked for {step}").actor_id == olga.pk
    else:
        with pytest.raises(CannotImport, match="cannot be done now"):
            REQUESTS[step](source=source)
        source.refresh_from_db()
        assert (source.state, sent) == (state, [])


def test_without_a_draft_nothing_is_checked(source: Import) -> None:
    put_in(source, ImportState.FAILED, draft=None)
    for request in (imports.request_check, imports.request_build):
        with pytest.raises(CannotImport, match="cannot be done now"):
            request(source=source)


@pytest.mark.parametrize("state", [VersionState.CHECKED, VersionState.PUBLISHED])
def test_what_is_checked_is_not_worked_on(source: Import, state: str) -> None:
    put_in(source, ImportState.DRAFTED)
    published = timezone.now() if state == VersionState.PUBLISHED else None
    DatasetVersion.objects.update(state=state, content_hash="a" * 64, published_at=published)
    with pytest.raises(CannotImport, match="cannot be done now"):
        imports.request_build(source=source)


def test_a_failed_step_is_tried_again(source: Import) -> None:
    put_in(source, ImportState.FAILED, step=Step.BUILD, attempt=3)
    imports.retry(source=source)
    assert (source.state, source.step, source.attempt_limit) == (
        *(ImportState.QUEUED, Step.BUILD),
        6,
    )
    with pytest.raises(CannotImport, match="Nothing has failed"):
        imports.retry(source=source)


@pytest.mark.parametrize("state", ImportState.values)
@pytest.mark.parametrize("has_draft", [True, False])
def test_only_what_waits_or_runs_is_cancelled(
    source: Import, state: str, *, has_draft: bool
) -> None:
    put_in(source, state, draft=DRAFT.to_json() if has_draft else None)
    if state in {ImportState.QUEUED, ImportState.RUNNING}:
        imports.cancel(source=source)
        expected = ImportState.DRAFTED if has_draft else ImportState.UPLOADING
        assert (source.state, source.lease_until) == (expected, None)
    else:
        with pytest.raises(CannotImport, match="Nothing is queued or running"):
            imports.cancel(source=source)


def test_an_edited_draft_is_kept(source: Import, olga: User) -> None:
    put_in(source, ImportState.FAILED)
    before = source.draft_hash
    edited = {**DRAFT.to_json(), "title": "Animals", "roles": {"label": "label"}}
    imports.edit_draft(source=source, draft=edited, by=olga)
    assert (source.state, source.error) == (ImportState.DRAFTED, "")
    assert source.draft["roles"]["label"] == "label"
    assert source.draft_hash != before
    version = DatasetVersion.objects.get()
    assert (version.title, version.kind) == ("Animals", "classification")
    assert Event.objects.get(verb="edited draft").actor_id == olga.pk


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "other"}, "begin another import"),
        ({"format": "x"}, "not a draft"),
        ({"colour": "red"}, "no key 'colour'"),
        ({"split": {"test_share": 2.0}}, "between 0 and 1"),
        ({"split": {"test_share": "much"}}, "expected a number"),
        ({"roles": {"label": "b"}}, "not a column"),
        ({"tables": {"rows": [{"name": "label", "type": "text"}]}}, "other tables or columns"),
        ({"tables": {"rows": [{"name": "a", "type": "colour"}]}}, "expected one of"),
        ({"tables": []}, "expected an object"),
        ({"kind": "matching"}, "needs the table"),
    ],
    ids=str,
)
def test_a_draft_that_cannot_be_is_refused_by_its_key(
    source: Import, changes: dict[str, Any], said: str
) -> None:
    put_in(source, ImportState.DRAFTED)
    with pytest.raises(CannotImport, match=f"(?i){said}"):
        imports.edit_draft(source=source, draft={**DRAFT.to_json(), **changes})
    source.refresh_from_db()
    assert source.draft["name"] == "drafted"


@pytest.mark.parametrize("draft", [None, [], "x", 3, {}])
def test_what_is_no_draft_at_all_is_refused(source: Import, draft: Any) -> None:
    put_in(source, ImportState.DRAFTED)
    with pytest.raises(CannotImport, match="not a draft"):
        imports.edit_draft(source=source, draft=draft)


@pytest.mark.parametrize("state", [ImportState.QUEUED, ImportState.RUNNING, ImportState.BUILT])
def test_a_draft_stays_while_it_is_worked_on(source: Import, state: str) -> None:
    put_in(source, state)
    with pytest.raises(CannotImport, match="no draft to edit now"):
        imports.edit_draft(source=source, draft=DRAFT.to_json())


def test_an_import_without_its_worker_is_taken_over(source: Import, sent: list[Any]) -> None:
    put_in(source, ImportState.QUEUED, step=Step.BUILD)
    first = Import.claim(source.pk)
    assert first
    assert first.state_label == "building"
    Import.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.sweep()
    assert sent == [("catalog.work", source.pk)]
    second = Import.claim(source.pk)
    assert second
    assert second.attempt == 2
    assert not imports.finish(first, ImportState.BUILT), "the first result is thrown away"
    imports.fail(first, "late")
    source.refresh_from_db()
    assert source.state == ImportState.RUNNING


def test_the_organizer_reads_that_the_worker_died_on_every_attempt(source: Import) -> None:
    put_in(source, ImportState.QUEUED, attempt=3)
    tasks.work_on_import(source.pk)
    source.refresh_from_db()
    assert source.state == ImportState.FAILED
    assert "died on every attempt" in source.error


def test_a_message_about_nothing_does_nothing(db: None) -> None:
    tasks.work_on_import(12345)
    tasks.draw_profile(12345)


def test_an_unexpected_error_has_a_reference_and_no_detail(
    source: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "podium.catalog.work.collect", lambda *_: (_ for _ in ()).throw(OSError("/srv/secret"))
    )
    factories.make_raw_file(source.version)
    imports.request_import(source=source)
    source = raw.work(source)
    assert source.state == ImportState.FAILED
    assert len(source.reference) == 12
    assert source.reference in source.error
    assert "secret" not in source.error


def test_lost_figures_are_drawn_once_the_queue_is_empty(
    db: None, sent: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = factories.make_dataset_version("matching")
    profiles.request_profile(version)
    message = ("catalog.profile", version.profile.pk)
    assert sent == [message]
    for waiting, expected in ((1, 1), (0, 2)):
        monkeypatch.setattr(
            "podium.workers.queue_lengths", lambda length=waiting: {"datasets": length}
        )
        tasks.sweep()
        assert sent == [message] * expected


def test_figures_that_failed_are_drawn_again_by_command(
    db: None, sent: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    version = factories.make_dataset_version("matching", "pairs")
    factories.make_draft("pairs", number=2)
    Profile.objects.create(version=version, state="failed", attempt=3)
    call_command("draw_figures", "pairs")
    assert capsys.readouterr().out == "The figures of pairs 1 are queued.\n"
    assert Profile.claim(version.profile.pk)
    with pytest.raises(CommandError, match="has no built version"):
        call_command("draw_figures", "nowhere")


def test_a_name_belongs_to_those_who_edit_it(
    db: None, olga: User, viktor: User, alice: User, sam: User
) -> None:
    first = imports.start_import(name="ours", importer="magellan", by=olga).version
    first.editors.add(alice)
    with pytest.raises(CannotImport, match="ours is taken by a data set of others"):
        imports.start_import(name="ours", importer="magellan", by=viktor)
    for number, person in enumerate((alice, sam), start=2):
        version = imports.start_import(name="ours", importer="magellan", by=person).version
        assert version.number == number
        assert {olga, alice, person} <= set(version.editors.all())


def test_a_command_on_the_server_begins_a_version_for_its_editors(db: None, olga: User) -> None:
    imports.start_import(name="ours", importer="magellan", by=olga)
    version = imports.start_import(name="ours", importer="magellan").version
    assert list(version.editors.all()) == [olga]
