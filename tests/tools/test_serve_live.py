"""The site under its supervisor: it answers, outlives a dead worker and leaves nothing behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.live.browser.pages import chromium, visitor
from tests.tools import tour

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.live, pytest.mark.slow]


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def processes_of(var: Path) -> dict[int, str]:
    """Return the command lines of all processes that were started for this state folder."""
    found = {}
    mark = f"PODIUM_VAR={var}\0".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if mark in (folder / "environ").read_bytes() or f" {var} " in command:
                found[int(folder.name)] = command
        except OSError:
            continue  # it ended meanwhile, or is not ours
    return {pid: command for pid, command in found.items() if command}  # no zombies


class Site:
    """One running copy and what it said so far."""

    def __init__(self, var: Path, port: int) -> None:
        self.port = port
        self.var = var
        self.text = ""
        self.supervisor = subprocess.Popen(
            [sys.executable, "-m", "tools.serve", "--port", str(port), "--var", str(var)],
            cwd=ROOT,
            env=os.environ | {"PODIUM_BASELINE_SECONDS": "5"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.supervisor.stdout
        with self.supervisor.stdout as lines:
            for line in lines:
                self.text += line

    def says(self, pattern: str, seconds: float = 60) -> None:
        def said_or_over() -> bool:
            return bool(re.search(pattern, self.text)) or self.supervisor.poll() is not None

        wait_for(said_or_over, seconds, f"did not say {pattern!r}:\n{self.text}")
        assert re.search(pattern, self.text), self.text

    def worker(self, name: str, count: int) -> list[int]:
        """Return the processes of a Celery worker, once it has started as many children."""

        def found() -> list[int]:
            return [
                pid
                for pid, command in processes_of(self.var).items()
                if f"--hostname {name}@" in command and "tools.keep" not in command
            ]

        wait_for(lambda: len(found()) > count, 60, f"no {name} worker:\n{self.text}")
        return found()

    def answers(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
            return bool(answer.status == 200)

    def end(self, order: signal.Signals) -> None:
        self.supervisor.send_signal(order)
        self.supervisor.wait(timeout=30)
        wait_for(lambda: not processes_of(self.var), 15, "its processes did not end")
        self._reader.join(timeout=10)


@contextmanager
def site_on(var: Path) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = Site(var, port)
    try:
        yield site
    finally:
        if site.supervisor.poll() is None:
            site.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a state folder in which the site has run before."""
    folder = tmp_path_factory.mktemp("site") / "var"
    with site_on(folder) as site:
        site.says("Podium answers at", seconds=240)
        assert "organizer@podium.example" in site.text.split("Podium answers at")[1]
        assert site.answers()
    return folder


@pytest.mark.browser
def test_the_tours_of_the_readme_can_be_taken(var: Path, tmp_path: Path) -> None:
    copy = tmp_path / "var"
    shutil.copytree(var, copy, ignore=shutil.ignore_patterns("*.sock"))
    with site_on(copy) as site, sync_playwright() as playwright:
        site.says("Podium answers at")
        browser, url = chromium(playwright), f"http://127.0.0.1:{site.port}"
        with visitor(browser, url) as page:
            tour.participate(page, tmp_path)
        with visitor(browser, url) as page:
            tour.organize(page)
        with visitor(browser, url, viewport={"width": 1280, "height": 860}) as page:
            tour.picture(page)


def test_a_stop_while_it_is_starting_leaves_no_process(var: Path) -> None:
    with site_on(var) as site:
        site.says("Loading the sample challenge")
        site.end(signal.SIGTERM)
        assert "Podium answers" not in site.text


def test_a_dead_worker_is_replaced_and_ctrl_c_leaves_no_process(var: Path) -> None:
    with site_on(var) as site:
        before = site.worker("scoring", 2)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        site.says("scoring ended with code -9 and is started again")
        assert not set(site.worker("scoring", 2)) & set(before)
        assert site.answers()
        with site_on(var) as second:
            second.says("Another copy of Podium runs on")
            assert second.supervisor.wait(timeout=30) == 1
        site.end(signal.SIGINT)
        assert site.supervisor.returncode == 0


def test_a_killed_site_ends_all_its_processes_and_starts_again(var: Path, tmp_path: Path) -> None:
    copy = tmp_path / ("long" * 30)  # too long for a socket inside
    # A Redis that was killed leaves its socket, which cannot be copied.
    shutil.copytree(var, copy, ignore=shutil.ignore_patterns("*.sock"))
    with site_on(copy) as site:
        site.worker("scoring", 2)
        site.end(signal.SIGKILL)
    with site_on(copy) as again:
        again.says("Podium answers at")
        assert again.answers()
