"""A team's life through the client: real web, Redis and worker, and lines that break."""

import hashlib
import html
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from podium_client import Client, RefusedError
from tools.scratch_site import Site, kill_group, wait_for

pytestmark = pytest.mark.live

MAKE_TOKEN = """
from podium.accounts.models import User
from podium.accounts.tokens import make
user = User.objects.get(email="{name}@example.org")
print(make(user=user, name="test", scopes={scopes})[1])
"""
# Dora and Erin are in no team yet; the challenge has rules as long as the test runs.
NEWCOMER = """
from podium.accounts.models import User
User.objects.create_user(email="{name}@example.org", name="{name}", password=None)
"""
RULES = "from podium.challenges.models import Challenge; Challenge.objects.update(rules={!r})"
REVOKE = """
from django.utils import timezone
from podium.accounts.models import ApiToken
ApiToken.objects.update(revoked_at=timezone.now())
"""
SET = "from podium.challenges.models import Task; Task.objects.update({})"
RECEIVED = "SELECT received FROM submissions_partialupload"
# Enough parts to be met in the middle of them.
LARGE = 64 << 20


@dataclass
class Team:
    """Alice at a shell of her own."""

    site: Site
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        own = {"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "PODIUM_CONFIG": ""}
        places = {name: str(self.home / folder) if folder else "" for name, folder in own.items()}
        return {**os.environ, **places, "PODIUM_URL": "", "PODIUM_TOKEN": ""}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "podium_client", *arguments],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def podium(self, *arguments: str, ends: int = 0, stdin: str = "") -> str:
        """Return what a command printed, having ended with this code."""
        with self.start(*arguments) as process:
            printed, told = process.communicate(stdin, timeout=90)
        assert process.returncode == ends, printed + told
        return printed

    def json(self, *arguments: str, ends: int = 0) -> Any:
        return json.loads(self.podium(*arguments, "--json", ends=ends))

    def write(self, name: str, rows: list[tuple[str, str]]) -> Path:
        lines = ["id,prediction", *(",".join(row) for row in rows)]
        file = self.home / name
        file.write_text("\n".join(lines) + "\n")
        return file

    def guesses(self, label: str = "cat", name: str = "mine.csv") -> Path:
        test = pd.read_csv(self.home / "pets" / "test.csv", dtype=str)
        return self.write(name, [(each, label) for each in test["id"]])


def token(site: Site, *scopes: str, name: str = "alice") -> str:
    made = site.python(MAKE_TOKEN.format(name=name, scopes=scopes or ("read", "submit")))
    return made.splitlines()[-1]


def newcomer(site: Site, home: Path, name: str) -> Team:
    """Return somebody in no team, signed in at a shell of their own."""
    site.python(NEWCOMER.format(name=name))
    home.mkdir()
    shell = Team(site, home)
    text = token(site, "read", "submit", "team", name=name)
    shell.podium("login", site.url, "--with-token", stdin=text)
    shell.podium("config", "set", "task", "cup/pets")
    return shell


@pytest.fixture(scope="module")
def _worker(site: Site) -> Iterator[None]:
    worker = site.start_worker(queues="control,scoring,studies")
    yield
    worker.terminate()
    worker.wait(timeout=60)


@pytest.fixture
def team(site: Site, _worker: None, tmp_path: Path) -> Team:
    """Alice, signed in, with the task's files."""
    alice = Team(site, tmp_path)
    alice.podium("login", site.url, "--with-token", stdin=token(site))
    alice.podium("config", "set", "task", "cup/pets")
    alice.podium("download", "-q")
    return alice


