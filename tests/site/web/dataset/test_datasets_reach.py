"""Every address of a data set version keeps its rule and its licence, however it is asked."""

import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from podium import files
from podium.accounts.models import User
from podium.catalog.models import Access, DatasetVersion, VersionState
from podium.challenges.models import Task
from tests.site import factories

ClientOf = Callable[[str], Client]
SECRET = b"a row of the data"
# What holds values of the data, and so comes after the licence.
OF_DATA = (
    *("files/train.csv", "files/dataset.json", "files/{archive}", "images/1.png"),
    *("thumbnails/1.png", "rows/train/", "profile/thumbnails/1.png", "profile/profile.json"),
)
OF_PAGE = ("", "profile/figures/classes.svg")
STATES = (VersionState.DRAFT, VersionState.CHECKED, VersionState.PUBLISHED, VersionState.RETIRED)


@pytest.fixture
def version(matching_task: Task) -> DatasetVersion:
    """A version with a file of every kind, which a task of an open challenge uses."""
    version = matching_task.dataset_version
    version.facts["files"]["images/1.png"] = {"sha256": "c" * 64, "bytes": 6}
    version.profiled_at = timezone.now()
    version.save()
    image, table = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (9, 9)).save(image, "PNG")
    pq.write_table(pa.table({"id": ["1"], "label": ["0"]}), table)
    for place, content in {
        version.folder / "train.csv": ContentFile(SECRET),
        version.folder / "dataset.json": ContentFile(SECRET),
        version.folder / "train.parquet": ContentFile(table.getvalue()),
        version.folder / "images" / "1.png": ContentFile(image.getvalue()),
        version.figures / "profile.json": ContentFile(b"{}"),
        version.figures / "figures" / "classes.svg": ContentFile(b"<svg/>"),
        version.figures / "thumbnails" / "1.png": ContentFile(image.getvalue()),
        version.archive: ContentFile(SECRET),
    }.items():
        files.public().save(str(place), content)
    return version


def change(version: DatasetVersion, **fields: Any) -> None:
    DatasetVersion.objects.filter(pk=version.pk).update(**fields)
    version.refresh_from_db()


def in_state(version: DatasetVersion, state: str) -> None:
    now = timezone.now()
    is_released = state in {VersionState.PUBLISHED, VersionState.RETIRED}
    change(
        version,
        state=state,
        content_hash="" if state == VersionState.DRAFT else "d" * 64,
        published_at=now if is_released else None,
        retired_at=now if state == VersionState.RETIRED else None,
    )


def addresses(version: DatasetVersion) -> list[str]:
    base = version.get_absolute_url()
    return [base + rest.format(archive=version.archive.name) for rest in (*OF_PAGE, *OF_DATA)]


