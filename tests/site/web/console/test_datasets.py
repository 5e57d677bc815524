"""The console's pages of data sets: what they say in each state, and what their buttons do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from podium import workers
from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import (
    DatasetVersion,
    Import,
    ImportState,
    Solution,
    Step,
    VersionState,
)
from podium.web.console.datasets.page import STEPS
from podium.web.console.datasets.views import VERBS
from tests.site import factories
from tests.site.catalog import raw
from tests.site.web.console.datasets import PETS, again, finding, make_import, put_in

WORKER = workers.Worker("datasets@here", ("datasets",), pid=7, concurrency=1)
PAGE = "/console/datasets/pets/1/"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the imports that were sent to the queue."""
    found: list[int] = []
    monkeypatch.setattr("podium.celery.send", lambda task, pk: found.append(pk))
    monkeypatch.setattr(workers, "workers_alive", lambda: [WORKER])
    return found


@pytest.fixture
def client(as_user: Callable[[User | None], Client], olga: User) -> Client:
    """Olga's browser: she owns the challenge."""
    return as_user(olga)


def page(client: Client, **headers: str) -> str:
    answer = client.get(PAGE, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def do(client: Client, verb: str) -> str:
    """Press a button and return the page that follows."""
    answer = client.post(f"{PAGE}do/{verb}/", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


# Beginning -------------------------------------------------------------------------------------

NEW = {
    "name": "pets",
    "title": "Pets",
    "importer": "table",
    "access": "signed-in",
}


def test_a_new_data_set_waits_for_files_and_is_its_makers(client: Client, olga: User) -> None:
    answer = client.post(reverse("console-dataset-new"), NEW)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    source = Import.objects.get()
    assert (source.importer, source.options) == ("table", {})
    assert (source.version.access, list(source.version.editors.all())) == ("signed-in", [olga])
    assert "Upload the raw files, then read them." in page(client)


def test_a_label_is_asked_for_where_the_format_needs_it(client: Client) -> None:
    assert "label" not in client.get(reverse("console-dataset-new")).context["form"].fields
    for name, importer, needed in (("pets", "table", True), ("owls", "ditto", False)):
        answer = client.post(
            reverse("console-dataset-new"), {**NEW, "name": name, "importer": importer}, follow=True
        )
        fields = answer.context["options_form"].fields
        assert ("label" in fields and fields["label"].required) == needed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Pets and more"}, "Use small letters"),
        ({"name": "a" * 61}, "at most 60"),
        ({"name": ""}, "This field is required"),
        ({"title": ""}, "This field is required"),
        ({"title": "x" * 121}, "at most 120"),
        ({"importer": "excel"}, "excel is not one of"),
        ({"access": "nobody"}, "nobody is not one of"),
    ],
    ids=str,
)
def test_what_cannot_begin_is_said_beside_its_field_and_stays_typed(
    client: Client, changes: dict[str, str], said: str
) -> None:
    answer = client.post(reverse("console-dataset-new"), {**NEW, **changes})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Please fix 1 problem" in html
    assert f"<li>{said}" in html or said in html
    if "title" not in changes:
        assert 'value="Pets"' in html
    assert not DatasetVersion.objects.exists()


def test_the_next_version_is_begun_by_the_editors_alone(client: Client, olga: User) -> None:
    version = factories.make_draft("pets")
    answer = client.post(reverse("console-dataset-new"), NEW)
    assert answer.status_code == 422
    assert "Please fix 1 problem" in answer.content.decode()
    version.editors.add(olga)
    answer = client.post(reverse("console-dataset-new"), NEW)
    assert answer["Location"] == "/console/datasets/pets/2/"


def test_every_form_of_raw_data_is_named_with_its_summary(client: Client) -> None:
    html = client.get(reverse("console-dataset-new")).content.decode()
    for name in ("table", "kaggle", "magellan", "findmatches", "ditto", "tabset"):
        assert f'value="{name}"' in html
    assert "a labelling file of AWS Glue FindMatches" in html


# The list --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "fields", "need"),
    [
        (ImportState.UPLOADING, {}, "waits for its raw files"),
        (ImportState.FAILED, {"step": Step.BUILD}, "failed: building the version"),
        (ImportState.DRAFTED, {}, "has a draft to look at"),
        (
            ImportState.DRAFTED,
            {"findings": [finding("error", "x"), finding("error", "y")]},
            "has 2 errors that block the build",
        ),
    ],
)
def test_the_list_says_what_needs_somebody(
    client: Client, olga: User, state: str, fields: dict[str, Any], need: str
) -> None:
    make_import(state, olga, **fields)
    html = client.get(reverse("console-datasets")).content.decode()
    assert "1 version needs you" in html
    assert need in html


