"""A child can read its file and answer; it has no files, network, secrets or parent to reach."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scoring import Limits, landlock, sandbox
from scoring.runner import Scorer
from tests.scoring.builders import MATCHING, make_folder

LIMITS = Limits(memory_bytes=256 << 20, cpu_seconds=5, wall_seconds=10)


def in_child(action: Callable[[], object]) -> bytes:
    """What a shut-in child got from the action: "done", or the name of its error."""
    answer, pipe = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            assert sandbox.enter(LIMITS, (pipe,), parent)
            action()
            os.write(pipe, b"done")
        except BaseException as error:
            os.write(pipe, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(pipe)
    os.waitpid(child, 0)
    with os.fdopen(answer, "rb") as reader:
        return reader.read()


def reserve_memory() -> None:
    bytearray(512 << 20)


def connect() -> None:
    # Below the socket module, which the tests keep from the network on their own account.
    socket.socket.__base__(socket.AF_INET, socket.SOCK_STREAM)  # type: ignore[call-arg]


def runnable_memory() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)


def made_runnable() -> None:
    libc, area = ctypes.CDLL(None, use_errno=True), mmap.mmap(-1, 4096)
    place = ctypes.addressof(ctypes.c_char.from_buffer(area))
    if libc.mprotect(ctypes.c_void_p(place), 4096, mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "mprotect")


def thread() -> None:
    started = threading.Thread(target=lambda: None)
    started.start()
    started.join()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (lambda: sum(range(1000)), b"done"),
        (lambda: Path("/etc/passwd").read_bytes(), b"PermissionError"),
        (lambda: Path("/proc/self/environ").read_bytes(), b"PermissionError"),
        (lambda: Path("/tmp/x").write_bytes(b"x"), b"PermissionError"),  # noqa: S108
        (connect, b"PermissionError"),
        (lambda: os.kill(os.getppid(), 0), b"PermissionError"),
        (os.fork, b"PermissionError"),
        (lambda: subprocess.run(["true"], check=True), b"PermissionError"),
        (lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)), b"ValueError"),
        (lambda: os.write(1, b"text"), b"done"),
        (reserve_memory, b"MemoryError"),
        (lambda: Path("/").stat(), b"PermissionError"),
        (lambda: mmap.mmap(-1, 4096), b"done"),
        (runnable_memory, b"PermissionError"),
        (made_runnable, b"PermissionError"),
        (thread, b"done"),
    ],
    ids=[
        *("compute", "read-file", "read-environment", "write-file", "socket", "kill"),
        *("fork", "exec", "rlimit", "print", "memory"),
        *("path", "map", "runnable", "made-runnable", "thread"),
    ],
)
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_what_a_child_may_do(action: Callable[[], object], expected: bytes) -> None:
    assert in_child(action) == expected


def test_the_standard_streams_of_a_child_lead_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    assert in_child(lambda: [os.write(stream, b"label") for stream in (1, 2)]) == b"done"
    assert capfd.readouterr() == ("", "")


def test_the_zygote_has_no_secret_and_no_foreign_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    task = make_folder(tmp_path / "task", MATCHING)
    held = os.open(task.dataset, os.O_RDONLY)
    os.set_inheritable(held, True)
    with Scorer() as scorer:
        scorer.score(
            file=task.dataset, dataset=task.dataset, test=task.test, solution=task.solution
        )
        pid = scorer._zygotes["read"]._process.pid
        assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
        opened = [link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir()]
        assert task.dataset not in opened
        assert os.getpgid(pid) == pid
        # A process with threads cannot be forked safely.
        assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1
    os.close(held)


def forked(action: Callable[[], object]) -> str:
    """The names of the errors of the action in a child, nothing if it had none."""
    answer, pipe = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException as error:
            os.write(pipe, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(pipe)
    os.waitpid(child, 0)
    with os.fdopen(answer, "rb") as reader:
        return reader.read().decode()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_landlock_keeps_files_closed_where_no_filter_does(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        libc = ctypes.CDLL(None)
        libc.prctl(38, 1, 0, 0, 0)
        with landlock.rules() as nothing:
            assert nothing is not None
            assert landlock.enforce(nothing)
        path.write_text("x")

    assert forked(lambda: write(tmp_path / "new")) == "PermissionError"
    assert forked(lambda: (tmp_path / "new").write_text("x")) == ""


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_the_namespaces_of_a_zygote_have_no_network(tmp_path: Path) -> None:
    def look() -> None:
        assert sandbox.leave_namespaces(64)
        assert [name for _, name in socket.if_nameindex()] == ["lo"]
        assert resource.getrlimit(resource.RLIMIT_NPROC) == (64, 64)
        # Files of its own user stay readable.
        assert (tmp_path / "solution").read_text() == "x"

    (tmp_path / "solution").write_text("x")
    (tmp_path / "solution").chmod(0o600)
    assert forked(look) == ""


def test_a_child_dies_if_its_parent_is_gone_already() -> None:
    child = os.fork()
    if child == 0:
        sandbox.enter(LIMITS, (), parent=1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_processor_time_is_limited() -> None:
    child = os.fork()
    if child == 0:
        sandbox.enter(Limits(cpu_seconds=1), (), os.getppid())
        while True:
            pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGXCPU


def test_the_kernel_ends_a_child_before_its_parents_when_memory_runs_out() -> None:
    ready, pipe = os.pipe()
    child = os.fork()
    if child == 0:
        sandbox.enter(LIMITS, (pipe,), os.getppid())
        os.write(pipe, b"x")
        time.sleep(60)
        os._exit(1)
    assert os.read(ready, 1) == b"x"
    assert Path(f"/proc/{child}/oom_score_adj").read_text() == "1000\n"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(pipe)
