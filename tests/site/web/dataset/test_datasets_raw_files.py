"""Raw files are put piece by piece, by those who may edit the draft."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from podium.accounts.models import User
from podium.catalog.models import DatasetVersion, Import, ImportState, RawFile
from podium.challenges.models import Challenge
from tests.site import factories

ClientOf = Callable[[str], Client]


@pytest.fixture
def draft(challenge: Challenge, olga: User) -> DatasetVersion:
    """A draft that Olga may edit."""
    draft = factories.make_draft()
    draft.editors.add(olga)
    return draft


def put(
    client: Client, content: bytes, offset: Any = 0, length: Any = 10, name: str = "a.csv"
) -> Any:
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(length)}
    address = f"/datasets/drafted/1/raw/{name}"
    return client.put(address, content, content_type="application/octet-stream", headers=headers)


def test_a_file_comes_in_chunks_and_is_looked_at_and_removed(
    draft: DatasetVersion, client_of: ClientOf
) -> None:
    client = client_of("olga")
    assert client.head("/datasets/drafted/1/raw/a.csv").status_code == 404
    answer = put(client, b"0123")
    assert (answer.status_code, answer.json()) == (
        *(200, {"received": 4, "size": 10, "complete": False}),
    )
    headers = client.head("/datasets/drafted/1/raw/a.csv").headers
    assert (headers["Upload-Offset"], headers["Upload-Length"]) == ("4", "10")
    assert "no-store" in headers["Cache-Control"]
    late = put(client, b"9", offset=9)
    assert (late.status_code, late.json()["received"]) == (409, 4)
    assert put(client, b"456789", offset=4).status_code == 200
    assert client.delete("/datasets/drafted/1/raw/a.csv").status_code == 204
    assert not RawFile.objects.exists()


def test_a_chunk_larger_than_a_form_may_be_is_taken(
    draft: DatasetVersion, client_of: ClientOf
) -> None:
    content = b"x" * 3_000_000
    assert put(client_of("olga"), content, length=len(content)).status_code == 200


@pytest.mark.parametrize(
    ("person", "status"),
    [("anonymous", 302), ("charlie", 404), ("alice", 404), ("viktor", 404), ("sam", 200)],
)
def test_who_may_not_edit_the_draft_sees_and_puts_nothing(
    draft: DatasetVersion, client_of: ClientOf, person: str, status: int
) -> None:
    put(client_of("olga"), b"01")
    client = client_of(person)
    assert put(client, b"23", offset=2).status_code == status
    assert client.get("/datasets/drafted/1/raw/a.csv").status_code == status
    assert RawFile.objects.get().received == (4 if person == "sam" else 2)
    removed = client.delete("/datasets/drafted/1/raw/a.csv").status_code
    assert removed == (204 if person == "sam" else status)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"offset": "x"}, "Upload-Offset"),
        ({"offset": -1}, "Upload-Offset"),
        ({"length": ""}, "Upload-Length"),
        ({"length": "9" * 40}, "Upload-Length"),
        ({"length": "٣"}, "Upload-Length"),
        ({"length": 0}, "is empty"),
        ({"length": 1}, "more bytes than was announced"),
        ({"length": 10**15}, "more than the"),
        ({"name": "..%2f..%2fx"}, "cannot be a file's name"),
        ({"name": "a%00b"}, "cannot be a file's name"),
        ({"name": "%e2%80%aegpj.csv"}, "cannot be a file's name"),
    ],
    ids=str,
)
def test_a_bad_piece_is_refused_in_words(
    draft: DatasetVersion, client_of: ClientOf, fields: dict[str, Any], said: str
) -> None:
    if not str(fields.get("length", "")).isascii():
        fields = {**fields, "length": fields["length"].encode().decode("latin-1")}
    answer = put(client_of("olga"), b"01", **fields)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


def test_files_stay_while_they_are_read(draft: DatasetVersion, client_of: ClientOf) -> None:
    put(client_of("olga"), b"01")
    Import.objects.update(state=ImportState.QUEUED)
    answer = put(client_of("olga"), b"2", offset=2)
    assert (answer.status_code, "cannot be changed now" in answer.json()["error"]) == (422, True)


def test_a_chunk_needs_its_token(draft: DatasetVersion, olga: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    assert put(client, b"01").status_code == 403
    assert not RawFile.objects.exists()


def test_a_version_without_an_import_takes_no_files(db: None, client_of: ClientOf) -> None:
    factories.make_dataset_version("matching", "drafted")
    assert put(client_of("sam"), b"01").status_code == 404