def asked(client: Client, address: str, tag: str = "") -> list[Any]:
    """Return the answers to each way to ask for an address."""
    known = {"If-None-Match": tag or "*"}
    answers = [
        client.get(address),
        client.head(address),
        client.get(address, headers={"Range": "bytes=0-3"}),
        client.get(address, headers={"Range": "bytes=0-3", "If-Range": tag or '"x"'}),
        client.get(address, headers=known),
        client.head(address, headers=known),
        client.get(address, headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
        client.get(address, headers={"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}),
    ]
    for answer in answers:
        answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answers


@pytest.mark.parametrize("state", STATES[:2])
@pytest.mark.parametrize("access", Access.values)
def test_what_is_not_out_is_hidden_however_it_is_asked(
    version: DatasetVersion, client_of: ClientOf, state: str, access: str
) -> None:
    in_state(version, state)
    change(version, access=access)
    for person in ("anonymous", "charlie", "olga"):
        client = client_of(person)
        for address in addresses(version):
            assert client.get(address).status_code == 404, (person, address)
    client = client_of("alice")
    for address in addresses(version):
        assert {answer.status_code for answer in asked(client, address)} == {404}, address


@pytest.mark.parametrize("state", STATES[2:])
def test_a_restricted_version_sends_strangers_nothing_however_it_is_asked(
    version: DatasetVersion, client_of: ClientOf, state: str
) -> None:
    in_state(version, state)
    staff = client_of("sam")
    of_data = addresses(version)[len(OF_PAGE) :]
    tags = {asked(staff, address)[0].headers.get("ETag") for address in of_data} - {None}
    assert len(tags) > 3
    for access, person, expected in (
        (Access.SIGNED_IN, "anonymous", 302),
        (Access.PARTICIPANTS, "anonymous", 302),
        (Access.PARTICIPANTS, "charlie", 404),
    ):
        change(version, access=access)
        client = client_of(person)
        for address in addresses(version):
            for answer in asked(client, address):
                assert answer.status_code == expected, (access, person, address)
                assert answer.headers.get("ETag") not in tags
                if expected == 302:
                    assert answer.headers["Location"].startswith("/accounts/login/")


def test_data_come_after_the_licence_however_they_are_asked_for(
    version: DatasetVersion, client_of: ClientOf, charlie: User
) -> None:
    change(version, access=Access.SIGNED_IN)
    client = client_of("charlie")
    base = version.get_absolute_url()
    to_licence = f"{base}#licence"
    paths = [base + rest.format(archive=version.archive.name) for rest in OF_DATA]
    for address in paths:
        for answer in asked(client, address):
            assert answer.headers.get("Location") == to_licence, address
            assert "ETag" not in answer.headers
    client.post(f"{base}licence/")
    for address in paths:
        first = asked(client, address)[0]
        assert first.status_code == 200, address
        tag = first.headers.get("ETag", "")
        for answer in asked(client, address, tag):
            assert answer.status_code in {200, 206, 304, 412}, address
            assert "public" not in answer.headers.get("Cache-Control", ""), address
    version.refresh_from_db()
    assert version.downloads


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://x.example/ y"]
)
def test_a_licence_leads_nowhere_but_to_a_page(
    version: DatasetVersion, client_of: ClientOf, url: str
) -> None:
    version.profiled_at = None
    version.facts["licence"]["url"] = url
    version.access = Access.SIGNED_IN
    version.save()
    html = client_of("charlie").get(version.get_absolute_url()).content.decode()
    assert "Accept the licence first" in html
    assert url not in html
    version.facts["licence"]["url"] = "https://terms.example/a"
    version.save()
    html = client_of("charlie").get(version.get_absolute_url()).content.decode()
    assert html.count('href="https://terms.example/a"') == 2


def test_small_images_of_what_may_be_built_anew_are_not_kept(
    version: DatasetVersion, client_of: ClientOf
) -> None:
    in_state(version, VersionState.CHECKED)
    answer = client_of("sam").get(f"{version.get_absolute_url()}thumbnails/1.png")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-cache")


def test_a_draft_of_somebody_else_takes_and_tells_nothing(
    db: None, client_of: ClientOf, olga: User
) -> None:
    draft = factories.make_draft()
    factories.make_raw_file(draft)
    address = f"{draft.get_absolute_url()}raw/raw.csv"
    sent = {"Upload-Offset": "0", "Upload-Length": "1"}
    for person, expected in (("anonymous", 302), ("charlie", 404), ("olga", 404)):
        client = client_of(person)
        for answer in (
            client.get(address),
            client.head(address),
            client.put(address, b"x", headers=sent),
            client.delete(address),
        ):
            assert answer.status_code == expected, person
    assert draft.source.raw_files.get().received == 100


@pytest.mark.parametrize(
    "name", ["%00", "a%00.csv", "%e2%80%ae.csv", "%0d%0aX-Y: z", "..%2f..%2fx"]
)
def test_an_odd_name_of_a_raw_file_is_not_there(db: None, client_of: ClientOf, name: str) -> None:
    draft = factories.make_draft()
    client = client_of("sam")
    address = f"{draft.get_absolute_url()}raw/{name}"
    sent = {"Upload-Offset": "0", "Upload-Length": "1"}
    assert client.get(address).status_code == 404
    assert client.head(address).status_code == 404
    assert client.delete(address).status_code in {404, 422}
    assert client.put(address, b"x", headers=sent).status_code in {404, 422}
