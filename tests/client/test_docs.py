"""What the documents say of the client, of which two are its own, is what it does."""

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
SHELL = [
    line
    for document in (*DOCUMENTS, ROOT / "docs" / "participants.md")
    for block in re.findall(r"```(?:sh)?\n(.*?)```", document.read_text(), re.DOTALL)
    for line in block.splitlines()
    if line.startswith("podium ")
]
PYTHON = [
    "\n".join(re.findall(r"```python\n(.*?)```", document.read_text(), re.DOTALL))
    for document in DOCUMENTS
]


@pytest.fixture
def site_of_docs(signed_in: Site, tmp_path: Path) -> Site:
    """The site that the documents speak of, and the file that they send."""
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


@pytest.mark.parametrize("code", PYTHON, ids=[document.name for document in DOCUMENTS])
def test_the_python_of_the_documents_runs(
    site_of_docs: Site, waits: list[float], capsys: pytest.CaptureFixture[str], code: str
) -> None:
    names: dict[str, Any] = {}
    exec(compile(code, "document", "exec"), names)  # noqa: S102  (our own document)
    names["task"].client.close()
    assert [each["state"] for each in site_of_docs.submissions] == ["scored", "scored"]


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
