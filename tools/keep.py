"""`python -m tools.keep NAME COMMAND…` keeps one process of the site running.

honcho stops everything as soon as one of its processes ends. A worker that the kernel killed for
its memory must not take the site down, so honcho runs this small parent instead of the process:
- the process ends by itself: start it again after a second; after five ends within a minute, give
  up, so that a site that cannot run stops instead of looking alive;
- SIGTERM or SIGHUP, or the supervisor is gone (even by SIGKILL): ask the process to stop, and kill
  after a short while what is left of its tree. honcho itself waits five seconds: this takes less;
- this parent is killed: the process is asked to stop, since nobody would start it again.
"""

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from types import FrameType
from typing import Any

STOPS = (signal.SIGTERM, signal.SIGHUP)  # the supervisor's, and a terminal's that is closed
SUPERVISOR_VARIABLE = "PODIUM_SUPERVISOR_PID"
GRACE_SECONDS = 3.0
RESTART_SECONDS = 1.0
MOST_ENDS, WITHIN_SECONDS = 5, 60.0
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


class Stopped(Exception):
    """The supervisor wants this process to end."""


def main(name: str, command: list[str]) -> int:
    """Run the command until told to stop (0) or until it ended too often (1)."""
    _adopt_orphans()
    _on_stops(_stop)
    supervisor = int(os.environ.get(SUPERVISOR_VARIABLE, os.getppid()))
    ends: deque[float] = deque(maxlen=MOST_ENDS)
    try:
        while True:
            code = _run_once(command, supervisor)
            ends.append(time.monotonic())
            if len(ends) == MOST_ENDS and ends[-1] - ends[0] < WITHIN_SECONDS:
                print(f"{name} ended {MOST_ENDS} times within a minute: giving up.", flush=True)
                return 1
            print(f"{name} ended with code {code} and is started again.", flush=True)
            time.sleep(RESTART_SECONDS)
    except Stopped:
        return 0
    finally:
        _kill_descendants()  # SIGTERM may have come between a start and the care for it


def _on_stops(handler: Any) -> None:
    for each in STOPS:
        signal.signal(each, handler)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Stopped


def _run_once(command: list[str], supervisor: int) -> int:
    """Run the process once and return its exit code; no descendant of it remains."""
    # A group of its own: SIGTERM to the whole group would kill Celery's pool before its parent.
    child = subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=functools.partial(end_with, os.getpid()),  # two system calls, no lock
    )
    try:
        while True:
            try:
                return child.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if not alive(supervisor):
                    raise Stopped from None
    finally:
        _on_stops(signal.SIG_IGN)
        _end(child)
        _on_stops(_stop)


def end_with(parent: int) -> None:
    """Have this process asked to end when its parent dies, be it by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died before that held
        os._exit(1)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    _kill_descendants()


def _kill_descendants() -> None:
    while left := descendants(os.getpid()):
        for pid in left:
            _kill(pid)
        _reap()


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended between the look and the signal
        os.kill(pid, signal.SIGKILL)


def _reap() -> None:
    """Take the exit codes of adopted children, which would stay behind as zombies otherwise."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, 0)[0]:
            pass


def alive(pid: int) -> bool:
    """Return whether this process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def descendants(pid: int) -> list[int]:
    """Return the ids of all processes below this one (Linux; elsewhere none is seen)."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # pid (name) state ppid …; the name may hold spaces and brackets
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _adopt_orphans() -> None:
    """Become the parent of processes whose own parent dies, so that they can be found and ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
