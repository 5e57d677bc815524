"""Another format for raw files that are here: read first, and what does not fit is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from podium import workers
from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.actions import imports
from podium.catalog.models import Import, ImportState, VersionState
from tabset.draft import SplitRule
from tests.site import factories
from tests.site.web.console.datasets import PETS, SHOP, again, as_sent, make_import, put_in

PAGE = "/console/datasets/pets/1/"
FORMAT = f"{PAGE}format/"


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podium.celery.send", lambda task, pk: None)
    monkeypatch.setattr(workers, "workers_alive", list)


@pytest.fixture
def source(olga: User) -> Import:
    draft = json.loads(json.dumps(PETS.to_json()))
    fields = {"options": {"label": "kind", "split": "side", "delimiter": ";"}, "staged": 1}
    source = make_import(ImportState.DRAFTED, olga, draft=draft, **fields)
    factories.make_raw_file(source.version)
    return source


@pytest.fixture
def client(as_user: Callable[[User | None], Client], olga: User) -> Client:
    return as_user(olga)


def planned(client: Client, importer: str) -> str:
    answer = client.post(FORMAT, {"importer": importer})
    assert answer.status_code == 200
    return answer.content.decode()


def changed(client: Client, importer: str) -> str:
    sent = as_sent(planned(client, importer), "/format/")
    return client.post(FORMAT, sent.dict(), follow=True).content.decode()


def test_what_changes_is_read_first(client: Client, source: Import) -> None:
    html = planned(client, "imagefolder")
    assert "Nothing has happened yet." in html
    assert "The 1 raw file stays and can be read" in html
    for label in ("Label", "Split", "Classes"):
        assert f"<li>{label}: imagefolder has no such field.</li>" in html
    assert "Types, names and descriptions of columns" in html
    assert "<dt>Description</dt>" in html
    assert "<dt>Delimiter</dt>" in html
    assert again(source).importer == "table"
    assert not Event.objects.exists()


def test_raw_files_and_what_fits_stay_and_the_rest_is_named(
    client: Client, source: Import, olga: User
) -> None:
    html = changed(client, "kaggle")
    assert "The format is kaggle now. Dropped, since kaggle has no such field: Split, Classes." in (
        html
    )
    assert "The raw files are as they were: read them again." in html
    found = again(source)
    assert (found.importer, found.state, found.draft, found.findings) == (
        *("kaggle", ImportState.UPLOADING),
        *(None, []),
    )
    assert found.raw_files.count() == 1
    assert found.options == {
        "label": "kind", "delimiter": ";", "description": PETS.description, "slices": "born",
        "licence": "CC0", "licence_url": "https://example.org/cc0", "ids": "keep",
        "image_names": "keep", "order": "keep", "test_share": "0.25", "public_share": "0.3",
    }  # fmt: skip
    assert 'name="label" value="kind"' in html
    assert "Name the pet." in html
    event = Event.objects.get()
    assert (event.verb, event.actor_id) == ("changed format", olga.pk)
    assert event.facts == {
        "version": "pets 1", "before": "table", "after": "kaggle", "dropped": ["split", "classes"]
    }  # fmt: skip
    imports.request_import(source=found, options=found.options)
    assert again(source).state == ImportState.QUEUED


def test_a_secret_that_is_dropped_is_named_and_never_shown(client: Client, source: Import) -> None:
    split = SplitRule(shared_salt="a secret of many letters")
    Import.objects.update(draft=replace(SHOP, split=split).to_json())
    html = planned(client, "kaggle")
    assert "<li>Salt shared with sister data sets: kaggle has no such field.</li>" in html
    assert "<li>Label of a non-match: kaggle has no such field.</li>" in html
    assert "a secret of many letters" not in html + changed(client, "kaggle")
    assert "secret of many" not in str(list(Event.objects.values()))


def test_without_a_draft_only_options_change(client: Client, olga: User) -> None:
    source = make_import(ImportState.UPLOADING, olga)
    html = planned(client, "magellan")
    assert "There are no raw files yet." in html
    assert "Dropped" not in html
    assert "The format is magellan now. The raw files" in changed(client, "magellan")
    assert again(source).importer == "magellan"


@pytest.mark.parametrize(
    ("importer", "said"),
    [
        ("", "Choose a format."),
        ("excel", "excel is not one of the available choices."),
        ("table", "table is not one of the available choices."),
    ],
)
def test_a_format_that_cannot_be_is_refused_next_to_its_field(
    client: Client, source: Import, importer: str, said: str
) -> None:
    answer = client.post(FORMAT, {"importer": importer})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#format_importer">' in html
    assert said in html
    assert again(source).importer == "table"


def test_nothing_changes_if_the_draft_has_changed_since(client: Client, source: Import) -> None:
    sent = as_sent(planned(client, "kaggle"), "/format/")
    Import.objects.update(options={"label": "other"})
    answer = client.post(FORMAT, sent.dict())
    assert answer.status_code == 422
    assert "The draft has changed since. Read again what would happen now." in (
        answer.content.decode()
    )
    assert again(source).importer == "table"


@pytest.mark.parametrize("state", [ImportState.QUEUED, ImportState.RUNNING, VersionState.CHECKED])
def test_the_format_stays_while_a_worker_reads_and_once_it_is_built(
    client: Client, source: Import, state: Any
) -> None:
    if state == VersionState.CHECKED:
        put_in(source.version, state)
    else:
        fields = {"lease_until": "2030-01-01T00:00:00Z"} if state == ImportState.RUNNING else {}
        Import.objects.update(state=state, **fields)
    answer = client.post(FORMAT, {"importer": "kaggle"})
    assert answer.status_code == 422
    assert again(source).importer == "table"