def test_the_list_is_quiet_about_what_runs_and_what_is_out(client: Client, olga: User) -> None:
    source = make_import(ImportState.RUNNING, olga, progress=0.42)
    html = client.get(reverse("console-datasets")).content.decode()
    assert "needs you" not in html
    assert "42 %" in html
    put_in(source.version, VersionState.PUBLISHED)
    assert "needs you" not in client.get(reverse("console-datasets")).content.decode()


def test_a_built_version_waits_for_publication_on_the_list(client: Client, olga: User) -> None:
    put_in(make_import(ImportState.DRAFTED, olga).version, VersionState.CHECKED)
    assert "is built and can be published" in client.get("/console/datasets/").content.decode()


def test_an_empty_list_says_what_is_to_come(client: Client) -> None:
    html = client.get(reverse("console-datasets")).content.decode()
    assert "No data sets yet" in html


def test_the_list_asks_as_much_for_many_versions_as_for_one(client: Client, olga: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get(reverse("console-datasets"))
        return len(found)

    make_import(ImportState.DRAFTED, olga)
    few = queries()
    for number in range(2, 9):
        factories.make_draft("pets", number=number).editors.add(olga)
    assert queries() == few


# While a worker has it -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "step"),
    [(ImportState.RUNNING, step) for step in Step],
)
def test_progress_is_told_in_percent_and_words(
    client: Client, olga: User, state: str, step: str
) -> None:
    make_import(state, olga, step=step, progress=0.42, message="reading <pets>")
    html = page(client)
    assert f"{STEPS[step]}: 42 %, reading &lt;pets&gt;." in html
    assert 'hx-trigger="every 1s"' in html
    assert f'content="5; url={PAGE}"' in html
    assert html.count("Cancel</button>") == 1
    assert "Save and check" not in html
    part = page(client, **{"HX-Request": "true"})
    assert part.lstrip().startswith('<div id="live"')
    assert 'value="42" max="100"' in part


def test_when_the_work_is_over_the_page_is_loaded_anew(client: Client, olga: User) -> None:
    make_import(ImportState.DRAFTED, olga)
    answer = client.get(PAGE, headers={"HX-Request": "true"})
    assert (answer["HX-Refresh"], answer.content) == ("true", b"")


def test_the_place_in_the_queue_is_told(client: Client, olga: User) -> None:
    now = timezone.now()
    source = make_import(ImportState.QUEUED, olga, queued_at=now)
    assert "at position 1 in the queue" in page(client)
    for number, at in ((2, now - timedelta(1)), (3, now), (4, now)):
        other = factories.make_draft("pets", number=number).source
        Import.objects.filter(pk=other.pk).update(state=ImportState.QUEUED, queued_at=at)
    assert "at position 2 in the queue" in page(client)
    assert again(source).state == ImportState.QUEUED


@pytest.mark.parametrize(
    ("alive", "said"),
    [
        (None, "The queue does not answer right now"),
        ([], "No data set worker is running right now"),
        ([workers.Worker("s@h", ("scoring",), pid=1, concurrency=1)], "No data set worker"),
    ],
)
def test_silent_machinery_is_told(
    client: Client, olga: User, monkeypatch: pytest.MonkeyPatch, alive: Any, said: str
) -> None:
    make_import(ImportState.QUEUED, olga)
    assert "right now" not in page(client)
    monkeypatch.setattr(workers, "workers_alive", lambda: alive)
    assert said in page(client)


def test_a_failure_is_told_with_its_reference(client: Client, olga: User) -> None:
    error = "pets.csv, row 3: `<b>` is odd.\nCorrect it."
    make_import(ImportState.FAILED, olga, step=Step.IMPORT, error=error, reference="abc123")
    html = page(client)
    assert "row 3: <code>&lt;b&gt;</code> is odd.<br>Correct it." in html
    assert "abc123" in html
    assert "Try again" in html


# Findings --------------------------------------------------------------------------------------


