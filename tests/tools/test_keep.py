"""A process of the site is started again when it dies, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tools import keep

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `tools.keep` around a shell script; what is left of it at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(script: str, supervisor: int | None = None) -> "subprocess.Popen[str]":
        environment = os.environ | {keep.SUPERVISOR_VARIABLE: str(supervisor or os.getpid())}
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.keep", "worker", "sh", "-c", script],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        for pid in [*keep.descendants(process.pid), process.pid]:
            if process.poll() is None:
                with suppress(ProcessLookupError):  # a parent that waits for a child ends with it
                    os.kill(pid, signal.SIGKILL)
        process.wait()
        assert process.stdout
        process.stdout.close()


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def pid_in(file: Path) -> int:
    wait_for(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


def test_a_process_that_dies_is_started_again(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    process = start(f"echo $$ > {file}; exec sleep 60")
    first = pid_in(file)
    file.unlink()
    os.kill(first, signal.SIGKILL)
    assert pid_in(file) != first
    process.terminate()
    assert process.wait(timeout=60) == 0
    assert process.stdout
    assert "worker ended with code -9 and is started again." in process.stdout.read()


def test_a_process_that_keeps_dying_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keep, "RESTART_SECONDS", 0)
    monkeypatch.setattr(keep, "_adopt_orphans", lambda: None)  # not for the test runner
    monkeypatch.setattr(keep, "_kill_descendants", lambda: None)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert keep.main("worker", ["sh", "-c", "exit 3"]) == 1
    finally:
        signal.signal(signal.SIGTERM, before)
    output = capfd.readouterr().out
    assert output.count("worker ended with code 3") == keep.MOST_ENDS - 1
    assert "giving up" in output


@pytest.mark.parametrize("stop", keep.STOPS)
def test_stopping_kills_what_ignores_it_and_what_ran_away(
    start: Start, tmp_path: Path, stop: signal.Signals
) -> None:
    runaway, stubborn = tmp_path / "runaway", tmp_path / "stubborn"
    process = start(
        f"(setsid sh -c 'echo $$ > {runaway}; exec sleep 60' &); "
        f"trap '' TERM; echo $$ > {stubborn}; while true; do sleep 60; done"
    )
    pids = [pid_in(runaway), pid_in(stubborn)]
    process.send_signal(stop)
    assert process.wait(timeout=60) == 0
    assert [pid for pid in pids if keep.alive(pid)] == []


def test_a_process_ends_with_a_supervisor_that_was_killed(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    supervisor = subprocess.Popen(["sleep", "60"])
    process = start(f"echo $$ > {file}; exec sleep 60", supervisor.pid)
    pid = pid_in(file)
    supervisor.kill()
    supervisor.wait()
    assert process.wait(timeout=60) == 0
    assert not keep.alive(pid)


def test_a_process_does_not_outlive_a_killed_keeper(start: Start, tmp_path: Path) -> None:
    file, asked = tmp_path / "pid", tmp_path / "asked"
    # It is asked, not killed, so that a worker can give its work back.
    process = start(
        f"trap 'touch {asked}; exit' TERM; echo $$ > {file}; while :; do sleep 0.1; done"
    )
    pid = pid_in(file)
    process.kill()
    process.wait()
    wait_for(lambda: not keep.alive(pid))
    assert asked.exists()
