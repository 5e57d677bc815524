"""What goes wrong ends in a sentence and an exit code, never in a traceback or with a token."""

from pathlib import Path

import pytest

from podium_client import PodiumError, Task
from podium_client.cli.text import plain
from podium_client.errors import refusal
from tests.client.conftest import Podium, told
from tests.client.server import PROBLEMS, submission
from tests.client.state import API, TASK, TOKEN, Site


def problem(status: int, code: str = "x", **more: object) -> dict[str, object]:
    return {"title": "No", "status": status, "code": code, "detail": f"Because of {code}.", **more}


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [
        (400, "bad_request", 2),
        (401, "sign_in", 3),
        (403, "scope", 3),
        (403, "closed_to_you", 3),
        (404, "not_found", 4),
        (409, "quota", 5),
        (409, "closed", 5),
        (409, "too_often", 5),
        (409, "rules", 3),
        (409, "rules_changed", 3),
        (409, "disqualified", 3),
        (409, "not_scored", 5),
        (409, "bad_text", 2),
        (409, "too_slow", 6),
        (409, "not_a_table", 1),
        (409, "too_large", 1),
        (409, "gone", 4),
        (409, "no_room", 6),
        (410, "gone", 4),
        (413, "too_large", 1),
        (415, "not_json", 1),
        (422, "invalid", 2),
        (429, "too_many_requests", 5),
        (500, "our_fault", 6),
        (503, "no_room", 6),
    ],
)
def test_every_refusal_has_its_exit_code(
    signed_in: Site, podium: Podium, predictions: Path, status: int, code: str, ends: int
) -> None:
    body = problem(status, code)
    signed_in.fail("POST", f"{TASK}/submissions", status=status, body=body, times=10)
    arguments = ("submit", "cup/pets", "-f", str(predictions))
    result = podium(*arguments)
    assert result.exit_code == ends
    assert f"Because of {code}." in result.stderr
    assert result.stdout == ""
    error = told(podium(*arguments, "--json"))["error"]
    assert error == {
        "title": "No",
        "detail": f"Because of {code}.",
        "code": code,
        "status": status,
        "exit_code": ends,
        "errors": [],
        "problems": [],
        "retry_at": None,
    }
    assert TOKEN not in result.output


def test_a_refusal_tells_fields_problems_and_when_to_come_back() -> None:
    errors = [{"where": "body.note", "message": "Too long."}]
    body = problem(422, errors=errors, retry_at="2026-11-22T00:00:00Z")
    found = refusal(422, body)
    assert found.exit_code == 2
    assert found.errors == errors
    assert refusal(422, problem(422, problems=PROBLEMS)).exit_code == 1
    assert refusal(418, {}).title == "The site answered with 418."
    assert refusal(422, problem(422, errors="odd", problems=[1])).errors == []


def test_a_refusal_is_printed_with_all_that(
    signed_in: Site, podium: Podium, predictions: Path
) -> None:
    errors = [{"where": "body.note", "message": "Too long."}]
    body = problem(409, "quota", errors=errors, retry_at="2026-11-22T00:00:00Z")
    signed_in.fail("POST", f"{TASK}/submissions", status=409, body=body)
    result = podium("submit", "cup/pets", "-f", str(predictions))
    assert "- body.note: Too long." in result.stderr
    assert "Try again after 22 November 2026, 00:00 UTC." in result.stderr
    body["detail"] = "The next is possible at 22 November 2026, 00:00 UTC."
    signed_in.fail("POST", f"{TASK}/submissions", status=409, body=body)
    assert "Try again" not in podium("submit", "cup/pets", "-f", str(predictions)).stderr


def test_offline_says_so(podium: Podium, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODIUM_URL", "http://127.0.0.1:9")
    result = podium("challenges")
    assert result.exit_code == 6
    assert "127.0.0.1:9 cannot be reached" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (200, b"<html>Welcome</html>", {}, "is not a Podium site"),
        (200, b"[1]", {}, "another form"),
        (404, b"<html>Lost</html>", {}, "is not a Podium site"),
        (404, b'{"message": "no"}', {}, "is not a Podium site"),
        (302, b"", {"Location": "https://sign-in.example.org/x"}, "https://sign-in.example.org"),
        (502, b"<html>Bad gateway</html>", {}, "a problem (502)"),
    ],
)
def test_a_server_that_is_no_podium_is_named(
    signed_in: Site,
    podium: Podium,
    status: int,
    body: bytes,
    headers: dict[str, str],
    words: str,
) -> None:
    signed_in.fail("GET", f"{API}/challenges", status=status, body=body, headers=headers, times=9)
    result = podium("challenges")
    assert result.exit_code == 6
    assert words in result.stderr


