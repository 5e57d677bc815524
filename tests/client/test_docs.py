"""The documents describe the client as it is: commands, output, code and exit codes."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from podium_client import errors
from podium_client.cli import COMMANDS, teams, writeup
from tests.client.conftest import Podium
from tests.client.people import add_question
from tests.client.server import SCORES, submission
from tests.client.state import TOKEN, Site
from tests.client.test_frames import publish
from tests.tabset.sources import classification

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "docs" / "client.md", ROOT / "client" / "README.md")
PARTICIPANTS = ROOT / "docs" / "participants.md"


def blocks(document: Path, *languages: str) -> list[str]:
    """Return the contents of a document's code blocks in any of the languages."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)
    return [content for language, content in fenced if language in languages]


SHELL = [
    line
    for document in (*DOCUMENTS, PARTICIPANTS)
    for block in blocks(document, "", "sh")
    for line in block.splitlines()
    if line.startswith("podium ")
]
PYTHON = ["\n".join(blocks(document, "python")) for document in DOCUMENTS]


@pytest.fixture
def site_of_docs(signed_in: Site, tmp_path: Path) -> Site:
    """The site that the documents describe, and the files that they send."""
    publish(signed_in, classification(), tmp_path / "dataset")
    submission(signed_in, 1, scores=SCORES)
    add_question(signed_in)
    Path("writeup.md").write_text("# How it works\n\nWe *block* first.\n")
    Path("paper.pdf").write_bytes(b"%PDF-1.7")
    words = {"title": "How", "body": "So.", "links": [], "paper": None, "slides": None}
    signed_in.writeup.append({**words, "is_published": False})
    Path("predictions.csv").write_text("id,prediction\np1,cat\n")
    return signed_in


@pytest.mark.parametrize("line", SHELL)
def test_every_command_of_the_documents_works(
    site_of_docs: Site, podium: Podium, line: str
) -> None:
    podium("config", "set", "challenge", "cup")
    words = shlex.split(line.replace("https://podium.example.org", site_of_docs.url))[1:]
    if words == ["submissions"]:
        podium("config", "set", "task", "cup/pets")
    result = podium(*words, stdin=f"{TOKEN}\n")
    assert result.exit_code == 0, result.output


def test_submitting_prints_what_the_guide_shows(site_of_docs: Site, podium: Podium) -> None:
    commands = "".join(blocks(PARTICIPANTS, "sh"))
    (command,) = re.findall("^podium (submit .*)$", commands, re.MULTILINE)
    (shown,) = blocks(PARTICIPANTS, "text")
    site_of_docs.submissions.clear()
    podium("login", site_of_docs.url, stdin=f"{TOKEN}\n")
    result = podium(*shlex.split(command))
    assert result.stderr + result.stdout == shown


@pytest.mark.parametrize("code", PYTHON, ids=[document.name for document in DOCUMENTS])
def test_the_python_of_the_documents_runs(
    site_of_docs: Site, waits: list[float], capsys: pytest.CaptureFixture[str], code: str
) -> None:
    names: dict[str, Any] = {}
    exec(compile(code, "document", "exec"), names)  # noqa: S102  (our own document)
    names["task"].site.close()
    assert [submission["state"] for submission in site_of_docs.submissions] == ["scored", "scored"]


def test_every_command_is_described() -> None:
    described = DOCUMENTS[0].read_text()
    for command in COMMANDS:
        assert f"podium {command.__name__}" in described
    for name, app in (("teams", teams.app), ("writeup", writeup.app)):
        (line,) = [each for each in described.splitlines() if each.startswith(f"- **{name}**")]
        for known in app.registered_commands:
            assert re.search(rf"`{known.name}[ `]", line), known.name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_exit_code_is_described(document: Path) -> None:
    described = {int(code) for code in re.findall(r"^\| (\d+) \|", document.read_text(), re.M)}
    kinds = {kind.exit_code for kind in errors.PodiumError.__subclasses__()}
    assert described - {errors.INTERRUPTED} == {errors.DONE, *kinds}
