"""Each command against a site: what it prints, as JSON and in words, and how it ends."""

import csv
import io
import json
from pathlib import Path

import pytest

from podium_client import config
from tests.client.conftest import Podium, told
from tests.client.server import PROBLEMS, SCORES, submission
from tests.client.state import TASK, TOKEN, Site, sha

BOARD_COLUMNS = "rank,team,slug,score,low,high,attempts,first_reached,method,is_baseline,is_mine"


def test_login_keeps_a_checked_token_for_its_owner_alone(site: Site, podium: Podium) -> None:
    result = podium("login", site.url, "--with-token", "--json", stdin=f"{TOKEN}\n")
    file = config.config_file()
    assert result.exit_code == 0
    assert told(result) == {
        "url": site.url,
        "name": "Alice",
        "email": "alice@example.org",
        "scopes": ["read", "submit"],
        "expires_at": "2027-02-01T00:00:00Z",
        "config": str(file),
    }
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == {"url": site.url, "token": TOKEN}
    assert TOKEN not in result.output


def test_login_with_a_token_that_the_site_does_not_know_keeps_nothing(
    site: Site, podium: Podium
) -> None:
    wrong = "podium_" + "x" * 43
    result = podium("login", site.url, "--with-token", stdin=wrong)
    assert result.exit_code == 3
    assert wrong not in result.output
    assert not config.config_file().exists()


@pytest.mark.parametrize("text", ["", "podium_short", TOKEN + "x", "Bearer " + TOKEN])
def test_login_with_what_is_no_token_asks_nobody(site: Site, podium: Podium, text: str) -> None:
    result = podium("login", site.url, "--with-token", stdin=text)
    assert result.exit_code == 2
    assert "/account/tokens/" in result.stderr
    assert not text or text not in result.output
    assert site.seen == []


def test_login_sends_no_token_in_the_clear(podium: Podium) -> None:
    result = podium("login", "http://podium.example.org", "--with-token", stdin=TOKEN)
    assert result.exit_code == 2
    assert "--insecure" in result.stderr


def test_login_to_another_site_drops_what_was_set_for_the_first(
    signed_in: Site, podium: Podium
) -> None:
    values = config.read(config.config_file())
    config.write(config.config_file(), {**values, "url": "https://one.example.org", "task": "a/b"})
    assert podium("login", signed_in.url, "--with-token", stdin=TOKEN).exit_code == 0
    assert config.read(config.config_file()) == {"url": signed_in.url, "token": TOKEN}


def test_login_says_that_the_environment_wins(
    site: Site, podium: Podium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_URL", site.url)
    result = podium("login", "--with-token", stdin=TOKEN)
    assert result.exit_code == 0
    assert "PODIUM_URL is set" in result.stderr


def test_logout_forgets_the_token_alone(signed_in: Site, podium: Podium) -> None:
    assert told(podium("logout", "--json")) == {"url": signed_in.url, "removed": True}
    assert config.read(config.config_file()) == {"url": signed_in.url}
    assert "no token" in podium("logout").stdout


def test_whoami(signed_in: Site, podium: Podium) -> None:
    found = told(podium("whoami", "--json"))
    assert found["url"] == signed_in.url
    assert found["email"] == "alice@example.org"
    words = podium("whoami").stdout
    assert "Team Alpha in cup (captain)" in words
    assert TOKEN not in words


def test_whoami_without_a_token_is_nobody(podium: Podium) -> None:
    result = podium("whoami", "--json")
    assert result.exit_code == 3
    assert "podium login" in str(told(result))


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (["challenges"], "cup"),
        (["tasks", "cup"], "pets"),
        (["tasks", "-c", "cup"], "pets"),
        (["files", "cup/pets"], "train.csv"),
        (["competitions", "list"], "cup"),
        (["c", "files", "-c", "cup"], "train.csv"),
    ],
)
def test_lists(signed_in: Site, podium: Podium, arguments: list[str], first: str) -> None:
    listed = told(podium(*arguments, "--json"))
    assert isinstance(listed, list)
    assert first in (listed[0].get("slug"), listed[0].get("name"))
    rows = list(csv.reader(io.StringIO(podium(*arguments, "-v").stdout)))
    assert first in rows[1][0]
    assert first in podium(*arguments).stdout


