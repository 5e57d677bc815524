"""How much memory a run takes with all its processes, and a watch that ends it over its limit."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

EVERY = 0.2  # seconds between two checks
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MB = 2**20


def family(root: int) -> set[int]:
    """The ids of a process and of its living descendants."""
    parents = dict(_processes())
    found = {root} & parents.keys()
    while added := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= added
    return found


def used(root: int) -> int:
    """Bytes of memory of the `family`, in which shared pages count once; 0 once all have ended.

    Pages of files (programs, libraries) count for the process that has the most of them.
    """
    members = family(root)
    return sum(map(_own, members)) + max(map(_of_files, members), default=0)


def exceeds(root: int, limit: int) -> bool:
    """Whether the `family` takes more than ``limit`` bytes.

    Shared pages are examined only if it matters, because the kernel walks all pages for that.
    """
    return sum(map(_resident, family(root))) > limit and used(root) > limit


def sentence(limit: int) -> str:
    """Why a run was ended, and what to do."""
    return (
        f"The run took more than its memory limit of {limit / _MB:,.0f} MB. Raise the limit "
        "(--memory-limit; on a site PODIUM_BASELINE_MEMORY_MB) or use a method that needs less."
    )


def watch(limit: int, end: Callable[[str], None]) -> None:
    """Starts a thread that calls ``end`` with the `sentence` once this process and its family take
    more."""

    def look() -> None:
        while not exceeds(os.getpid(), limit):
            time.sleep(EVERY)
        end(sentence(limit))

    threading.Thread(target=look, daemon=True).start()


def _processes() -> Iterator[tuple[int, int]]:
    """The id and the parent's id of every living process."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            told = Path(entry.path, "stat").read_text(errors="replace")
        except OSError:  # it has ended
            continue
        state, parent = told.rpartition(")")[2].split()[:2]
        if state != "Z":
            yield int(entry.name), int(parent)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _own(pid: int) -> int:
    """The memory of a process without pages of files; a page shared by n processes counts 1/n."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    kinds = ("Pss_Anon:", "Pss_Shmem:")
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(kinds))


def _of_files(pid: int) -> int:
    """The resident pages of files of a process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssFile:")), 0)
