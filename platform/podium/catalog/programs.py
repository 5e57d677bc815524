"""Running `python -m tabset` on raw data: alone, without credentials, and within limits."""

import ctypes
import errno
import json
import mmap
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

# tabset's exit code when findings block it or the data break the standard.
BLOCKED = 1
POLL_SECONDS = 0.2
LOG_LINES = 200
MAX_LINE = 20_000
MAX_TEXT = 5_000
_NO_MEMORY = (
    *("MemoryError", "malloc of size", "realloc of size", "std::bad_alloc"),
    "failed to map segment",
)
PR_SET_PDEATHSIG = 1
Tick = Callable[[float, str], None]

# Shared with the pool processes, which are forked from the worker that hears of its end.
_stopping = mmap.mmap(-1, 1)


class Refused(Exception):
    """tabset does not take the data; the text is its own, for the organizer."""


class Broken(Exception):
    """tabset ended in a way that is not the data's fault; the text is for the operator."""


def stop_all() -> None:
    """Let all pool processes of this worker give their work back. Called in its main process."""
    _stopping[0] = 1


def is_stopping() -> bool:
    """Tell whether this worker was told to stop."""
    return bool(_stopping[0])


def run(
    arguments: Sequence[str], *, folder: Path, scratch: Path, tick: Tick, seconds: float
) -> dict[str, Any]:
    """Run tabset in `folder` and return its last word: a JSON object with `result` or `findings`.

    `tick` is called several times a second with the progress (0 to 1) and its message; what it
    raises ends the program. Raises Refused or Broken.
    """
    command = [sys.executable, "-m", "tabset", *arguments, "--json-progress", "--traceback"]
    with _group(command, folder, scratch, seconds) as process:
        heard = _Heard(process)
        try:
            deadline = time.monotonic() + seconds
            while process.poll() is None:
                tick(heard.progress, heard.message)
                if time.monotonic() > deadline:
                    raise Refused(
                        f"This took longer than the {seconds / 60:.0f} minutes that it may take. "
                        "Bring fewer rows or images."
                    )
                time.sleep(POLL_SECONDS)
        finally:
            _kill_group(process)  # ends what the readers wait for
            heard.join()
    if process.returncode == BLOCKED and "findings" in heard.last:
        return heard.last
    if process.returncode != 0:
        raise _failure(process.returncode, heard)
    return heard.last


class _Heard:
    """What a program says while it runs, read beside it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.progress = 0.0
        self.message = "starting"
        self.last: dict[str, Any] = {}
        self.out: deque[str] = deque(maxlen=LOG_LINES)
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        self._readers = [
            threading.Thread(target=self._read_out, args=(process,), daemon=True),
            threading.Thread(target=self._read_log, args=(process,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def join(self) -> None:
        for reader in self._readers:
            reader.join(timeout=5)

    def _read_out(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            try:
                said = json.loads(line)
            except ValueError:
                self.out.append(line.rstrip()[:MAX_LINE])
                continue
            if isinstance(said, dict) and {"progress", "message"} <= set(said):
                self.progress = min(1.0, max(0.0, float(said["progress"])))
                self.message = str(said["message"])
            elif isinstance(said, dict):
                self.last = said

    def _read_log(self, process: subprocess.Popen[str]) -> None:
        for line in process.stderr or ():
            self.log.append(line.rstrip()[:MAX_LINE])


def _failure(code: int, heard: _Heard) -> Exception:
    """Return what to raise for a program that ended with this code."""
    said = "\n".join([*heard.out, *heard.log]).strip()
    if code == -signal.SIGKILL or any(word in said for word in _NO_MEMORY):
        most = settings.DATASET_MEMORY_BYTES // 2**20
        return Refused(
            f"This needs more than the {most:,} MB of memory that it may take. Bring fewer "
            "columns, shorter cells or smaller images."
        )
    if code == -signal.SIGXCPU:
        return Refused("This needs more computing time than it may take. Bring fewer rows.")
    if code == -signal.SIGXFSZ or os.strerror(errno.EFBIG) in said:
        return Refused("This would write a file larger than allowed. Bring fewer rows or images.")
    ours = ("Traceback (most recent call last)", os.strerror(errno.ENOSPC))
    if code == BLOCKED and not any(word in said for word in ours):
        return Refused(_sentence(said))
    return Broken(f"exit code {code}\n{said}")


def _sentence(said: str) -> str:
    """Return tabset's words, which are short, as a sentence without the paths of this machine."""
    place = re.escape(str(settings.FILE_UPLOAD_TEMP_DIR))
    text = re.sub(rf"{place}/[\w-]+/?((raw|draft|public|private)(/|\b))?", "", said)[:MAX_TEXT]
    if re.match(r"[a-z]+[ ,:]", text):  # a word, and not a file's name
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


@contextmanager
def _group(
    command: list[str], folder: Path, scratch: Path, seconds: float
) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process group that does not outlive the block, nor this process."""
    # Nothing else of ours: it needs no secret, no database, no queue.
    passed = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    environment = {
        **passed,
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        # The folder `platform/` must not shadow the standard library's module.
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
    }
    limits = _limits(seconds)
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=lambda: _confine(limits),  # a few system calls; no lock is held here
    ) as process:
        try:
            yield process
        finally:
            _kill_group(process)


def _kill_group(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _limits(seconds: float) -> list[tuple[int, int]]:
    return [
        (resource.RLIMIT_AS, settings.DATASET_MEMORY_BYTES),
        (resource.RLIMIT_CPU, int(seconds * (os.cpu_count() or 1)) + 1),
        (resource.RLIMIT_FSIZE, settings.DATASET_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ]


_libc = ctypes.CDLL(None)


def _confine(limits: list[tuple[int, int]]) -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for kind, most in limits:
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