def test_findings_stand_in_groups_with_place_rows_and_count(client: Client, olga: User) -> None:
    found = [
        finding("warning", "Odd."),
        finding("error", "Set `ids` <now>.", table="rows", column="kind", rows=[1, 7], count=90),
        finding("info", "Fine."),
    ]
    make_import(ImportState.DRAFTED, olga, findings=found)
    html = page(client)
    assert html.index("Errors</h3>") < html.index("Warnings</h3>") < html.index("Good to know")
    assert "They block the build." in html
    assert 'Set <a href="#draft.ids">Ids</a> &lt;now&gt;.' in html
    assert (
        'Table <code>rows</code>, column <a href="#draft.tables.rows[3]"><code>kind</code></a>'
        in html
    )
    assert "Rows 1, 7 and others, 90 in all." in html


@pytest.mark.parametrize(
    ("checked", "errors", "build", "said"),
    [
        ("", 0, "Check and build", "The draft has not been checked yet"),
        ("now", 0, ">Build</button>", "Nothing was found"),
        ("now", 1, "", "1 error blocks the build"),
        ("before", 1, "Check and build", "The draft was changed since"),
    ],
)
def test_the_build_is_offered_when_it_can_be(
    client: Client, olga: User, checked: str, errors: int, build: str, said: str
) -> None:
    source = make_import(
        ImportState.DRAFTED, olga, findings=[finding("error", "Bad.")] * errors, checked_draft="x"
    )
    marks = {"": "", "now": source.draft_hash, "before": "0" * 64}
    Import.objects.update(checked_draft=marks[checked])
    html = page(client)
    assert said in html
    assert build in html
    if not build:
        assert "/do/build/" not in html


def test_why_a_build_stopped_is_told(client: Client, olga: User) -> None:
    make_import(ImportState.DRAFTED, olga, step=Step.BUILD, message="Errors block the build.")
    assert '<p class="note">Errors block the build.</p>' in page(client)


# Buttons ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["check", "build"])
def test_a_step_is_asked_for(client: Client, olga: User, sent: list[int], verb: str) -> None:
    source = make_import(ImportState.DRAFTED, olga)
    assert "at position 1 in the queue" in do(client, verb)
    assert (again(source).state, again(source).step, sent) == ("queued", verb, [source.pk])
    assert Event.objects.get(verb=f"asked for {verb}").actor_id == olga.pk


def test_a_failed_step_is_tried_again(client: Client, olga: User, sent: list[int]) -> None:
    source = make_import(ImportState.FAILED, olga, step=Step.BUILD)
    do(client, "retry")
    assert (again(source).state, again(source).step, sent) == ("queued", "build", [source.pk])


@pytest.mark.parametrize("state", [ImportState.QUEUED, ImportState.RUNNING])
def test_work_is_cancelled(client: Client, olga: User, state: str) -> None:
    source = make_import(state, olga)
    assert "Cancelled. The files and the draft are as they were." in do(client, "cancel")
    assert again(source).state == ImportState.DRAFTED


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        ("reopen", VersionState.CHECKED, VersionState.DRAFT),
        ("retire", VersionState.PUBLISHED, VersionState.RETIRED),
        ("restore", VersionState.RETIRED, VersionState.PUBLISHED),
    ],
)
def test_a_version_changes_its_state(
    client: Client, olga: User, verb: str, before: str, after: str
) -> None:
    version = put_in(make_import(ImportState.DRAFTED, olga).version, before)
    html = page(client)
    offered = {verb for verb in VERBS if f"/do/{verb}/" in html}
    assert offered - {"diagnose"} == {verb}
    assert ("diagnose" in offered) is version.is_released
    assert "note success" in do(client, verb)
    version.refresh_from_db()
    assert version.state == after


@pytest.mark.parametrize("verb", VERBS)
def test_what_cannot_be_done_now_is_said_and_not_done(
    client: Client, olga: User, verb: str, sent: list[int]
) -> None:
    source = make_import(ImportState.UPLOADING, olga)
    assert "note error" in do(client, verb)
    assert (again(source).state, again(source).version.state) == ("uploading", "draft")
    assert sent == []


@pytest.mark.parametrize("verb", ["check", "build", "retry", "cancel"])
def test_a_version_without_an_import_has_no_steps(client: Client, olga: User, verb: str) -> None:
    version = factories.make_dataset_version("matching", "pets")
    version.editors.add(olga)
    assert "It was published from a built folder." in page(client)
    assert client.post(f"{PAGE}do/{verb}/").status_code == 404
    assert client.get(f"{PAGE}draft.json").status_code == 404
    assert client.post(f"{PAGE}draft/").status_code == 404


