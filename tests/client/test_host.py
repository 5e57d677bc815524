"""`podium host …` against a site: what is shown, asked and sent, and how it ends."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from podium_client import Client
from podium_client.cli import host
from podium_client.host import Host
from tests.client.conftest import Podium, told
from tests.client.state import Site, sha

NOW = "2026-11-20T12:00:00Z"
ROOT = Path(__file__).resolve().parents[2]
# A command, the plan's address and what is sent there.
ACTS: list[tuple[list[str], str, dict[str, Any]]] = [
    (["disqualify", "alpha", "beta"], "teams", {"act": "disqualify", "teams": ["alpha", "beta"]}),
    (["reinstate", "alpha"], "teams", {"act": "reinstate", "teams": ["alpha"]}),
    (
        ["grant", "alpha", "--task", "pets", "-n", "3"],
        "teams",
        {"act": "grant", "teams": ["alpha"], "task": "pets", "attempts": 3},
    ),
    (
        ["merge", "beta", "--into", "alpha"],
        "teams",
        {"act": "merge", "teams": ["beta"], "into": "alpha"},
    ),
    (["retry", "7", "8"], "submissions", {"act": "retry", "submissions": [7, 8]}),
    (["refund", "7"], "submissions", {"act": "refund", "submissions": [7]}),
    (["withdraw", "7"], "submissions", {"act": "withdraw", "submissions": [7]}),
    (["restore", "7"], "submissions", {"act": "restore", "submissions": [7]}),
    (["rescore", "pets", "publish"], "tasks/pets/rescore", {"act": "publish"}),
    (
        ["rescore", "pets", "start", "--solution", "2"],
        "tasks/pets/rescore",
        {"act": "start", "solution": 2},
    ),
    (["baselines", "linear"], "baselines", {"act": "start", "method": "linear"}),
    (
        [
            *("baselines", "linear", "--task", "pets", "--task", "pairs"),
            *("--seconds", "60", "--seed", "1", "--seed", "2"),
        ],
        "baselines",
        {
            "act": "start",
            "method": "linear",
            "tasks": ["pets", "pairs"],
            "seconds": 60,
            "seeds": [1, 2],
        },
    ),
    (
        ["baselines", "linear", "cancel", "--task", "pets", "--seed", "2"],
        "baselines",
        {"act": "cancel", "method": "linear", "task": "pets", "seed": 2},
    ),
    (["winners", "take-back"], "winners", {"act": "take_back"}),
    (["winners", "bar", "alpha"], "winners", {"act": "bar", "team": "alpha"}),
    (["reveal", "stop"], "reveal", {"act": "stop"}),
    (
        ["move", "ada@x.org", "--into", "beta"],
        "teams",
        {"act": "move", "teams": ["beta"], "member": "ada@x.org"},
    ),
    (["times", "--closes", NOW], "times", {"closes_at": NOW}),
    (["extend", "24"], "times", {"extend_hours": 24}),
    (["pause", "pets", "We correct it."], "tasks/pets/pause", {"sentence": "We correct it."}),
    (["pause", "pets", "--end"], "tasks/pets/pause", {"sentence": ""}),
    (["role", "ada@x.org", "owner"], "organizers", {"roles": {"ada@x.org": "owner"}}),
    (["role", "ada@x.org", "none"], "organizers", {"roles": {"ada@x.org": None}}),
    (["announce", "News", "-m", "So."], "announcements", {"title": "News", "body": "So."}),
    (
        ["announce", "News", "-m", "So.", "--track", "matching", "--state", "silent"],
        "announcements",
        {"title": "News", "body": "So.", "track": "matching", "state": "silent", "days": 7},
    ),
    (
        ["announce", "News", "--take-back"],
        "announcements",
        {"title": "News", "take_back": True},
    ),
    (["write", "alpha", "-m", "Hello."], "threads/alpha", {"body": "Hello."}),
    (["overrule", "rows"], "readiness", {"act": "overrule", "check": "rows"}),
    (["overrule", "rows", "--take-back"], "readiness", {"act": "take_back", "check": "rows"}),
    (["decide", "7", "no-issue"], "cases/7", {"decision": "no issue"}),
    (["webhook", "test"], "webhook", {"act": "test"}),
    (
        ["webhook", "set", "https://hooks.example/x", "--form", "plain"],
        "webhook",
        {"act": "set", "url": "https://hooks.example/x", "form": "plain"},
    ),
    (["labels", "pets", "add"], "tasks/pets/labels", {"act": "add", "correction": 4}),
]


def sent(site: Site, path: str) -> dict[str, Any]:
    (seen,) = [each for each in site.seen if each.path.endswith(path)]
    found: dict[str, Any] = json.loads(seen.body)
    return found


@pytest.mark.parametrize(("words", "path", "body"), ACTS, ids=lambda each: str(each)[:30])
def test_an_act_shows_its_plan_and_is_carried_out(
    signed_in: Site, podium: Podium, words: list[str], path: str, body: dict[str, Any]
) -> None:
    result = podium("host", *words, "-c", "cup", "--yes")
    assert result.exit_code == 0, result.output
    assert "Alpha: rank 1 (0.8) → not on the board" in result.stderr
    assert "The members of one team are notified." in result.stderr
    assert result.stdout == "Done: Disqualify in cup.\n"
    assert sent(signed_in, f"host/challenges/cup/{path}/plan") == body
    assert sent(signed_in, "host/carry_out")["plan"] == "sealed"


def test_without_yes_nothing_is_done(signed_in: Site, podium: Podium) -> None:
    result = podium("host", "retry", "7", "-c", "cup")
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert not [each for each in signed_in.seen if each.path.endswith("carry_out")]


@pytest.mark.parametrize(
    ("asks", "option", "value"), [("reason", "-m", "A copy."), ("title", "--title", "The cup")]
)
def test_what_a_plan_asks_for_is_sent_or_missed(
    signed_in: Site, podium: Podium, asks: str, option: str, value: str
) -> None:
    signed_in.plan = {"asks": [asks], "title": "The cup", "can_be_undone": False}
    words = ["reveal", "now"] if asks == "title" else ["disqualify", "alpha"]
    lacking = podium("host", *words, "-c", "cup", "--yes")
    assert (lacking.exit_code, option in lacking.stderr) == (2, True)
    assert "This cannot be undone." in lacking.stderr
    assert podium("host", *words, "-c", "cup", "--yes", option, value).exit_code == 0
    assert sent(signed_in, "host/carry_out")[asks] == value


def test_a_plan_that_is_over_is_refused(signed_in: Site, podium: Podium) -> None:
    signed_in.plan = {"plan": "old"}
    result = podium("host", "retry", "7", "-c", "cup", "--yes")
    assert (result.exit_code, "changed since" in result.stderr) == (5, True)


def test_a_file_is_made_planned_applied_and_exported(signed_in: Site, podium: Podium) -> None:
    assert podium("host", "init").exit_code == 0
    text = Path("challenge.yaml").read_text()
    assert podium("host", "init").exit_code == 2
    shown = podium("host", "plan", "challenge.yaml")
    assert shown.stdout.startswith("Disqualify:\n- Alpha")
    assert sent(signed_in, "definition/plan") == {"yaml": text}
    assert podium("host", "apply", "challenge.yaml", "--yes").exit_code == 0
    assert podium("host", "plan", "none.yaml").exit_code == 2
    assert podium("host", "export", "cup").stdout == "challenge:\n  slug: cup\n"
    assert podium("host", "export", "cup", "-o", "out.yaml").exit_code == 0
    assert Path("out.yaml").read_text() == "challenge:\n  slug: cup\n"
    Path("bad.yaml").write_bytes(b"\xff")
    assert podium("host", "plan", "bad.yaml").exit_code == 2


def test_lists_and_status(signed_in: Site, podium: Podium) -> None:
    assert "cup" in podium("host", "challenges").stdout
    status = podium("host", "status", "cup").stdout
    assert "! No scoring worker is alive." in status
    assert "autogluon" in status
    listed = podium("host", "submissions", "cup", "--state", "failed", "--csv").stdout
    assert listed.splitlines()[1].startswith("7,pets,alpha")
    assert signed_in.seen[-1].query == {"limit": "200", "state": "failed"}
    assert told(podium("host", "teams", "cup", "--json"))
    assert "disqualified team" in podium("host", "events", "cup").stdout
    rescore = podium("host", "rescore", "pets", "-c", "cup").stdout
    assert rescore == "Rescore of pets: ready; 0 of 9 left, 0 not scored\n"


def test_what_organizers_look_at(signed_in: Site, podium: Podium) -> None:
    def shown(*words: str) -> str:
        result = podium("host", *words, "-c", "cup")
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    def listed(*words: str) -> list[str]:
        return str(podium("host", *words, "cup", "--csv").stdout).splitlines()[1:]

    assert listed("organizers") == ["ada@x.org,owner,true", "bob@x.org,viewer,false"]
    assert listed("announcements") == [f"News,So.,{NOW},some teams"]
    assert [line.split(",")[1] for line in listed("readiness")] == ["open", "overruled", "passes"]
    assert listed("cases") == ["7,equal files,pets,2 equal files,open,warned,alpha"]
    assert listed("threads", "--unanswered") == ["alpha,2,true"]
    assert signed_in.seen[-1].query["unanswered"] == "true"
    assert shown("thread", "alpha") == (
        "Ada (organizer), 20 November 2026, 12:00 UTC\nWell\nsaid.\n"
    )  # fmt: skip
    case = shown("case", "7")
    assert "Case 7, equal files: open (warned)" in case
    assert "- Files: 2" in case
    assert "Teams\n" in case
    hook = shown("webhook")
    assert hook.startswith("hooks.example (slack)\nNot allowed.\nPosts\n")
    assert shown("labels", "pets") == "4 labels.csv: compared, 2 of 120 labels change.\n"


def test_a_corrected_solution_is_sent(signed_in: Site, podium: Podium) -> None:
    Path("labels.csv").write_text("id,label\n")
    sent = podium("host", "labels", "pets", "send", "labels.csv", "-c", "cup")
    assert (sent.exit_code, sent.stdout) == (0, "4 labels.csv: queued.\n")
    assert b"id,label" in signed_in.seen[-1].body
    assert podium("host", "labels", "pets", "send", "none.csv", "-c", "cup").exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["times", "cup"],
        ["pause", "pets", "-c", "cup"],
        ["pause", "pets", "Why.", "--end", "-c", "cup"],
        ["announce", "News", "-c", "cup"],
        ["write", "alpha", "-c", "cup"],
        ["labels", "other", "add", "-c", "cup"],
    ],
    ids=" ".join,
)
def test_what_lacks_a_part_is_refused(signed_in: Site, podium: Podium, words: list[str]) -> None:
    assert podium("host", *words, "--yes").exit_code == 2
    assert not [each for each in signed_in.seen if each.path.endswith("plan")]


def test_an_archive_is_written_awaited_and_downloaded(signed_in: Site, podium: Podium) -> None:
    result = podium("host", "archive", "cup", "--yes", "-p", "kept")
    assert result.exit_code == 0, result.output
    assert sha(Path("kept/cup-public.zip").read_bytes()) == sha(b"PK")
    assert "Archive: running" in result.stderr
    assert podium("host", "archive", "cup", "--edition", "odd").exit_code == 2
    again = podium("host", "archive", "cup", "--download-only", "-p", "kept", "--json")
    assert told(again)["state"] == "kept"
    signed_in.archive = "failed"
    assert podium("host", "archive", "cup", "--download-only").exit_code == 6
    assert podium("host", "archive", "cup", "--edition", "full", "--download-only").exit_code == 4


def test_the_python_of_an_organizer(client: Client, signed_in: Site) -> None:
    cup = client.host("cup")
    assert isinstance(cup, Host)
    plan = cup.plan("reveal", {"act": "stop"})
    assert cup.carry_out(plan)["challenge"] == "cup"


def test_every_command_is_described() -> None:
    described = (ROOT / "docs" / "host-api.md").read_text()
    for known in host.app.registered_commands:
        assert re.search(rf"`podium host {known.name}[ `]", described), known.name
