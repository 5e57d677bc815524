"""One limited child process for one job: what it answers, or how it died."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scoring import sandbox
from scoring.frames import BadFrame, TimedOut, read_frame, widen, write_frame
from scoring.result import Died, Failed, Limits, Outcome, from_message, to_message

REQUESTS_IN = 0
"""Where requests come from; when it closes, the caller is gone, and the child is killed."""
_EXIT_MEMORY = 70
# What Arrow, C++, libc and Python say when an allocation fails where none may. They then end the
# process by a signal or exit code that other faults have too.
_OUT_OF_MEMORY = re.compile(rb"Out of memory|bad_alloc|annot allocate memory|MemoryError")


@dataclass(frozen=True)
class Job:
    """What a child does, and what it may answer.

    `most` is the largest payload in bytes, `accept` raises ValueError for an outcome that the work
    never has. `file` is open for the child; all other files are closed to it.
    """

    work: Callable[[], Outcome]
    most: int
    accept: Callable[[Outcome], None]
    file: BinaryIO | None = None


def run_child(job: Job, limits: Limits) -> Outcome | Died:
    """What one child answers, or how it died. No child is left behind."""
    answer, pipe = os.pipe()
    heard, last_words = os.pipe()
    # A child that says more than the pipe holds goes on without being heard.
    os.set_blocking(last_words, False)
    widen(pipe)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _be_child(job, (pipe, last_words), limits, parent)
    os.close(pipe)
    os.close(last_words)
    deadline = time.monotonic() + limits.wall_seconds
    reaped = False
    with os.fdopen(answer, "rb", buffering=0) as answers, os.fdopen(heard, "rb") as words:
        try:
            frame = read_frame(answer, job.most, limits.wall_seconds, watch=REQUESTS_IN)
            outcome = from_message(frame.message, frame.payload)
            if isinstance(outcome, Died):
                raise TypeError
            job.accept(outcome)
            return outcome
        except TimedOut:
            return _death(None, b"")
        except BadFrame:
            # Without a reader, a child that still writes an endless answer ends as well.
            answers.close()
            code = _exit_code(child, deadline)
            reaped = True
            return _death(code, words.read())
        except (KeyError, TypeError, ValueError):
            return Died("exit", "its answer made no sense")
        finally:
            if not reaped:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _exit_code(child: int, deadline: float) -> int | None:
    """The exit code of a child that closed its pipe, negative for a signal; None if too late."""
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _death(code: int | None, words: bytes) -> Died:
    if code is None or code == -signal.SIGXCPU:
        return Died("time", "processor or wall time")
    # If we did not kill it, the kernel did, because memory ran out.
    if code in (_EXIT_MEMORY, -signal.SIGKILL) or _OUT_OF_MEMORY.search(words):
        return Died("memory", "memory")
    if code < 0:
        return Died("crash", f"signal {-code}")
    return Died("exit", f"exit code {code}")


def _be_child(job: Job, pipes: tuple[int, int], limits: Limits, parent: int) -> None:
    """The life of a child: enter the sandbox, work, answer, exit. Never returns.

    It answers on the first of the pipes; its standard error goes to the second.
    """
    pipe, last_words = pipes
    status = 1
    try:
        opened = [job.file.fileno()] if job.file else []
        sandbox.enter(limits, [*opened, pipe], parent, last_words)
        write_frame(pipe, *to_message(job.work()))
        status = 0
    except MemoryError:
        status = _EXIT_MEMORY
    except BaseException as error:
        with contextlib.suppress(BaseException):
            write_frame(pipe, *to_message(Failed(_place(error))))
            status = 0
    finally:
        os._exit(status)


def _place(error: BaseException) -> str:
    """Type and location of an error, without its text, which could quote a label."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{type(error).__name__} at {where}"