# Publishing ------------------------------------------------------------------------------------


def test_a_checked_version_is_published_for_the_readers_chosen(
    client: Client, olga: User, django_capture_on_commit_callbacks: Any
) -> None:
    version = put_in(make_import(ImportState.DRAFTED, olga).version, VersionState.CHECKED)
    factories.make_solution(version)
    html = page(client)
    for said in ("a" * 64, "20 train, 10 test", "3 in public, 7 in private"):
        assert said in html
    assert "Publishing cannot be taken back" in html
    assert f'href="{version.get_absolute_url()}"' in html
    answer = client.post(f"{PAGE}publish/", {"access": "participants"}, follow=True)
    assert "Pets, version 1, is published." in answer.content.decode()
    version.refresh_from_db()
    assert (version.state, version.access) == ("published", "participants")
    assert Solution.objects.exists()


def test_a_draft_is_not_published_and_keeps_its_access(client: Client, olga: User) -> None:
    make_import(ImportState.DRAFTED, olga)
    answer = client.post(f"{PAGE}publish/", {"access": "participants"}, follow=True)
    assert "only a checked version" in answer.content.decode()
    version = DatasetVersion.objects.get()
    assert (version.state, version.access) == ("draft", "public")


def test_who_may_see_a_published_version_is_changed(client: Client, olga: User) -> None:
    version = put_in(make_import(ImportState.DRAFTED, olga).version, VersionState.PUBLISHED)
    answer = client.post(f"{PAGE}access/", {"access": "signed-in"}, follow=True)
    assert "It is for everybody who is signed in now." in answer.content.decode()
    version.refresh_from_db()
    assert version.access == "signed-in"


@pytest.mark.parametrize("action", ["publish", "access"])
@pytest.mark.parametrize("form", [{}, {"access": "nobody"}], ids=str)
def test_readers_that_there_are_not_are_refused(
    client: Client, olga: User, action: str, form: dict[str, str]
) -> None:
    put_in(make_import(ImportState.DRAFTED, olga).version, VersionState.CHECKED)
    answer = client.post(f"{PAGE}{action}/", form)
    assert answer.status_code == 422
    assert "Please fix 1 problem" in answer.content.decode()
    version = DatasetVersion.objects.get()
    assert (version.state, version.access) == ("checked", "public")


# Discarding ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [VersionState.DRAFT, VersionState.CHECKED])
def test_a_version_is_discarded_after_a_question(client: Client, olga: User, state: str) -> None:
    source = make_import(ImportState.DRAFTED, olga)
    if state == VersionState.CHECKED:
        put_in(source.version, state)
    html = client.get(f"{PAGE}discard/").content.decode()
    assert "This cannot be undone." in html
    assert ("its solution" in html) == (state == VersionState.CHECKED)
    assert DatasetVersion.objects.exists()
    answer = client.post(f"{PAGE}discard/", follow=True)
    assert "pets 1 is gone." in answer.content.decode()
    assert not DatasetVersion.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_published_version_stays(client: Client, olga: User, method: str) -> None:
    put_in(make_import(ImportState.DRAFTED, olga).version, VersionState.PUBLISHED)
    answer = getattr(client, method)(f"{PAGE}discard/", follow=True)
    assert "Retire it instead." in answer.content.decode()
    assert "discard/" not in page(client)
    assert DatasetVersion.objects.exists()


# The whole way ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_raw_files_become_a_published_version(client: Client, olga: User) -> None:
    client.post(reverse("console-dataset-new"), NEW)
    source = Import.objects.get()
    raw.upload(source, "pets.csv", raw.pets_csv())
    form = {**raw.OPTIONS, "read": ""}
    assert client.post(f"{PAGE}files/", form).status_code == 302
    assert raw.work(source).state == ImportState.DRAFTED
    assert "The draft has not been checked yet." in page(client)
    for verb in ("check", "build"):
        do(client, verb)
        raw.work(source)
    assert "Publish pets 1" in page(client)
    client.post(f"{PAGE}publish/", {"access": "public"})
    assert client.get("/datasets/pets/1/").status_code == 200
    html = page(client)
    assert "Deleted when the version was published." in html
    assert PETS.name in html
