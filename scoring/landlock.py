"""Landlock (landlock(7)): the files that a process may use from now on, and no others.

Rules name files and folders, and hold for all that is in a folder. Nothing takes them back, and
programs that the process starts inherit them. It also loses all TCP ports, and from the sixth
version on abstract sockets of, and signals to, processes outside. It cannot look into those
processes either (memory, environment).
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
# The rights over files that each version knows; those over ports came with the fourth, those over
# sockets and signals outside with the sixth.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
_PORT_RIGHTS, _SCOPES = 0b11, 0b11
# What can be done to a file; everything else is done to a folder.
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL


@contextmanager
def rules(
    *, readable: Iterable[Path] = (), writable: Iterable[Path] = (), listed: Iterable[Path] = ()
) -> Iterator[int | None]:
    """Rules for `enforce`, open within the block; None where the kernel has no Landlock.

    Files and folders that are `readable` can be run as well, those that are `writable` can be read,
    made, changed and removed. Of `listed` folders only the names can be read. Paths that do not
    exist are left out.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, 0, _ASK_VERSION)
    if version < 1:
        yield None
        return
    known = (1 << max(bits for at, bits in _FILE_RIGHTS.items() if at <= version)) - 1
    handled = [known]
    handled += [_PORT_RIGHTS] if version >= 4 else []
    handled += [_SCOPES] if version >= 6 else []
    packed = struct.pack(f"{len(handled)}Q", *handled)
    made: int = libc.syscall(_CREATE, packed, len(packed), 0)
    try:
        for paths, rights in (
            (readable, _EXECUTE | _READ_FILE | _READ_DIR),
            (writable, known),
            (listed, _READ_DIR),
        ):
            for path in paths:
                with suppress(FileNotFoundError):
                    _allow(libc, made, path, rights)
        yield made
    finally:
        os.close(made)


def _allow(libc: ctypes.CDLL, made: int, path: Path, rights: int) -> None:
    """Add a rule. Raises OSError."""
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        allowed = rights if path.is_dir() else rights & _OF_A_FILE
        rule = struct.pack("=Qi", allowed, place)
        if libc.syscall(_ADD, made, _PATH_BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), f"no Landlock rule for {path}")
    finally:
        os.close(place)


def enforce(made: int) -> bool:
    """Restrict this thread, and all it starts, to these rules; False if the kernel refuses.

    It must have given up new privileges (PR_SET_NO_NEW_PRIVS) before.
    """
    status: int = ctypes.CDLL(None).syscall(_RESTRICT, made, 0)
    return status == 0