def test_limits_without_a_problem_keep_their_meaning(
    signed_in: Site, podium: Podium, predictions: Path
) -> None:
    signed_in.fail("POST", f"{TASK}/submissions", status=413, body=b"too much")
    assert podium("submit", "cup/pets", "-f", str(predictions)).exit_code == 1
    signed_in.fail("GET", f"{API}/challenges", status=429, body=b"slow", times=9)
    assert podium("challenges").exit_code == 5


def test_an_answer_without_its_parts_is_told_in_a_sentence(
    signed_in: Site, podium: Podium, monkeypatch: pytest.MonkeyPatch
) -> None:
    del submission(signed_in, 1)["number"]
    result = podium("show", "101")
    assert result.exit_code == 6
    assert "A newer podium-client may" in result.stderr
    assert "Traceback" not in result.output
    monkeypatch.setenv("PODIUM_DEBUG", "1")
    assert "Traceback" in podium("show", "101").stderr


def test_a_traceback_shows_no_token(
    signed_in: Site, podium: Podium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_DEBUG", "1")
    signed_in.fail("GET", f"{API}/challenges", times=9)
    result = podium("challenges")
    assert "Traceback" in result.stderr
    assert TOKEN not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Usage"),
        (("nothing",), "No such command"),
        (("show", "seven"), "ID"),
        (("show", "0"), "ID"),
        (("submit", "cup/pets"), "--file"),
        (("submit", "-f", "mine.csv"), "Name the task"),
        (("submit", "cup/pets", "-f", "missing.csv"), "There is no file missing.csv."),
        (("submit", "cup/pets", "-f", "."), ". is not a file."),
        (("files", "a/b", "-c", "c/d"), "named twice"),
        (("files", "a/b/c"), "not the name of a task"),
        (("files", "../x/y"), "not the name"),
        (("tasks",), "Name the challenge"),
        (("compare", "1"), "B"),
        (("leaderboard", "cup", "--track", "a/b"), "not the name of a track"),
    ],
)
def test_wrong_usage_ends_with_two(
    signed_in: Site, podium: Podium, predictions: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = podium(*arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "is empty"),
        ("large.csv", b"x" * 100_001, "100,000 at most"),
        ("mine.xlsx", b"x", ".csv, .parquet"),
    ],
)
def test_a_file_that_cannot_be_taken_does_not_travel(
    signed_in: Site, podium: Podium, name: str, content: bytes, words: str
) -> None:
    Path(name).write_bytes(content)
    for command in ("submit", "validate"):
        result = podium(command, "cup/pets", "-f", name)
        assert result.exit_code == 1
        assert words in result.stderr
    assert signed_in.asked("POST", ".*") == []


def test_no_site_is_no_riddle(podium: Podium) -> None:
    result = podium("challenges")
    assert result.exit_code == 2
    assert "podium login" in result.stderr


def test_a_challenge_alone_means_its_only_task(signed_in: Site, podium: Podium) -> None:
    assert podium("files", "cup").exit_code == 0
    signed_in.tasks = ["pets", "birds"]
    result = podium("files", "cup")
    assert result.exit_code == 2
    assert "cup/pets, cup/birds" in result.stderr
    assert podium("files", "none").exit_code == 4


def test_a_task_alone_is_one_of_the_configured_challenge(signed_in: Site, podium: Podium) -> None:
    podium("config", "set", "challenge", "cup")
    assert podium("files", "pets").exit_code == 0
    assert podium("files").exit_code == 0


def test_a_full_disk_is_told_in_a_sentence(
    signed_in: Site, podium: Podium, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "pets/train.csv")

    monkeypatch.setattr(Task, "download", full)
    result = podium("download", "cup/pets")
    assert result.exit_code == 2
    assert result.stderr.startswith("pets/train.csv: No space left on device.")


def test_names_from_the_site_cannot_steer_the_terminal(signed_in: Site, podium: Podium) -> None:
    signed_in.board[0]["team"]["name"] = "\x1b[2J[red]Evil\r\n"
    shown = podium("leaderboard", "cup/pets").stdout
    assert "\x1b" not in shown
    assert "[red]Evil" in shown
    assert "\\u001b" in podium("leaderboard", "cup/pets", "--json").stdout


@pytest.mark.parametrize("odd", ["\x1b[2J", "a\nb", "\r", "\x9b31m", "\u202e"])
def test_no_text_keeps_what_steers_a_terminal(odd: str) -> None:
    assert plain(odd).isprintable()


def test_an_error_says_what_it_is() -> None:
    error = PodiumError("Try again.", title="No")
    assert str(error) == "Try again."
    assert error.as_json()["error"]["exit_code"] == 6
