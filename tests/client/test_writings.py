"""Notices and write-ups, from the command line and from Python."""

from pathlib import Path

import pytest

from podium_client import Client, NotFoundError, RefusedError, UsageError
from podium_client.writeup import parsed
from tests.client.conftest import Podium, told
from tests.client.state import API, Site
from tests.client.writings import OWN, add_notice

PDF = b"%PDF-1.7\n" + bytes(range(256))
TEXT = """# How it works

We *block* first.

Links:
https://code.example.org/alpha The code
- https://data.example.org
"""


@pytest.fixture(autouse=True)
def _cup(signed_in: Site, podium: Podium) -> None:
    podium("config", "set", "challenge", "cup")
    Path("text.md").write_text(TEXT)
    Path("mine.pdf").write_bytes(PDF)


def test_notices_are_listed_and_marked_as_read(signed_in: Site, podium: Podium) -> None:
    assert "No notices" in podium("notices").stderr
    add_notice(signed_in)
    add_notice(signed_in, title="Bob asks", is_read=True)
    assert "Accuracy 0.75." in podium("notices").stdout
    assert [each["id"] for each in told(podium("notices", "--unread", "--json"))] == [88]  # type: ignore[attr-defined]
    assert not signed_in.notices[1]["is_read"]
    assert podium("notices", "--unread", "--read").exit_code == 0
    assert "No notices" in podium("notices", "--unread").stderr


def test_many_notices_are_marked_in_parts(signed_in: Site, client: Client) -> None:
    for _ in range(3):
        add_notice(signed_in)
    assert client.mark_read(range(80, 1100)) == 3
    assert len(signed_in.asked("POST", f"{API}/notices/read")) == 2
    assert client.mark_read() == 0
    assert client.mark_read([]) == 0


def test_mails_are_chosen(signed_in: Site, podium: Podium) -> None:
    assert "scored" in podium("notices", "--mails").stdout
    podium("notices", "--mail", "scored=off")
    assert signed_in.mails["scored"] == "off"
    assert podium("notices", "--mail", "gossip=off").exit_code == 2
    assert podium("notices", "--mail", "scored").exit_code == 2


def test_a_write_up_is_saved_from_a_file(signed_in: Site, podium: Podium) -> None:
    assert podium("writeup", "show", "classification").exit_code == 4
    arguments = ("writeup", "save", "classification", "-f", "text.md")
    made = told(podium(*arguments, "--paper", "mine.pdf", "--json"))
    assert (made["title"], made["body"], made["number"]) == ("How it works", "We *block* first.", 1)
    assert made["links"] == [
        {"url": "https://code.example.org/alpha", "title": "The code"},
        {"url": "https://data.example.org", "title": ""},
    ]
    shown = podium("writeup", "show", "classification", "-p", "pdfs").stdout
    assert "Paper: my paper.pdf, 265 bytes" in shown
    assert Path("pdfs/paper.pdf").read_bytes() == PDF
    second = told(podium(*arguments, "--remove", "paper", "--json"))
    assert (second["number"], second["paper"]) == (2, None)
    assert told(podium("writeup", "show", "classification", "--version", "1", "--json"))["paper"]
    refused = podium(*arguments, "--based-on", "1")
    assert refused.exit_code == 5
    assert "Bob saved version 2" in refused.stderr
    assert podium(*arguments, "--remove", "poster").exit_code == 2


def test_a_write_up_is_published_and_taken_back(signed_in: Site, podium: Podium) -> None:
    podium("writeup", "save", "classification", "-f", "text.md")
    assert "everybody reads version 1" in podium("writeup", "publish", "classification").stdout
    assert told(podium("writeup", "list", "--json"))[0]["is_public"]  # type: ignore[index]
    others = podium("writeup", "show", "classification", "--team", "beta").stdout
    assert "Beta, classification, version 1" in others
    assert "not public" in podium("writeup", "take-back", "classification").stdout


def test_a_write_up_from_python(signed_in: Site, client: Client) -> None:
    mine = client.writeup("classification", "cup")
    with pytest.raises(NotFoundError):
        mine.read()
    assert mine.save("How", "So.", slides="mine.pdf")["slides"]
    assert mine.save("How", "Or so.", remove=["slides"])["number"] == 2
    with pytest.raises(RefusedError):
        mine.save("How", "Late.", based_on=1)
    with pytest.raises(NotFoundError):
        mine.download("paper")
    with pytest.raises(UsageError):
        mine.download("poster")
    assert mine.publish(1)["published"] == 1
    assert repr(mine) == "WriteUp('cup/classification/alpha')"
    signed_in.fail("POST", OWN, lose=True)
    with pytest.raises(RefusedError):  # the small site knows no second time
        mine.save("How", "Once more.")


@pytest.mark.parametrize("text", ["", "no title", "#no title", "## Smaller\n"])
def test_a_file_begins_with_its_title(podium: Podium, text: str) -> None:
    Path("text.md").write_text(text)
    assert podium("writeup", "save", "classification", "-f", "text.md").exit_code == 2
    with pytest.raises(UsageError):
        parsed(text)


def test_a_file_without_links_is_all_text() -> None:
    assert parsed("# A\n\nb\n\nc") == ("A", "b\n\nc", [])