def test_a_list_of_many_pages_is_read_to_its_end(signed_in: Site, podium: Podium) -> None:
    signed_in.tasks = [f"t{number}" for number in range(7)]
    signed_in.page = 3
    listed = told(podium("tasks", "cup", "--json"))
    assert [task["slug"] for task in listed] == signed_in.tasks  # type: ignore[index]


def test_challenges_are_searched(signed_in: Site, podium: Podium) -> None:
    assert told(podium("challenges", "-s", "CUP", "--json"))
    result = podium("challenges", "-s", "nothing")
    assert result.stdout == ""
    assert "no challenge" in result.stderr


def test_download_fetches_all_and_keeps_what_is_there(signed_in: Site, podium: Podium) -> None:
    result = podium("download", "cup/pets", "--json")
    files = told(result)["files"]
    assert [file["state"] for file in files] == ["downloaded"] * 3  # type: ignore[attr-defined]
    assert Path("pets/train.csv").read_bytes() == signed_in.files["train.csv"]
    assert Path("pets/dataset.json").read_bytes() == signed_in.facts
    again = told(podium("download", "-c", "cup/pets", "--json"))["files"]
    assert again[0] == {  # type: ignore[index]
        "name": "train.csv",
        "path": "pets/train.csv",
        "bytes": len(signed_in.files["train.csv"]),
        "sha256": sha(signed_in.files["train.csv"]),
        "state": "kept",
    }
    forced = told(podium("download", "cup/pets", "-o", "-f", "test.csv", "--json"))["files"]
    assert [file["state"] for file in forced] == ["downloaded"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "place"),
    [(["-p", "data"], "data"), (["-w"], "."), ([], "pets")],
)
def test_download_goes_where_it_is_told(
    signed_in: Site, podium: Podium, arguments: list[str], place: str
) -> None:
    assert podium("download", "-c", "cup", "-f", "t*.csv", *arguments, "-q").exit_code == 0
    assert sorted(file.name for file in Path(place).glob("*.csv")) == ["test.csv", "train.csv"]


def test_download_goes_to_the_configured_folder(signed_in: Site, podium: Podium) -> None:
    podium("config", "set", "-n", "path", "-v", "all")
    podium("config", "set", "competition", "cup/pets")
    assert podium("download", "-f", "test.csv").exit_code == 0
    assert Path("all/cup/pets/test.csv").exists()


def test_download_of_an_unknown_file_names_the_others(signed_in: Site, podium: Podium) -> None:
    result = podium("download", "cup/pets", "-f", "nothing.csv")
    assert result.exit_code == 4
    assert "train.csv, test.csv" in result.stderr


def test_download_accepts_a_licence_only_when_told(signed_in: Site, podium: Podium) -> None:
    signed_in.must_accept_licence = True
    refused = podium("download", "cup/pets", "--json")
    assert refused.exit_code == 3
    assert told(refused)["error"]["code"] == "licence"  # type: ignore[index]
    assert podium("download", "cup/pets", "--accept-licence").exit_code == 0


def test_download_gives_ones_own_file_back(signed_in: Site, podium: Podium) -> None:
    submission(signed_in, 1, original_name="../../mine.csv")
    assert podium("download", "--submission", "101", "-p", "back").exit_code == 0
    assert Path("back/mine.csv").read_bytes() == b"id,prediction\n"


def test_an_own_file_with_a_name_that_is_impossible_here_comes_under_another_which_is_said(
    signed_in: Site, podium: Podium
) -> None:
    submission(signed_in, 1, original_name="12:30 run?.csv")
    result = podium("download", "--submission", "101", "-p", "back", "--json")
    assert result.exit_code == 0
    assert Path("back/12_30 run_.csv").read_bytes() == b"id,prediction\n"
    (file,) = told(result)["files"]  # type: ignore[index]
    assert (file["name"], Path(file["path"]).name) == ("12:30 run?.csv", "12_30 run_.csv")
    assert "It was sent as '12:30 run?.csv'" in result.stderr
    again = podium("download", "--submission", "101", "-p", "back")
    assert "12_30 run_.csv" in again.stdout
    submission(signed_in, 2, original_name="mine.csv")
    assert "It was sent as" not in podium("download", "--submission", "102").stderr


