"""Files are sent whole or in part as RFC 9110 says, and only when they are not known already."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.test import Client
from django.utils.http import http_date
from pytest_django import Settings

from podium import files
from podium.catalog.models import Access, DatasetVersion
from podium.challenges.models import Task
from tests.site import factories

CONTENT = bytes(range(100))
HASH = "a" * 64
ETAG = f'"{HASH}"'


@pytest.fixture
def version(matching_task: Task) -> DatasetVersion:
    """A public version with a file of a hundred bytes, a zip, an image and a figure."""
    version = matching_task.dataset_version
    version.profiled_at = version.published_at
    version.facts["files"]["images/a/p 1.svg"] = {"sha256": "c" * 64, "bytes": 6}
    version.save()
    for place, content in (
        (version.folder / "train.csv", CONTENT),
        (version.folder / "dataset.json", b"{}"),
        (version.folder / "images" / "a" / "p 1.svg", b"<svg/>"),
        (version.figures / "figures" / "classes.svg", b"<svg/>"),
        (version.archive, b"zip"),
    ):
        files.public().save(str(place), ContentFile(content))
    return version


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def get(version: DatasetVersion, client: Client, **headers: str) -> Any:
    """Return the answer to a request for the file, with headers as If_None_Match."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(version.file_url("train.csv"), headers=named)


def count(version: DatasetVersion) -> int:
    version.refresh_from_db()
    return version.downloads


def test_a_whole_file_says_what_it_is(version: DatasetVersion, client: Client) -> None:
    answer = get(version, client)
    assert (answer.status_code, body(answer)) == (200, CONTENT)
    assert version.published_at
    expected = {
        "ETag": ETAG,
        "Last-Modified": http_date(version.published_at.timestamp()),
        "Content-Length": "100",
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=3600",
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="train.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    assert count(version) == 1


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=90-", 90, 99),
        ("bytes=-5", 95, 99),
        ("bytes=-500", 0, 99),
        ("bytes=50-5000", 50, 99),
        ("bytes=0-", 0, 99),
        ("bytes= 3 - 4 ", 3, 4),
    ],
)
def test_a_part_is_sent_and_not_counted(
    version: DatasetVersion, client: Client, asked: str, first: int, last: int
) -> None:
    answer = get(version, client, Range=asked)
    assert (answer.status_code, body(answer)) == (206, CONTENT[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/100"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.headers["ETag"] == ETAG
    assert count(version) == 0


@pytest.mark.parametrize(
    "asked",
    [
        *("bytes=0-1,5-6", "bytes=9-3", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "0-5"),
        *("bytes=1-2-3", "bytes=٣-٤", "bytes=+1-2", "", f"bytes={'9' * 5000}-"),
    ],
)
def test_several_parts_and_what_is_no_range_get_the_whole(
    version: DatasetVersion, client: Client, asked: str
) -> None:
    answer = get(version, client, Range=asked)
    assert (answer.status_code, body(answer)) == (200, CONTENT)
    assert count(version) == 1


@pytest.mark.parametrize(
    "asked", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=9" + "9" * 40 + "-"]
)
def test_a_part_behind_the_end_is_told_the_size(
    version: DatasetVersion, client: Client, asked: str
) -> None:
    answer = get(version, client, Range=asked)
    assert (answer.status_code, body(answer)) == (416, b"")
    assert answer.headers["Content-Range"] == "bytes */100"
    assert count(version) == 0


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (ETAG, 206),
        ('"other"', 200),
        (f"W/{ETAG}", 200),
        ("{date}", 206),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
        ("nonsense", 200),
    ],
)
def test_a_part_of_another_file_is_not_sent(
    version: DatasetVersion, client: Client, condition: str, status: int
) -> None:
    assert version.published_at
    date = http_date(version.published_at.timestamp())
    answer = get(version, client, Range="bytes=1-2", If_Range=condition.format(date=date))
    assert answer.status_code == status
    assert body(answer) == (CONTENT if status == 200 else CONTENT[1:3])


@pytest.mark.parametrize("known", [ETAG, f'"x", {ETAG}', f"W/{ETAG}", "*"])
def test_what_is_known_is_not_sent_again(
    version: DatasetVersion, client: Client, known: str
) -> None:
    answer = get(version, client, If_None_Match=known)
    assert (answer.status_code, body(answer)) == (304, b"")
    assert answer.headers["ETag"] == ETAG
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert count(version) == 0


