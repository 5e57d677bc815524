"""Public files are sent, and nothing else."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import NoReverseMatch, reverse

from podium import files
from podium.catalog.models import DatasetVersion
from tests.site.web.conftest import World


@pytest.fixture
def version(world: World) -> DatasetVersion:
    """A version with every kind of file, and files in its folder that it does not list."""
    version = world.task.dataset_version
    listed = {"sha256": "a" * 64, "bytes": 3}
    version.facts["files"] |= {"test.parquet": listed, "images/p1.png": listed}
    version.save()
    for name in ("test.parquet", "dataset.json", "images/p1.png", "notes.txt"):
        files.public().save(str(version.folder / name), ContentFile(b"abc"))
    files.public().save(str(version.archive), ContentFile(b"zip"))
    files.private().save(world.task.solution.file, ContentFile(b"labels"))
    return version


def get(client: Client, version: DatasetVersion, file: str) -> int:
    address = f"/datasets/{version.name}/{version.number}/files/{file}"
    answer = client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("train.csv", "text/csv; charset=utf-8"),
        ("test.parquet", "application/vnd.apache.parquet"),
        ("dataset.json", "application/json"),
    ],
)
def test_a_listed_file_is_sent_as_a_download(
    version: DatasetVersion, client: Client, file: str, kind: str
) -> None:
    answer = client.get(version.file_url(file))
    assert b"".join(answer.streaming_content)
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}"'


def test_everything_comes_as_one_zip(version: DatasetVersion, client: Client) -> None:
    answer = client.get(version.archive_url)
    assert b"".join(answer.streaming_content) == b"zip"
    assert answer.headers["Content-Type"] == "application/zip"


@pytest.mark.parametrize(
    "file",
    [
        "notes.txt",
        "missing.csv",
        "images",
        "images/",
        "images/p1.png",
        "images%2Fp1.png",
        "solution.parquet",
        "secret-solution.parquet",
        "..",
        "../train.csv",
        "..%2F..%2F..%2F..%2Fprivate%2Fsolution.parquet",
        "%2Fetc%2Fpasswd",
        "train.csv%00.png",
        ".",
    ],
)
def test_what_is_not_listed_is_not_there(
    version: DatasetVersion, client_of: Callable[[str], Client], file: str
) -> None:
    for person in ("anonymous", "olga", "sam"):
        assert get(client_of(person), version, file) == 404


def test_a_solution_has_no_address(version: DatasetVersion, client: Client, world: World) -> None:
    assert get(client, version, world.task.solution.file) == 404
    with pytest.raises(NoReverseMatch):
        reverse("download", args=[version.name, version.number, world.task.solution.file])


def test_another_version_or_name_is_not_there(version: DatasetVersion, client: Client) -> None:
    assert client.get(f"/datasets/{version.name}/2/files/train.csv").status_code == 404
    assert client.get("/datasets/nothing/1/files/train.csv").status_code == 404