def test_validate_tells_a_good_file(signed_in: Site, podium: Podium, predictions: Path) -> None:
    result = podium("validate", "cup/pets", "-f", str(predictions), "--json")
    assert result.exit_code == 0
    assert told(result)["state"] == "valid"
    assert "is valid" in podium("validate", "cup/pets", "-f", str(predictions)).stdout
    assert signed_in.submissions == []


def test_validate_tells_what_is_wrong(signed_in: Site, podium: Podium, predictions: Path) -> None:
    signed_in.checks = ["queued", "checking", "invalid"]
    result = podium("validate", "cup/pets", "-f", str(predictions))
    assert result.exit_code == 1
    assert "- Id `p1` appears twice. (rows 2, 9 and 1 more)" in result.stdout
    assert told(podium("validate", "cup/pets", "-f", str(predictions), "--json"))["problems"] == (
        PROBLEMS
    )


def test_a_check_that_failed_is_the_sites_fault(
    signed_in: Site, podium: Podium, predictions: Path
) -> None:
    signed_in.checks = ["queued", "failed"]
    assert podium("validate", "cup/pets", "-f", str(predictions)).exit_code == 6


def test_submit_sends_what_kaggles_client_would(
    signed_in: Site, podium: Podium, predictions: Path
) -> None:
    result = podium("c", "submit", "-c", "cup/pets", "-f", str(predictions), "-m", "a note")
    assert result.exit_code == 0
    assert "queued, place 2 in the queue" in result.stdout
    (sent,) = signed_in.submissions
    assert (sent["note"], sent["original_name"]) == ("a note", "mine.csv")
    assert sent["sha256"] == sha(predictions.read_bytes())


def test_submit_waits_for_the_scores(signed_in: Site, podium: Podium, predictions: Path) -> None:
    signed_in.course = ["queued", "queued", "scoring", "scored"]
    arguments = ("submit", "cup/pets", "-f", str(predictions), "--method", "forest", "--wait")
    result = podium(*arguments)
    assert result.exit_code == 0
    assert "place 2" in result.stderr
    assert "Submission 101: scored" in result.stderr
    assert "Accuracy" in result.stdout
    assert "0.70 to 0.80" in result.stdout
    assert "Rounded to 0.01." in result.stdout
    found = told(podium(*arguments, "--json"))
    assert found["scores"] == SCORES
    assert found["method"] == "forest"


@pytest.mark.parametrize(
    ("end", "code", "words"), [("rejected", 1, "appears twice"), ("failed", 6, "failed")]
)
def test_submit_ends_as_the_submission_did(
    signed_in: Site, podium: Podium, predictions: Path, end: str, code: int, words: str
) -> None:
    signed_in.course = ["queued", end]
    result = podium("submit", "cup/pets", "-f", str(predictions), "--wait")
    assert result.exit_code == code
    assert words in result.stdout
    assert told(podium("show", "101", "--json"))["state"] == end


def test_waiting_has_an_end(signed_in: Site, podium: Podium, predictions: Path) -> None:
    signed_in.course = ["queued", "scoring"]
    arguments = ("submit", "cup/pets", "-f", str(predictions), "--wait", "--timeout", "0")
    result = podium(*arguments)
    assert result.exit_code == 7
    assert "podium show 101 --wait" in result.stderr
    assert told(podium("show", "101", "--wait", "--timeout", "0", "--json"))["error"][  # type: ignore[index]
        "exit_code"
    ] == (7)


