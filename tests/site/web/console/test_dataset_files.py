"""Raw files by a plain form, and the options with which they are read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from podium import workers
from podium.accounts.models import User
from podium.catalog.actions.imports import SET_BY_US
from podium.catalog.models import Import, ImportState, RawFile
from podium.web.console.datasets.forms import OptionsForm
from tabset.importers import IMPORTERS
from tests.site.catalog import raw
from tests.site.web.console.datasets import again, make_import

PAGE = "/console/datasets/pets/1/"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the imports that were sent to the queue."""
    found: list[int] = []
    monkeypatch.setattr("podium.celery.send", lambda task, pk: found.append(pk))
    monkeypatch.setattr(workers, "workers_alive", list)
    return found


@pytest.fixture
def source(olga: User) -> Import:
    return make_import(ImportState.UPLOADING, olga)


@pytest.fixture
def client(as_user: Callable[[User | None], Client], olga: User) -> Client:
    return as_user(olga)


def send(client: Client, *files: tuple[str, bytes], **fields: str) -> Any:
    """Send the form with these files."""
    made = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(f"{PAGE}files/", {"files": made, **fields})


def left(tmp_path: Path) -> list[Path]:
    """Return what is in the folder for uploads."""
    return list((tmp_path / "upload").iterdir())


# Files -----------------------------------------------------------------------------------------


def test_several_files_arrive_and_the_options_stay_typed(
    client: Client, source: Import, tmp_path: Path
) -> None:
    large = b"x" * 3_000_000
    answer = send(client, ("a.csv", b"a,b\n"), ("b.zip", large), label="", test_share="odd")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert {f.name: (f.size, f.is_complete) for f in source.raw_files.all()} == {
        "a.csv": (4, True),
        "b.zip": (3_000_000, True),
    }
    assert "Please fix" not in html
    assert 'value="odd"' in html
    assert left(tmp_path) == []


def test_one_button_sends_and_reads(client: Client, source: Import, sent: list[int]) -> None:
    answer = send(client, ("a.csv", b"a,b\n"), label="b", licence="CC0", read="")
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#files")
    assert (again(source).state, again(source).step) == ("queued", "import")
    assert again(source).options == {"label": "b", "licence": "CC0"}
    assert sent == [source.pk]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("-rf", b"x", "cannot be a file&#x27;s name here"),
        ("a:b.csv", b"x", "cannot be a file&#x27;s name here"),
        ("b.csv", b"other", "was begun with 3 bytes"),
        ("b.csv", b"abc", "has arrived up to byte 3"),
    ],
)
def test_a_file_that_is_refused_is_named_and_the_others_are_kept(
    client: Client, source: Import, sent: list[int], name: str, content: bytes, said: str
) -> None:
    raw.upload(source, "b.csv", b"abc")
    answer = send(client, (name, content), ("good.csv", b"x"), label="kind", read="")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert said in html
    assert 'value="kind"' in html
    assert set(source.raw_files.values_list("name", flat=True)) == {"b.csv", "good.csv"}
    assert sent == []


def test_files_that_are_too_much_are_refused_and_leave_nothing(
    client: Client, source: Import, settings: Settings, tmp_path: Path
) -> None:
    settings.DATASET_UPLOAD_BYTES = 1000
    answer = client.post(
        f"{PAGE}files/",
        {"files": [SimpleUploadedFile("a.csv", b"x" * 1_100_000)], "read": ""},
        follow=True,
    )
    assert "more than the 1,000 bytes that may be sent here" in answer.content.decode()
    assert not RawFile.objects.exists()
    assert left(tmp_path) == []


