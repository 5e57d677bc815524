"""Sandbox the current process: limited memory, time and system calls, no files, no network.

Called in a forked child that already holds the submission's descriptor, the pipe to answer on,
and every module it needs. From then on it can read that file, compute, and write that pipe. On
machines whose system call numbers are not listed, or whose kernel has no seccomp, the limits
hold but files and network stay reachable; `enter` says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Collection
from pathlib import Path

from scoring.result import Limits

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE3, _CLONE_THREAD, _FIRST_ARGUMENT = 435, 0x10000, 16
_OPEN_FILES = 16

# System calls that a child may make: reading, writing, memory, clocks, locks, its own signals and
# exit; none that opens a path or reaches a peer or another process. (newfstatat could test whether
# a path exists; libc's fstat needs it.) Threads are allowed below, and everything else fails with
# EPERM. Numbers are those of (x86_64, aarch64).
_ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "getuid": (102, 174),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "set_robust_list": (273, 99),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "rseq": (334, 293),
}
_CLONE = (56, 220)
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Machines with their audit number, in the order of the numbers above."""


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def enter(
    limits: Limits, keep: Collection[int], parent: int, last_words: int | None = None
) -> bool:
    """Sandboxes this process and leaves only these descriptors open.

    Its standard error goes to the descriptor `last_words`, or nowhere. It dies with `parent`, its
    parent's process id. Returns whether the system call filter is
    in force; the other limits raise OSError or ValueError if they cannot be set.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the line above took effect.
        os._exit(1)
    # Before the process is no longer dumpable, while this file is still its own.
    _come_first_when_memory_runs_out()
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _silence(keep, last_words)
    _limit(limits)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return _filter_calls(libc)


def _come_first_when_memory_runs_out() -> None:
    """Makes the kernel kill this process before its parents, if the machine supports that."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _silence(keep: Collection[int], last_words: int | None) -> None:
    """Points the standard streams at nothing and closes all other descriptors."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nothing, stream)
    os.dup2(nothing if last_words is None else last_words, 2)
    start = 3
    for descriptor in sorted(keep):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _limit(limits: Limits) -> None:
    # An absolute limit would include what the process has mapped already.
    memory = mapped_bytes() + limits.memory_bytes
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
    ):
        resource.setrlimit(kind, (soft, hard))


def mapped_bytes() -> int:
    """The size of this process's address space."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _filter_calls(libc: ctypes.CDLL) -> bool:
    """Installs the allow-list of system calls; False where this machine or kernel has none."""
    machine = platform.machine()
    if machine not in _MACHINES:
        return False
    column = list(_MACHINES).index(machine)
    calls = [numbers[column] for numbers in _ALLOWED.values()]
    code = _bpf(_MACHINES[machine], _CLONE[column], calls)
    program = _Program(len(code) // 8, code)
    status: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return status == 0


def _bpf(architecture: int, clone: int, calls: Collection[int]) -> bytes:
    """The filter: another architecture kills; listed calls and new threads pass; no other does."""
    load, jump_if_equal, jump_if_set, give_back = 0x20, 0x15, 0x45, 0x06
    kill, allow, refuse, unknown = 0x80000000, 0x7FFF0000, 0x00050001, 0x00050026
    listed = len(calls)
    lines = [
        (load, 0, 0, 4),
        (jump_if_equal, 1, 0, architecture),
        (give_back, 0, 0, kill),
        (load, 0, 0, 0),
    ]
    # A jump counts the lines it leaps over; "allow" comes last.
    lines += [(jump_if_equal, listed - index + 5, 0, call) for index, call in enumerate(calls)]
    lines += [
        # clone3 hides its flags from a filter; on ENOSYS, libc falls back to clone.
        (jump_if_equal, 4, 0, _CLONE3),
        (jump_if_equal, 0, 2, clone),
        (load, 0, 0, _FIRST_ARGUMENT),
        (jump_if_set, 2, 0, _CLONE_THREAD),
        (give_back, 0, 0, refuse),
        (give_back, 0, 0, unknown),
        (give_back, 0, 0, allow),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
