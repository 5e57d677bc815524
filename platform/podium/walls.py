"""What a program on data may reach: libraries, the code, what it is given; no secret, no network.

A program runs as the worker's user, who may read the database file, uploads and solutions. Landlock
takes these away from it (Linux 5.13 and later), a filter of system calls all sockets.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings

from scoring import landlock

# Libraries with what they read about the machine: its names, time zone, processors and memory.
# Of other processes, whose environment has secrets, /proc shows no more than their names.
_SYSTEM = (
    "/usr", "/bin", "/lib", "/lib64", "/proc", "/sys",
    "/etc/group", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf",
    "/etc/os-release", "/etc/passwd",
    "/dev/random", "/dev/urandom", "/dev/zero",
)  # fmt: skip
_DEVICES = ("null", "shm", "nvidia*", "dri", "kfd")
log = structlog.get_logger(__name__)


@contextmanager
def around(*, readable: Iterable[Path], writable: Iterable[Path]) -> Iterator[int | None]:
    """Give the rules for a program that works on these files and folders.

    None, and a warning in the log: this machine has no Landlock.
    """
    code, listed = _code()
    devices = (path for name in _DEVICES for path in Path("/dev").glob(name))
    with landlock.rules(
        readable=[*map(Path, _SYSTEM), *code, *readable],
        writable=[*devices, *writable],
        listed=listed,
    ) as files:
        if files is None:
            log.warning("no Landlock: programs on data can read what this worker's user can read")
        yield files


def _code() -> tuple[list[Path], list[Path]]:
    """Return where Python and its modules lie, and the folders above them that have more in them.

    An embedded site keeps its data next to its code: there only the packages are readable.
    """
    # As the kernel sees them: a link to a folder that holds our data would open all of it.
    places = {Path(place).resolve() for place in (sys.prefix, sys.base_prefix, *sys.path) if place}
    beside = {place for place in places if settings.VAR.is_relative_to(place)}
    packages = [file.parent for place in beside for file in place.glob("*/__init__.py")]
    return [*(places - beside), *packages], [*beside]