def test_very_many_files_are_to_come_as_a_zip(
    client: Client, source: Import, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    made = [SimpleUploadedFile(f"{n}.csv", b"x") for n in range(3)]
    answer = client.post(f"{PAGE}files/", {"files": made}, follow=True)
    assert "A form takes up to 2 files. Upload them as one zip." in answer.content.decode()
    assert not RawFile.objects.exists()
    assert left(tmp_path) == []


def test_a_stranger_s_files_are_not_even_read(
    source: Import, as_user: Callable[[User | None], Client], alice: User, tmp_path: Path
) -> None:
    assert send(as_user(alice), ("a.csv", b"x")).status_code == 404
    assert not RawFile.objects.exists()
    assert left(tmp_path) == []


def test_files_without_the_token_are_refused(source: Import, olga: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    assert send(client, ("a.csv", b"x")).status_code == 403
    assert not RawFile.objects.exists()


def test_files_stay_out_while_a_worker_reads(client: Client, source: Import) -> None:
    Import.objects.update(state=ImportState.QUEUED, queued_at=source.created_at)
    answer = send(client, ("a.csv", b"x"))
    assert answer.status_code == 422
    assert not RawFile.objects.exists()


def test_the_page_lists_what_arrived_and_how_far(client: Client, source: Import) -> None:
    raw.upload(source, "a.csv", b"x" * 2000)
    RawFile.objects.create(source=source, name="b.csv", size=5000, received=1000)
    html = client.get(PAGE).content.decode()
    assert "2 kB" in html
    assert "1 kB: choose it again, and it goes on from there" in html
    assert f'data-raw="{reverse("raw-file", args=["pets", 1, "NAME"])}"' in html
    assert "podium/upload.js" in html


def test_a_file_is_removed(client: Client, source: Import) -> None:
    raw.upload(source, "a.csv", b"x")
    answer = client.post(f"{PAGE}files/remove/", {"file": "a.csv"})
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#files")
    assert not RawFile.objects.exists()
    answer = client.post(f"{PAGE}files/remove/", {"file": "a.csv"}, follow=True)
    assert "There is no raw file" in answer.content.decode()


# Options ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", IMPORTERS)
def test_the_form_has_every_option_once_and_the_required_ones_first(name: str) -> None:
    form = OptionsForm(importer=name)
    shown = [*form.needed, *(field for _, fields in form.groups for field in fields)]
    known = {option.name for option in IMPORTERS[name].options} - SET_BY_US
    assert sorted(field.name for field in shown) == sorted(known)
    required = [field.field.required for field in form.needed]
    assert required == sorted(required, reverse=True)
    assert all(field.help_text.endswith(".") for field in shown)


@pytest.mark.parametrize(
    ("options", "field", "said"),
    [
        ({"label": ""}, "label", "This field is required"),
        ({"test_share": "2"}, "test_share", "expected a number between 0 and 1"),
        ({"public_share": "half"}, "public_share", "expected a number between 0 and 1"),
        ({"images": "/etc"}, "images", "name files as they are called in the upload"),
        ({"images": "a/../.."}, "images", "name files as they are called in the upload"),
        ({"order": "sorted"}, "order", "sorted is not one of the available choices"),
        ({"id": "a\0b"}, "id", "Null characters are not allowed"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_is_told_beside_it(
    client: Client, source: Import, sent: list[int], options: dict[str, str], field: str, said: str
) -> None:
    raw.upload(source, "a.csv", b"x")
    answer = send(client, **{"label": "kind", "origin": "A <zoo>.", "read": "", **options})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert f'<a href="#option_{field}">' in html
    assert said in html.partition(f'id="option_{field}_error"')[2][:300]
    assert "A &lt;zoo&gt;." in html
    assert sent == []


def test_without_files_nothing_is_read(client: Client, source: Import, sent: list[int]) -> None:
    answer = send(client, label="kind", origin="A zoo.", read="")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "There is nothing to import yet." in html
    assert 'value="A zoo."' in html
    assert sent == []


def test_a_space_can_separate_cells(client: Client, source: Import) -> None:
    send(client, ("a.txt", b"a b\n"), label="b", delimiter=" ", read="")
    assert again(source).options["delimiter"] == " "


def test_the_options_that_were_given_stand_in_the_form(client: Client, source: Import) -> None:
    Import.objects.update(options={"label": "kind", "order": "shuffle"})
    html = client.get(PAGE).content.decode()
    assert 'value="kind"' in html
    assert '<option value="shuffle" selected>' in html