def test_whoever_stops_waiting_is_told_how_to_come_back(
    signed_in: Site, podium: Podium, predictions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("podium_client.waiting.until", interrupt)
    result = podium("submit", "cup/pets", "-f", str(predictions), "--wait")
    assert result.exit_code == 130
    assert "podium show 101 --wait" in result.stderr


def test_an_interrupted_upload_is_told_to_be_run_again(
    signed_in: Site, podium: Podium, predictions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podium_client import Task

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Task, "send", interrupt)
    result = podium("submit", "cup/pets", "-f", str(predictions))
    assert result.exit_code == 130
    assert "same command again" in result.stderr


def test_submissions(signed_in: Site, podium: Podium) -> None:
    assert "No submission yet" in podium("submissions", "cup/pets").stderr
    submission(signed_in, 1, scores=SCORES, note="first, with a comma")
    submission(signed_in, 2, state="rejected")
    found = told(podium("submissions", "cup/pets", "--json"))
    assert [each["number"] for each in found] == [2, 1]  # type: ignore[index]
    rows = list(csv.DictReader(io.StringIO(podium("submissions", "cup/pets", "--csv").stdout)))
    assert rows[1] == {
        "id": "101",
        "number": "1",
        "state": "scored",
        "score": "0.75",
        "file": "mine.csv",
        "received_at": "2026-11-20T12:00:00Z",
        "method": "",
        "note": "first, with a comma",
        "selected": "false",
        "withdrawn": "false",
    }
    one = told(podium("submissions", "cup/pets", "--state", "rejected", "--json"))
    assert [each["number"] for each in one] == [2]  # type: ignore[index]


def test_show(signed_in: Site, podium: Podium) -> None:
    submission(signed_in, 1, scores=SCORES, is_selected=True, method="forest")
    result = podium("show", "101")
    assert result.exit_code == 0
    assert "scored, selected for the final" in result.stdout
    assert "Method: forest" in result.stdout
    assert told(podium("show", "101", "--json")) == signed_in.submissions[0]


@pytest.mark.parametrize(
    ("verb", "key", "value"),
    [
        ("select", "is_selected", True),
        ("unselect", "is_selected", False),
        ("withdraw", "withdrawn_at", "2026-11-21T00:00:00Z"),
        ("restore", "withdrawn_at", None),
    ],
)
def test_decisions(signed_in: Site, podium: Podium, verb: str, key: str, value: object) -> None:
    submission(signed_in, 1)
    result = podium(verb, "101", "--json")
    assert result.exit_code == 0
    assert told(result)[key] == value
    assert podium(verb, "101").exit_code == 0
    assert podium(verb, "999").exit_code == 4


def test_leaderboard(signed_in: Site, podium: Podium) -> None:
    signed_in.page = 2
    board = told(podium("leaderboard", "-c", "cup/pets", "--show", "--json"))
    assert [row["rank"] for row in board["items"]] == [1, 2, 3]  # type: ignore[attr-defined]
    assert (board["title"], board["part"], board["revision"]) == ("Pets", "public", 7)
    lines = podium("leaderboard", "cup/pets", "--csv").stdout.splitlines()
    assert lines[0] == BOARD_COLUMNS
    assert lines[1].startswith("1,Alpha,alpha,0.9,")
    assert lines[1].endswith(",false,true")
    assert "Pets, public part" in podium("leaderboard", "cup/pets", "-s").stdout


def test_a_leaderboard_is_asked_for_by_part_and_time(signed_in: Site, podium: Podium) -> None:
    at = "2026-11-20T12:00:00Z"
    board = told(podium("leaderboard", "cup/pets", "--part", "private", "--at", at, "--json"))
    assert (board["part"], board["at"]) == ("private", at)


def test_the_leaderboard_of_a_track(signed_in: Site, podium: Podium) -> None:
    board = told(podium("leaderboard", "cup", "--track", "classification", "--json"))
    assert board["count"] == 3


def test_the_leaderboards_of_a_challenge_are_those_of_its_tracks(
    signed_in: Site, podium: Podium
) -> None:
    signed_in.tasks = ["pets", "birds"]
    (board,) = told(podium("leaderboard", "cup", "--json"))
    assert [row["rank"] for row in board["items"]] == [1, 2, 3]
    lines = podium("leaderboard", "cup", "--csv").stdout.splitlines()
    assert lines[0] == f"track,{BOARD_COLUMNS}"
    assert lines[1].startswith("classification,1,Alpha,")
    shown = podium("leaderboard", "cup").stdout
    assert "podium leaderboard cup/TASK" in shown
    refused = podium("leaderboard", "cup", "--download")
    assert refused.exit_code == 2
    assert "choose one of cup/pets, cup/birds" in refused.stderr


def test_the_submissions_of_a_challenge_are_those_to_all_its_tasks(
    signed_in: Site, podium: Podium
) -> None:
    signed_in.tasks = ["pets", "birds"]
    submission(signed_in, 1, scores=[{**SCORES[0], "value": 0.7}])
    submission(signed_in, 2, received_at="2026-11-20T14:00:00Z")
    found = told(podium("submissions", "cup", "--json"))
    assert [(each["id"], each["task"]) for each in found] == [
        (102, "pets"),
        (7, "birds"),
        (101, "pets"),
    ]
    shown = podium("submissions", "cup").stdout
    assert "birds" in shown
    assert "0.70" in shown
    signed_in.tasks = []
    assert "has no tasks yet" in podium("submissions", "cup").stderr


def test_a_leaderboard_is_downloaded(signed_in: Site, podium: Podium) -> None:
    result = podium("leaderboard", "cup/pets", "-d", "-p", "boards")
    assert result.stdout == "boards/cup-pets-leaderboard.csv\n"
    assert Path(result.stdout.strip()).read_text().splitlines()[0] == BOARD_COLUMNS
    # With both, the board is the only result: two documents are not valid JSON.
    both = podium("leaderboard", "cup/pets", "-d", "-s", "-p", "boards", "--json")
    assert told(both)["count"] == 3
    assert "boards/cup-pets-leaderboard.csv" in both.stderr


def test_compare_two_of_ones_submissions_by_their_ids(signed_in: Site, podium: Podium) -> None:
    submission(signed_in, 1)
    submission(signed_in, 2)
    first = podium("compare", "101", "102")  # in any order
    assert "submission 102" in first.stdout
    assert "--wait" in first.stderr
    signed_in.looks.clear()
    found = told(podium("compare", "102", "101", "--wait", "--json"))
    assert (found["state"], found["only_a_right"]) == ("ready", 0.2)


def test_compare_two_teams(signed_in: Site, podium: Podium) -> None:
    signed_in.looks["duel"] = 1
    found = told(podium("compare", "alpha", "beta", "-c", "cup/pets", "--json"))
    assert found["b"] == {"slug": "beta", "name": "Beta"}
    (row,) = csv.DictReader(
        io.StringIO(podium("compare", "alpha", "beta", "-c", "cup", "--csv").stdout)
    )
    assert (row["a"], row["difference"], row["ahead"]) == ("Alpha", "0.1", "Alpha")
    assert "no task" in podium("compare", "alpha", "beta", "-c", "cup/none").stderr
    assert podium("compare", "alpha", "beta").exit_code == 2


def test_config_shows_all_but_the_token(signed_in: Site, podium: Podium) -> None:
    podium("config", "set", "challenge", "cup")
    found = told(podium("config", "view", "--json"))
    assert found == {
        "file": str(config.config_file()),
        "has_token": True,
        "values": {"url": signed_in.url, "challenge": "cup"},
        "sources": {"token": "file", "url": "file", "challenge": "file"},
    }
    words = podium("config", "view").output
    assert "challenge: cup (file)" in words
    assert TOKEN not in words
    assert told(podium("config", "unset", "challenge", "--json")) == {"challenge": None}
    assert podium("tasks").exit_code == 2


def test_config_refuses_what_is_no_setting(podium: Podium) -> None:
    result = podium("config", "set", "token", TOKEN)
    assert result.exit_code == 2
    assert "challenge (" in result.stderr
    assert TOKEN not in result.output
    assert podium("config", "set", "challenge").exit_code == 2
    assert podium("config", "set", "url", "http://podium.example.org").exit_code == 2


def test_a_new_address_does_not_get_the_old_sites_token(signed_in: Site, podium: Podium) -> None:
    assert "deleted" in podium("config", "set", "url", "https://two.example.org").stderr
    assert config.read(config.config_file()) == {"url": "https://two.example.org"}


def test_a_readable_token_is_pointed_out(signed_in: Site, podium: Podium) -> None:
    config.config_file().chmod(0o644)
    assert "chmod 600" in podium("challenges").stderr
    assert "chmod 600" not in podium("challenges", "-q").stderr


def test_the_version(podium: Podium) -> None:
    assert podium("--version").stdout.startswith("podium-client 0.")


def test_a_command_asks_the_task_once(signed_in: Site, podium: Podium, predictions: Path) -> None:
    podium("submit", "cup/pets", "-f", str(predictions))
    assert len(signed_in.asked("GET", TASK)) == 1
