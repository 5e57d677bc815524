"""Running `python -m tabset` on raw data, in a process of its own and within limits."""

import errno
import os
import re
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from django.conf import settings

from podium import programs
from podium.files import Json
from podium.refusals import Refused

# tabset's exit code when findings block it or the data break the standard.
BLOCKED = 1
TICK_SECONDS = 0.2
MAX_TEXT = 5_000
# With a limited address space, a thread may lack room for its stack.
_NO_MEMORY = (
    "MemoryError", "malloc of size", "realloc of size", "std::bad_alloc",
    "failed to map segment", "can't start new thread",
    "cannot allocate memory",  # glibc, for a thread's own data
    os.strerror(errno.ENOMEM), os.strerror(errno.EAGAIN),
)  # fmt: skip
# What the kernel sends, and what becomes of native code that does not ask if it got its memory.
_NO_MEMORY_SIGNALS = {signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT}
log = structlog.get_logger(__name__)
Tick = Callable[[float, str], None]


class Broken(Exception):
    """tabset ended in a way that is not the data's fault; the text is for the operator."""


def run(
    arguments: Sequence[str],
    *,
    folder: Path,
    scratch: Path,
    tick: Tick,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
) -> Json:
    """Run tabset in `folder` and return its last word: a JSON object with `result` or `findings`.

    Apart from `scratch` it finds only the folders that it `reads` and `writes`. `tick` is called
    several times a second with the progress (0 to 1) and its message; what it raises ends the
    program. Raises Refused or Broken.
    """
    seconds = settings.DATASET_SECONDS
    try:
        ended = programs.run(
            [sys.executable, "-m", "tabset", *arguments, "--json-progress", "--traceback"],
            folder=folder,
            scratch=scratch,
            reads=reads,
            writes=writes,
            tick=lambda program: tick(program.progress, program.message),
            every=TICK_SECONDS,
            seconds=seconds,
            limits=_limits(seconds),
            # It multiplies no matrices, and OpenBLAS spins for ever where its threads find no room.
            variables={"OPENBLAS_NUM_THREADS": "1"},
        )
    except programs.OutOfTime as error:
        raise Refused(
            "data",
            f"This took longer than the {seconds / 60:.0f} minutes that it may take. "
            "Bring fewer rows or images.",
        ) from error
    if ended.code == 0 or (ended.code == BLOCKED and "findings" in ended.last):
        return ended.last
    raise _failure(ended)


def _failure(ended: programs.Program) -> Exception:
    """Return what to raise for a program that ended badly."""
    code, said = ended.code, "\n".join(ended.log).strip()
    if -(code or 0) in _NO_MEMORY_SIGNALS or any(word in said for word in _NO_MEMORY):
        log.warning("tabset ran out of memory", code=code, said=said)
        most = settings.DATASET_MEMORY_BYTES // 2**20
        return Refused(
            "data",
            f"This needs more than the {most:,} MB of memory that it may take. Bring fewer "
            "columns, shorter cells or smaller images.",
        )
    if code == -signal.SIGXCPU:
        return Refused("data", "This needs more computing time than it may take. Bring fewer rows.")
    if code == -signal.SIGXFSZ or os.strerror(errno.EFBIG) in said:
        return Refused(
            "data", "This would write a file larger than allowed. Bring fewer rows or images."
        )
    ours = ("Traceback (most recent call last)", os.strerror(errno.ENOSPC))
    if code == BLOCKED and not any(word in said for word in ours):
        return Refused("data", _sentence(said))
    return Broken(f"exit code {code}\n{said}")


def _sentence(said: str) -> str:
    """Return tabset's words, which are short, as a sentence without the paths of this machine."""
    place = re.escape(str(settings.FILE_UPLOAD_TEMP_DIR))
    text = re.sub(rf"{place}/[\w-]+/?((raw|draft|public|private)(/|\b))?", "", said)[:MAX_TEXT]
    if re.match(r"[a-z]+[ ,:]", text):  # a word, and not a file's name
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _limits(seconds: float) -> list[tuple[int, int]]:
    return [
        (resource.RLIMIT_AS, settings.DATASET_MEMORY_BYTES),
        (resource.RLIMIT_CPU, int(seconds * (os.cpu_count() or 1)) + 1),
        (resource.RLIMIT_FSIZE, settings.DATASET_FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ]