def test_pip_installs_the_client_by_the_line_that_the_site_shows(
    site: Site, tmp_path: Path
) -> None:
    page = httpx.get(f"{site.url}/help/client/").text
    shown = re.search(r"<code>pip (install http[^<]+)</code>", page)
    assert shown
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    programs = tmp_path / "venv" / "bin"
    # What the client needs is taken from here: only the client itself comes from the site.
    (packages,) = (tmp_path / "venv" / "lib").glob("python3.*/site-packages")
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"))
    line = [*html.unescape(shown[1]).split(), "--no-deps", "--no-index"]
    subprocess.run([programs / "pip", *line], check=True)
    version = [programs / "podium", "--version"]
    run = subprocess.run(version, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("podium-client ")
    assert (packages / "podium_client").is_dir()


def test_a_teams_life(team: Team) -> None:
    assert team.json("whoami")["teams"][0]["challenge"] == "cup"
    assert team.json("challenges")[0]["slug"] == "cup"
    assert team.json("tasks", "cup")[0]["metric"]["name"] == "accuracy"
    listed = team.json("download")["files"]
    assert {file["state"] for file in listed} == {"kept"}

    first, second = team.guesses("cat"), team.guesses("dog", "other.csv")
    assert team.json("validate", "-f", str(first))["state"] == "valid"
    bad = team.write("bad.csv", [("p120", "cow")])
    assert team.json("validate", "-f", str(bad), ends=1)["problems"]

    made = [
        team.json("submit", "-f", str(file), "--again", "-m", file.name, "--wait")
        for file in (first, second)
    ]
    assert [each["state"] for each in made] == ["scored", "scored"]
    assert all(each["scores"][0]["is_headline"] for each in made)
    rejected = team.json("submit", "-f", str(bad), "--wait", ends=1)
    assert rejected["state"] == "rejected"
    assert rejected["problems"]

    one, two = (str(each["id"]) for each in made)
    mine = team.json("submissions")
    assert [each["state"] for each in mine[:3]] == ["rejected", "scored", "scored"]
    assert mine[2]["note"] == "mine.csv"
    assert team.json("select", one)["is_selected"]
    assert not team.json("unselect", one)["is_selected"]
    assert team.json("withdraw", two)["withdrawn_at"]
    assert team.json("restore", two)["withdrawn_at"] is None
    # The very first one raised the displayed score, so later ones can be compared with it.
    very_first = str([each["id"] for each in mine if each["state"] == "scored"][-1])
    assert team.json("compare", two, very_first, "--wait", "--timeout", "60")["state"] == "ready"
    team.podium("download", "--submission", one, "-p", "back")
    assert (team.home / "back" / "mine.csv").read_bytes() == first.read_bytes()

    board = team.json("leaderboard")
    (own,) = [row for row in board["items"] if row["is_mine"]]
    assert own["team"]["slug"] == "alpha"
    assert own["attempts"] >= 2
    assert team.json("leaderboard", "cup", "--track", "classification")["items"]
    assert team.json("compare", "alpha", "baseline-trivial", "-c", "cup")["items"]


@pytest.fixture
def _rules(site: Site) -> Iterator[None]:
    site.python(RULES.format("Be fair."))
    yield
    site.python(RULES.format(""))


@pytest.mark.usefixtures("_worker", "_rules")
def test_the_whole_life_of_a_team(site: Site, tmp_path: Path) -> None:
    dora, erin = (newcomer(site, tmp_path / name, name) for name in ("dora", "erin"))
    assert dora.json("teams", "create", "Delta", ends=3)["error"]["code"] == "rules"
    for person in (dora, erin):
        assert "Be fair." in person.podium("rules", "cup")
        assert person.json("rules", "--accept")["rules_accepted"]
    assert dora.json("teams", "create", "Delta")["captain"]["name"] == "dora"
    link = dora.podium("teams", "invite").strip()
    assert [each["name"] for each in erin.json("teams", "join", link)["members"]] == [
        "dora",
        "erin",
    ]
    assert erin.json("teams", "rename", "Epsilon", ends=3)["error"]["code"] == "not_captain"

    erin.podium("download", "-q")
    with Client(site.url, token(site, "read", name="erin"), cache=tmp_path / "cache") as client:
        data = client.task("cup/pets").load()
    assert len(data.test) == len(data.sample_submission)
    mine, bad = erin.guesses("cat"), erin.write("bad.csv", [("p120", "cow")])
    assert erin.json("validate", "-f", str(mine))["state"] == "valid"
    first = erin.json("submit", "-f", str(mine), "--method", "constant", "--wait")
    assert (first["state"], first["scores"][0]["is_headline"]) == ("scored", True)
    assert erin.json("submit", "-f", str(bad), "--wait", ends=1)["state"] == "rejected"
    second = erin.json("submit", "-f", str(erin.guesses("dog", "dog.csv")), "--wait")
    one, two = str(first["id"]), str(second["id"])
    # What one member sent the other one sees, describes, and selects.
    listed = dora.json("submissions")
    assert [each["state"] for each in listed] == ["scored", "rejected", "scored"]
    described = dora.json("describe", one, "--method", "always cat", "-m", "the first")
    assert (described["method"], described["note"]) == ("always cat", "the first")
    assert dora.json("show", one)["figures"]["part"] == "public"
    assert dora.json("compare", two, one, "--wait", "--timeout", "60")["state"] == "ready"

    asked = dora.json("ask", "May we use other data?", "-m", "Such as a list.", "-c", "cup/pets")
    assert erin.json("answer", str(asked["id"]), "-m", "I think not.")["body"] == "I think not."
    thread = dora.json("questions", "--id", str(asked["id"]))
    assert [each["author"] for each in thread["answers"]] == ["erin"]

    assert dora.json("withdraw", two)["withdrawn_at"]
    assert dora.json("select", one)["is_selected"]
    own = next(row for row in erin.json("leaderboard")["items"] if row["is_mine"])
    assert (own["team"]["name"], own["method"]) == ("Delta", "always cat")

    text = dora.home / "writeup.md"
    text.write_text("# Always cat\n\nIt is *simple*.\n")
    assert dora.json("writeup", "save", "classification", "-f", str(text))["number"] == 1
    assert erin.json("writeup", "show", "classification")["title"] == "Always cat"
    assert erin.json("notices", "--read") is not None
    assert dora.json("teams", "research", "yes")["research_use"] == "yes"
    assert dora.json("teams", "hand-over", "erin")["captain"]["name"] == "erin"
    assert dora.json("teams", "leave", "--yes")["left"]["name"] == "Delta"
    dora.podium("teams", "show", ends=4)
    assert [each["name"] for each in erin.json("teams", "show")["members"]] == ["erin"]


def test_frames_go_there_and_back(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    with Client(team.site.url, token(team.site), cache=team.home / "cache") as client:
        task = client.task("cup/pets")
        data = task.load()
        assert data.train["label"].isin(data.dataset["classes"]).all()
        nearest = [
            data.train.loc[(data.train["weight"] - weight).abs().idxmin(), "label"]
            for weight in data.test["weight"]
        ]
        made = task.submit(pd.DataFrame({"id": data.test["id"], "prediction": nearest}), timeout=60)
        assert made["state"] == "scored"
        assert made["scores"]
        assert made["scores"][0]["value"] == 1.0
        assert task.validate(data.sample_submission, timeout=60)["state"] == "valid"


def large_file(team: Team, seed: str) -> Path:
    file = team.home / "large.csv"
    line = f"{seed},{'x' * 90}\n".encode()
    file.write_bytes(b"id,prediction\n" + line * (LARGE // len(line)))
    return file


def in_the_middle(site: Site) -> None:
    """Return once a part of a large file has arrived."""
    wait_for("a first part", lambda: any(row[0] for row in site.query(RECEIVED)))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=lambda each: each.name)
def test_a_large_file_goes_on_in_a_second_run(team: Team, how: signal.Signals) -> None:
    file = large_file(team, how.name)
    with team.start("submit", "-f", str(file)) as first:
        in_the_middle(team.site)
        first.send_signal(how)
        told = first.communicate(timeout=30)[1]
    assert first.returncode in (130, -signal.SIGKILL)
    assert how == signal.SIGKILL or "same command again" in told
    (received,) = team.site.query(RECEIVED)[0]
    assert 0 < int(str(received)) < file.stat().st_size
    assert_arrives(team, file)


def test_a_web_server_that_dies_in_the_middle_costs_nothing(team: Team) -> None:
    file = large_file(team, "web")
    with team.start("submit", "-f", str(file)) as first:
        in_the_middle(team.site)
        kill_group(team.site.web)
        team.site.start_web()
        told = first.communicate(timeout=90)[1]
    # It came back in time, or the participant was told to run the command again.
    assert first.returncode == 0 or (first.returncode == 6 and "same command again" in told)
    if first.returncode:
        assert_arrives(team, file)


def assert_arrives(team: Team, file: Path) -> None:
    before = team.site.query("SELECT count(*) FROM submissions_submission")[0][0]
    made = team.json("submit", "-f", str(file))
    with file.open("rb") as content:
        assert made["sha256"] == hashlib.file_digest(content, "sha256").hexdigest()
    after = team.site.query("SELECT count(*) FROM submissions_submission")[0][0]
    assert int(str(after)) == int(str(before)) + 1
    assert team.site.query(RECEIVED) == []
    assert team.json("show", str(made["id"]), "--wait", ends=1)["state"] == "rejected"


def test_whoever_stops_waiting_comes_back_to_it(team: Team, site: Site) -> None:
    for worker in site.workers:
        os.kill(worker.pid, signal.SIGSTOP)
    try:
        mine = team.guesses("owl")
        late = team.podium("submit", "-f", str(mine), "--wait", "--timeout", "1", ends=7)
        assert late == ""
        number = str(team.json("submissions")[0]["id"])
        with team.start("show", number, "--wait") as waiting:
            assert waiting.stderr
            assert "queued" in waiting.stderr.readline()
            waiting.send_signal(signal.SIGINT)
            told = waiting.communicate(timeout=30)[1]
        assert waiting.returncode == 130
        assert f"podium show {number} --wait" in told
    finally:
        for worker in site.workers:
            os.kill(worker.pid, signal.SIGCONT)
    assert team.json("show", number, "--wait")["state"] == "scored"


def test_refusals_end_as_documented(team: Team, site: Site) -> None:
    mine = team.guesses("dog")
    team.podium("submit", "-f", str(mine), "--again", "--wait")
    error = team.json("submit", "-f", str(mine), ends=5)["error"]
    assert error["code"] == "same_file"
    site.python(SET.format("daily_limit=1"))
    try:
        error = team.json("submit", "-f", str(mine), "--again", ends=5)["error"]
        assert error["code"] == "quota"
        with Client(site.url, token(site)) as client, pytest.raises(RefusedError):
            client.task("cup/pets").submit(mine)
    finally:
        site.python(SET.format("daily_limit=50"))
    team.podium("show", "99999", ends=4)
    team.podium("files", "cup/none", ends=4)
    team.podium("login", site.url, "--with-token", stdin=token(site, "read"))
    assert team.json("submit", "-f", str(mine), ends=3)["error"]["status"] == 403
    site.python(REVOKE)
    assert team.json("submissions", ends=3)["error"]["status"] == 401