def test_dates_are_conditions_too(version: DatasetVersion, client: Client) -> None:
    assert version.published_at
    date = http_date(version.published_at.timestamp())
    assert get(version, client, If_Modified_Since=date).status_code == 304
    past = http_date(version.published_at.timestamp() - 10)
    assert body(get(version, client, If_Modified_Since=past)) == CONTENT
    assert get(version, client, If_Unmodified_Since=past).status_code == 412
    assert get(version, client, If_Match='"other"').status_code == 412


def test_a_head_is_the_same_without_the_body(version: DatasetVersion, client: Client) -> None:
    answer = client.head(version.file_url("train.csv"), headers={"Range": "bytes=1-2"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (answer.headers["Content-Length"], answer.headers["ETag"]) == ("100", ETAG)
    assert count(version) == 0


def test_no_other_method_is_taken(version: DatasetVersion, client: Client) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)(version.file_url("train.csv")).status_code == 405


def test_a_restricted_file_is_kept_by_no_shared_cache(
    version: DatasetVersion, as_user: Callable[[Any], Client]
) -> None:
    version.access = Access.SIGNED_IN
    version.save()
    client = as_user(factories.make_user("nina"))
    client.post(f"{version.get_absolute_url()}licence/")
    answer = get(version, client)
    body(answer)
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_file_that_is_lost_is_not_there(version: DatasetVersion, client: Client) -> None:
    files.public().delete(str(version.folder / "train.csv"))
    assert get(version, client).status_code == 404


@pytest.mark.parametrize("address", ["images/a/p 1.svg", "profile/figures/classes.svg"])
def test_what_is_shown_may_do_nothing(
    version: DatasetVersion, client: Client, address: str
) -> None:
    answer = client.get(f"{version.get_absolute_url()}{address}")
    assert body(answer) == b"<svg/>"
    assert answer.headers["Content-Type"] == "image/svg+xml"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert count(version) == 0


@pytest.mark.parametrize(
    "file",
    [
        *("figures/other.svg", "figures/../profile.json", "figures/.svg", "notes.txt", "figures"),
        *("thumbnails/x.html", "figures/a.svg/b", "../1/train.csv", "figures/%00.svg"),
    ],
)
def test_no_other_file_is_a_figure(version: DatasetVersion, client: Client, file: str) -> None:
    assert client.get(f"{version.get_absolute_url()}profile/{file}").status_code == 404


def test_nginx_sends_what_it_is_told_to(
    version: DatasetVersion, client: Client, settings: Settings
) -> None:
    settings.X_ACCEL_PREFIX = "/files/"
    answer = get(version, client)
    assert (answer.status_code, answer.content) == (200, b"")
    path = f"/files/datasets/{version.name}/1/train.csv"
    assert answer.headers["X-Accel-Redirect"] == path
    assert answer.headers["Content-Disposition"] == 'attachment; filename="train.csv"'
    assert count(version) == 1
    assert "X-Accel-Redirect" in get(version, client, Range="bytes=1-2").headers
    assert get(version, client, If_None_Match=ETAG).status_code == 304
    assert count(version) == 1
    shown = client.get(f"{version.get_absolute_url()}images/a/p 1.svg")
    assert shown.headers["X-Accel-Redirect"].endswith("/images/a/p%201.svg")


class Elsewhere(InMemoryStorage):
    """A storage that has addresses of its own and no paths, as S3 has."""

    def url(self, name: str | None) -> str:
        return f"https://bucket.example/{name}?signature=abc"


def test_a_storage_elsewhere_is_led_to_or_read_from(
    version: DatasetVersion, client: Client, settings: Settings
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": f"{__name__}.{Elsewhere.__name__}"},
    }
    files.public().save(str(version.folder / "train.csv"), ContentFile(CONTENT))
    assert body(get(version, client, Range="bytes=3-4")) == CONTENT[3:5]
    settings.DOWNLOAD_REDIRECT = True
    answer = get(version, client)
    assert answer.status_code == 302
    address = f"https://bucket.example/datasets/{version.name}/1/train.csv?signature=abc"
    assert answer.headers["Location"] == address
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert count(version) == 1
