"""Predictions that arrive once: large ones in parts, whatever breaks in between."""

import json
import re
from pathlib import Path

import pytest

from podium_client import Client, RefusedError, SiteError, uploads
from podium_client.uploads import remembered
from tests.client.state import API, TASK, Site, sha

BODY = b"id,prediction\n" + b"p1,cat\n" * 700
PARTS = f"{API}/uploads/.*"
SEND = f"{TASK}/submissions"


@pytest.fixture
def large(predictions: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that travels in parts of 1,000 bytes."""
    monkeypatch.setattr(uploads, "LARGE", 1000)
    predictions.write_bytes(BODY)
    return predictions


def kept(client: Client) -> list[Path]:
    return sorted((client.cache / "uploads").glob("*"))


def sent_from(site: Site) -> list[int]:
    return [int(seen.headers["Upload-Offset"]) for seen in site.asked("PATCH", PARTS)]


def test_a_small_file_travels_in_one_form(
    client: Client, signed_in: Site, predictions: Path
) -> None:
    task = client.task("cup/pets")
    found = task.submit(predictions, method="forest", note="ü", wait=False)
    assert (found["method"], found["note"]) == ("forest", "ü")
    assert found["sha256"] == sha(predictions.read_bytes())
    assert signed_in.uploads == {}
    assert kept(client) == []


def test_a_large_file_travels_in_parts(client: Client, signed_in: Site, large: Path) -> None:
    told: list[tuple[int, int]] = []
    found = client.task("cup/pets").submit(
        large, method="forest", wait=False, progress=lambda *done: told.append(done)
    )
    assert (found["sha256"], found["method"]) == (sha(BODY), "forest")
    assert sent_from(signed_in) == [0, 1000, 2000, 3000, 4000]
    assert told[0] == (0, len(BODY))
    assert told[-1] == (len(BODY), len(BODY))
    (begun,) = signed_in.asked("POST", f"{TASK}/uploads")
    assert json.loads(begun.body) == {"name": "mine.csv", "bytes": len(BODY), "sha256": sha(BODY)}
    assert kept(client) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"lose": True},  # it arrived, and nobody heard
        {},  # it did not arrive
        {"status": 503, "body": b"soon"},
        {"status": 429, "body": b"slow", "headers": {"Retry-After": "1"}},
    ],
)
def test_an_interrupted_part_goes_on_from_what_arrived(
    client: Client, signed_in: Site, large: Path, fault: dict[str, object]
) -> None:
    signed_in.fail("PATCH", PARTS, times=2, **fault)
    assert client.task("cup/pets").submit(large, wait=False)["sha256"] == sha(BODY)
    assert signed_in.uploads["u0"]["content"] == BODY


def test_a_second_run_goes_on_where_the_first_one_ended(
    client: Client, signed_in: Site, large: Path
) -> None:
    client.task("cup/pets")
    signed_in.chunk_bytes = 2000
    signed_in.fail("PATCH", PARTS, lose=True)
    signed_in.fail("PATCH", PARTS, times=20)
    with pytest.raises(SiteError, match="broke off"):
        client.task("cup/pets").submit(large, wait=False)
    assert len(kept(client)) == 1
    signed_in.faults.clear()
    signed_in.seen.clear()
    assert client.task("cup/pets").submit(large, wait=False)["sha256"] == sha(BODY)
    assert sent_from(signed_in) == [2000, 4000]
    assert list(signed_in.uploads) == ["u0"]


def test_an_upload_that_the_site_dropped_is_begun_anew(
    client: Client, signed_in: Site, large: Path
) -> None:
    pending = remembered(client.cache, signed_in.url, TASK.removeprefix(f"{API}/"), sha(BODY))
    pending.upload = "gone"
    pending.keep()
    assert client.task("cup/pets").submit(large, wait=False)["sha256"] == sha(BODY)


def test_an_upload_of_another_length_is_begun_anew(
    client: Client, signed_in: Site, large: Path
) -> None:
    pending = remembered(client.cache, signed_in.url, TASK.removeprefix(f"{API}/"), sha(BODY))
    pending.upload = "u0"
    pending.keep()
    signed_in.uploads["u0"] = {"id": "u0", "name": "x", "bytes": 5, "sha256": "", "content": b""}
    assert client.task("cup/pets").submit(large, wait=False)["sha256"] == sha(BODY)
    assert list(signed_in.uploads) == ["u0", "u1"]


@pytest.mark.parametrize("in_parts", [False, True])
@pytest.mark.parametrize("fault", [{"lose": True}, {"status": 502, "body": b""}])
def test_a_lost_answer_makes_no_second_submission(
    client: Client,
    signed_in: Site,
    large: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_parts: bool,
    fault: dict[str, object],
) -> None:
    monkeypatch.setattr(uploads, "LARGE", 1000 if in_parts else 10**6)
    signed_in.fail("POST", SEND, times=2, **fault)
    client.task("cup/pets").submit(large, wait=False)
    assert len(signed_in.submissions) == 1
    keys = {seen.headers["Idempotency-Key"] for seen in signed_in.asked("POST", SEND)}
    assert len(keys) == 1
    assert re.fullmatch(r"[0-9a-f]{32}", keys.pop())


def test_a_second_run_after_a_lost_answer_finds_the_first_submission(
    client: Client, signed_in: Site, predictions: Path
) -> None:
    signed_in.fail("POST", SEND, lose=True, times=5)
    task = client.task("cup/pets")
    with pytest.raises(SiteError):
        task.submit(predictions, wait=False)
    found, was_there = task.send(predictions)
    assert was_there
    assert [found["id"]] == [each["id"] for each in signed_in.submissions]
    assert not task.send(predictions)[1]
    assert len(signed_in.submissions) == 2


def test_an_upload_that_is_used_up_is_sent_once_more_with_the_same_key(
    client: Client, signed_in: Site, large: Path
) -> None:
    body = {"code": "not_found", "detail": "No such upload."}
    signed_in.fail("POST", SEND, status=404, body=body)
    client.task("cup/pets").submit(large, wait=False)
    keys = {seen.headers["Idempotency-Key"] for seen in signed_in.asked("POST", SEND)}
    assert (len(keys), len(signed_in.uploads), len(signed_in.submissions)) == (1, 2, 1)


def test_a_refused_file_waits_with_its_upload_for_another_day(
    client: Client, signed_in: Site, large: Path
) -> None:
    body = {"code": "quota", "detail": "5 a day."}
    signed_in.fail("POST", SEND, status=409, body=body)
    task = client.task("cup/pets")
    with pytest.raises(RefusedError, match="5 a day"):
        task.submit(large, wait=False)
    signed_in.seen.clear()
    task.submit(large, wait=False)
    assert sent_from(signed_in) == []


def test_a_key_that_was_used_for_another_file_is_replaced(
    client: Client, signed_in: Site, predictions: Path
) -> None:
    signed_in.fail("POST", SEND, status=409, body={"code": "key_reused", "detail": "Another."})
    task = client.task("cup/pets")
    with pytest.raises(RefusedError):
        task.submit(predictions, wait=False)
    assert kept(client) == []


def test_a_damaged_memory_is_forgotten(client: Client, signed_in: Site, large: Path) -> None:
    pending = remembered(client.cache, signed_in.url, TASK.removeprefix(f"{API}/"), sha(BODY))
    pending.keep()
    pending.file.write_text("{")
    assert client.task("cup/pets").submit(large, wait=False)["sha256"] == sha(BODY)


def test_what_was_checked_need_not_travel_again(
    client: Client, signed_in: Site, large: Path
) -> None:
    task = client.task("cup/pets")
    assert task.validate(large)["state"] == "valid"
    signed_in.seen.clear()
    task.submit(large, wait=False)
    assert sent_from(signed_in) == []
