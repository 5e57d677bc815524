"""A home of its own for each test, a site to talk to, and waits that take no time."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from podium_client import Client, config
from podium_client.cli import app, session
from podium_client.retries import Retries
from tests.client.server import serving
from tests.client.state import TOKEN, Site

COMMAND = typer.main.get_command(app)
TRUST = httpx.create_ssl_context()
Podium = Callable[..., Result]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and no setting from outside."""
    for name in ("PODIUM_URL", "PODIUM_TOKEN", "PODIUM_CONFIG", "PODIUM_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


@pytest.fixture(autouse=True)
def _made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Created by every run of the program; most of a test's time would go into it."""
    monkeypatch.setattr(typer.testing, "_get_command", lambda _: COMMAND)
    monkeypatch.setattr(httpx._transports.default, "create_ssl_context", lambda **_: TRUST)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited for what; nobody really waits."""
    waited: list[float] = []
    monkeypatch.setattr(session, "RETRIES", Retries(sleep=waited.append))
    return waited


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that is there."""
    with serving() as running:
        yield running


@pytest.fixture
def signed_in(site: Site) -> Site:
    """A site that the configuration knows, with a token."""
    config.write(config.config_file(), {"url": site.url, "token": TOKEN})
    return site


@pytest.fixture
def client(signed_in: Site, waits: list[float]) -> Iterator[Client]:
    """The Python API for that site."""
    with Client(retries=session.RETRIES) as made:
        yield made


@pytest.fixture
def podium(waits: list[float]) -> Podium:
    """The command line."""

    def run(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin)

    return run


@pytest.fixture
def predictions(home: Path) -> Path:
    """A small file to send."""
    file = home / "work" / "mine.csv"
    file.write_text("id,prediction\np1,cat\n")
    return file


def told(result: Result) -> dict[str, object]:
    """Return the JSON on stdout."""
    return json.loads(result.stdout)  # type: ignore[no-any-return]
