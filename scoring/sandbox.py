"""Sandbox the current process: limited memory, time and system calls, no files, no network.

Called in a forked child that already holds the descriptors and every module it needs. From then on
it can read its file, compute, and write its pipe. Three walls stand one behind the other, as far as
the kernel has them: a filter of system calls (seccomp), Landlock rules that allow no file and no
port, and namespaces without network (user_namespaces(7), entered once by the parent). On machines
without the filter, the limits hold but files and network may be reachable; `enter` says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Callable, Collection
from pathlib import Path

from scoring import landlock
from scoring.result import Limits

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE3, _CLONE_THREAD, _PROT_EXEC = 435, 0x10000, 4
_FIRST_ARGUMENT, _THIRD_ARGUMENT = 16, 32
_CLONE_NEWUSER, _CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWNET = 1 << 28, 1 << 17, 1 << 27, 1 << 30
NO_FILTER = (
    "this machine has no filter of system calls (seccomp), so a file could reach other files and "
    "the network"
)
_OPEN_FILES = 16

# System calls that a child may make: reading, writing, memory, clocks, locks, its own signals and
# exit; none that names a path or reaches a peer or another process. Memory that can be run is
# refused below, threads are allowed, and everything else fails with EPERM. Numbers are those of
# (x86_64, aarch64).
_ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
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
    "set_robust_list": (273, 99),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "rseq": (334, 293),
}
_CLONE, _SOCKET = (56, 220), (41, 198)
_IO_URING_SETUP, _X32 = 425, 0x40000000
_MEMORY = ((9, 222), (10, 226))
"""mmap and mprotect, whose third argument says what the memory is for."""
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
    with landlock.rules() as no_files:
        if no_files is not None:
            landlock.enforce(no_files)
    return _filter_calls(libc, _allow_listed)


def confine(files: int | None) -> None:
    """Leaves this process, and the program that it becomes, these files and no network.

    `files` are rules made by `landlock.rules`. It can gain no privileges, and where the kernel has
    the filter make no socket but a pair: no address of any family can be reached.
    """
    leave_namespaces()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if files is not None and not landlock.enforce(files):
        raise OSError("the kernel refused the Landlock rules")
    _filter_calls(libc, _refuse_sockets)


def is_filtering() -> bool:
    """Whether the filter of `enter` takes hold on this machine, tried once in a child."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if enter(Limits(), (), parent) else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def leave_namespaces(tasks: int | None = None) -> bool:
    """Moves this process into namespaces of its own, without network; False where not allowed.

    For a process without threads. `tasks` limits the processes and threads that are in them. The
    files that its user may read stay readable; rights over more than that (capabilities) are lost.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    flags = _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWIPC | _CLONE_NEWNET
    if libc.unshare(flags) != 0:
        return False
    if tasks is not None:
        # Counted in this namespace only; elsewhere all processes of the user would count.
        resource.setrlimit(resource.RLIMIT_NPROC, (tasks, tasks))
    return True


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


def _filter_calls(libc: ctypes.CDLL, rules: Callable[[int], list[_Line | str]]) -> bool:
    """Installs a filter of system calls, made for a column of the numbers above.

    False where this machine or kernel has none.
    """
    machine = platform.machine()
    if machine not in _MACHINES:
        return False
    column = list(_MACHINES).index(machine)
    code = _assembled([*_for_machine(_MACHINES[machine]), *rules(column)])
    program = _Program(len(code) // 8, code)
    status: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return status == 0


_Line = tuple[int, int, str, str]
_NEXT = ""
_LOAD, _IF_EQUAL, _IF_ABOVE, _IF_SET, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_ENDS = {"kill": 0x80000000, "refuse": 0x00050001, "unknown": 0x00050026, "allow": 0x7FFF0000}
"""Kill the process, EPERM, ENOSYS, or go on."""


def _for_machine(architecture: int) -> list[_Line | str]:
    """How a filter begins: another architecture kills; then the number of the call is loaded.

    Rules are lines (operation, operand, where to if it holds, where to if not) and labels.
    """
    return [
        (_LOAD, 4, _NEXT, _NEXT),
        (_IF_EQUAL, architecture, _NEXT, "kill"),
        (_LOAD, 0, _NEXT, _NEXT),
    ]


def _refuse_sockets(column: int) -> list[_Line | str]:
    """All calls pass but those by which a socket with an address is made."""
    return [
        # Numbers above are those of x32, a second set on x86-64.
        (_IF_ABOVE, _X32 - 1, "unknown", _NEXT),
        # Rings make sockets without a call of their own.
        (_IF_EQUAL, _IO_URING_SETUP, "unknown", _NEXT),
        (_IF_EQUAL, _SOCKET[column], "refuse", "allow"),
    ]


def _allow_listed(column: int) -> list[_Line | str]:
    """Listed calls, memory that cannot be run and new threads pass."""
    listed: list[_Line | str] = [
        (_IF_EQUAL, numbers[column], "allow", _NEXT) for numbers in _ALLOWED.values()
    ]
    memory: list[_Line | str] = [
        (_IF_EQUAL, numbers[column], "memory", _NEXT) for numbers in _MEMORY
    ]
    return [
        *listed,
        *memory,
        # clone3 hides its flags from a filter; on ENOSYS, libc falls back to clone.
        (_IF_EQUAL, _CLONE3, "unknown", _NEXT),
        (_IF_EQUAL, _CLONE[column], _NEXT, "refuse"),
        (_LOAD, _FIRST_ARGUMENT, _NEXT, _NEXT),
        (_IF_SET, _CLONE_THREAD, "allow", "refuse"),
        "memory",
        (_LOAD, _THIRD_ARGUMENT, _NEXT, _NEXT),
        (_IF_SET, _PROT_EXEC, "refuse", "allow"),
    ]


def _assembled(rules: list[_Line | str]) -> bytes:
    """The rules and their ends as struct sock_filter; a jump counts the lines it leaps over."""
    lines: list[_Line] = []
    places: dict[str, int] = {}
    for rule in rules:
        if isinstance(rule, str):
            places[rule] = len(lines)
        else:
            lines.append(rule)
    for name, value in _ENDS.items():
        places[name] = len(lines)
        lines.append((_RETURN, value, _NEXT, _NEXT))
    return b"".join(
        struct.pack("HBBI", operation, _leap(places, at, yes), _leap(places, at, no), operand)
        for at, (operation, operand, yes, no) in enumerate(lines)
    )


def _leap(places: dict[str, int], at: int, to: str) -> int:
    return 0 if to == _NEXT else places[to] - at - 1
