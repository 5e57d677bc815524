"""Where settings come from, which one wins, and how the file is kept."""

import stat
from pathlib import Path

import pytest

from podium_client import Client, config
from podium_client.addresses import normal, within
from podium_client.errors import SiteError, UsageError
from tests.client.state import TOKEN

OTHER = "podium_" + "o" * 43
URL = "https://one.example.org"


def stored(**values: str) -> Path:
    file = config.config_file()
    config.write(file, {"url": URL, "token": TOKEN, **values})
    return file


def test_arguments_win_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored(challenge="cup")
    found = config.load()
    assert (found.url, found.token, found.settings["challenge"]) == (URL, TOKEN, "cup")
    monkeypatch.setenv("PODIUM_URL", "https://two.example.org/")
    monkeypatch.setenv("PODIUM_TOKEN", f" {OTHER}\n")
    found = config.load()
    assert (found.url, found.token) == ("https://two.example.org", OTHER)
    assert (found.sources["url"], found.sources["challenge"]) == ("environment", "file")
    found = config.load("https://three.example.org", TOKEN)
    assert (found.url, found.token) == ("https://three.example.org", TOKEN)


def test_a_stored_token_goes_to_no_other_site(monkeypatch: pytest.MonkeyPatch) -> None:
    stored()
    monkeypatch.setenv("PODIUM_URL", "https://two.example.org")
    assert config.load().token == ""
    monkeypatch.setenv("PODIUM_URL", URL)
    assert config.load().token == TOKEN


def test_the_file_can_be_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config.config_file() == home / "config" / "podium" / "config.json"
    monkeypatch.setenv("PODIUM_CONFIG", str(home / "mine.json"))
    assert stored() == home / "mine.json"
    assert config.load().token == TOKEN


def test_the_file_is_its_owners_alone_also_over_an_open_one() -> None:
    file = stored()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.chmod(0o644)
    assert config.is_open_to_others(file)
    assert not config.is_open_to_others(stored())
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("text", ["not json", "[]", "\x00"])
def test_a_damaged_file_is_named(text: str) -> None:
    file = stored()
    file.write_text(text)
    with pytest.raises(UsageError, match=r"config\.json"):
        config.load()


def test_a_file_that_cannot_be_written_is_named(home: Path) -> None:
    (home / "config").write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written"):
        stored()


@pytest.mark.parametrize("text", ["podium_short", "x" * 50, TOKEN + "\r\nX-Evil: 1"])
def test_a_token_from_the_environment_is_looked_at_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("PODIUM_TOKEN", text)
    with pytest.raises(UsageError) as caught:
        config.load(URL)
    assert text not in str(caught.value.as_json())


def test_nothing_shows_the_token() -> None:
    stored()
    with Client() as client:
        assert TOKEN not in repr(client) + repr(client.config) + str(vars(client.site).keys())


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("podium.example.org", "https://podium.example.org"),
        (" https://Podium.Example.org:8443/ ", "https://podium.example.org:8443"),
        ("https://example.org/podium/", "https://example.org/podium"),
        ("https://example.org/api/v1/", "https://example.org"),
        ("localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://demo.localhost", "http://demo.localhost"),
    ],
)
def test_addresses_as_people_type_them(given: str, address: str) -> None:
    assert normal(given) == address


@pytest.mark.parametrize(
    "given",
    [
        *("", "https://", "ftp://example.org", "javascript:alert(1)", "https://a b.org"),
        *("https://example.org:port", "https://[::1", "https://x.org/?a=1", "https://x.org/#a"),
        *("https://user:secret@example.org", "http://example.org", "http://127.0.0.1.example.org"),
        "http://localhost.example.org",
    ],
)
def test_what_is_no_address_or_not_safe(given: str) -> None:
    with pytest.raises(UsageError) as caught:
        normal(given)
    assert "secret" not in str(caught.value)


def test_insecure_is_kept_for_the_site_that_it_was_said_of() -> None:
    assert normal("http://example.org", insecure=True) == "http://example.org"
    stored(url="http://example.org", insecure="yes")
    assert config.load().insecure
    with pytest.raises(UsageError):
        config.load("http://other.example.org")


def test_references_stay_within_the_site() -> None:
    assert within("https://x.org/p", "/api/v1/me") == "https://x.org/api/v1/me"
    with pytest.raises(SiteError):
        within("https://x.org", "https://y.org/api/v1/me")
