"""What a terminal shows: prompts that hide a token, and progress bars."""

import os
import pty
import select
import sys
import time
from pathlib import Path

import pytest

from podium_client import config
from tests.client.state import TOKEN, Site

SECONDS = 60


def at_terminal(arguments: list[str], typed: list[str]) -> tuple[int, str]:
    """Return how a command ended and all that its terminal showed; prompts are answered."""
    child, terminal = pty.fork()
    if not child:
        os.execv(sys.executable, [sys.executable, "-m", "podium_client", *arguments])  # noqa: S606
    shown, deadline = b"", time.monotonic() + SECONDS
    while select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
        try:
            shown += os.read(terminal, 1 << 16)
        except OSError:  # the terminal's other end is closed
            break
        # A hidden prompt is printed when the echo is off already.
        if typed and shown.endswith(b": "):
            os.write(terminal, typed.pop(0).encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_token_is_typed_unseen(site: Site) -> None:
    ended, shown = at_terminal(["login"], [site.url, TOKEN])
    assert ended == 0, shown
    assert "Address of the site" in shown
    assert f"{site.url}/account/tokens/" in shown
    assert "Signed in" in shown
    assert TOKEN not in shown
    assert config.read(config.config_file())["token"] == TOKEN


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(
    ("terminal", "options", "bars"),
    [
        ("xterm", [], True),
        ("dumb", [], False),
        ("xterm", ["-q"], False),
        ("xterm", ["--json"], False),
    ],
)
def test_progress_bars_need_a_terminal_that_can_redraw(
    signed_in: Site,
    terminal: str,
    options: list[str],
    bars: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", terminal)
    signed_in.files = {"big.bin": os.urandom(1 << 20)}
    ended, shown = at_terminal(["download", "cup/pets", *options], [])
    assert ended == 0, shown
    assert ("\x1b[" in shown and "big.bin" in shown.split("pets/big.bin")[0]) == bars
    assert not shown.startswith("\r\n")
    assert Path("pets/big.bin").exists()
