"""What the shell completes, and that it never waits long nor complains."""

import json
import os
import subprocess
import sys
import time

import pytest
import typer

from podium_client import config
from podium_client.cli import app, completion
from podium_client.site import Site as Api
from tests.client.state import API, TOKEN, Site

CONTEXT = typer.Context(typer.main.get_command(app))


def test_challenges_and_tasks_are_completed_from_a_listing(signed_in: Site) -> None:
    assert completion.challenges(CONTEXT, "c") == ["cup"]
    assert completion.challenges(CONTEXT, "x") == []
    assert completion.tasks(CONTEXT, "") == ["cup/"]
    assert completion.tasks(CONTEXT, "cup/p") == ["cup/pets"]
    for _ in range(3):
        completion.tasks(CONTEXT, "cup/")
    assert len(signed_in.asked("GET", ".*")) == 2


def test_an_old_listing_is_asked_for_again_and_serves_offline(signed_in: Site) -> None:
    completion.challenges(CONTEXT, "")
    file = config.cache_folder() / "listing.json"
    known = json.loads(file.read_text())
    known[f"{signed_in.url} "]["at"] = time.time() - 3600
    file.write_text(json.dumps(known))
    assert completion.challenges(CONTEXT, "") == ["cup"]
    assert len(signed_in.asked("GET", f"{API}/challenges")) == 2
    file.write_text(json.dumps(known))
    signed_in.fail("GET", ".*", status=500, body=b"")
    assert completion.challenges(CONTEXT, "") == ["cup"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}'])
def test_a_damaged_listing_is_made_anew(signed_in: Site, text: str) -> None:
    config.cache_folder().mkdir(parents=True)
    (config.cache_folder() / "listing.json").write_text(text)
    assert completion.challenges(CONTEXT, "") == ["cup"]


def test_nothing_is_said_without_a_site_or_an_answer(
    signed_in: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in.fail("GET", ".*", status=503, body=b"", times=9)
    assert completion.challenges(CONTEXT, "") == []
    assert len(signed_in.seen) == 1
    config.config_file().unlink()
    assert completion.tasks(CONTEXT, "cup/") == []


def test_nobody_waits_long(signed_in: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Api] = []
    kind = type("Seen", (Api,), {"close": lambda self: (asked.append(self), Api.close(self))})
    monkeypatch.setattr(completion, "Site", kind)
    completion.challenges(CONTEXT, "")
    assert asked[0]._http.timeout.read == 2.0


def test_the_shell_asks_the_program_itself(signed_in: Site) -> None:
    environment = {
        **os.environ,
        "_PODIUM_COMPLETE": "complete_bash",
        "COMP_WORDS": "podium download -c cup/",
        "COMP_CWORD": "3",
        "PODIUM_URL": signed_in.url,
        "PODIUM_TOKEN": TOKEN,
    }
    code = "from podium_client.cli import app; app(prog_name='podium')"
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert run.stdout.split() == ["cup/pets"]
