"""`python -m tests.scoring.fuzz --files 50000 --seed 1` sends generated hostile files to scorers.

Every file is scored twice, by two zygotes that hold the same task with different labels. It says
of each file that it should have been refused for a reason that a participant can read, in both
runs by the same bytes; and of the zygotes that they outlived everything and left nothing behind.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from scoring import Limits, Problem
from scoring.runner import Failed, Rejected, Scored, Scorer
from tests.scoring.hostile.cases import Case, case
from tests.scoring.hostile.world import WORLDS, World, csv_bytes, valid, write_task

LIMITS = Limits(memory_bytes=512 << 20, cpu_seconds=20, wall_seconds=60)
LONGEST = 2500
"""Most characters of one problem's message: twenty rows or names of forty characters, and words."""
_SHOWN_ROWS = 20
_QUOTED = re.compile(r"`[^`]*`")
_OURS = re.compile(
    r"Traceback|Error|Exception|\.py\b|scoring|pyarrow|numpy|/tmp|/home|/work|0x[0-9a-f]{6}|<class"
)
_Outcome = Scored | Rejected | Failed


class Arena:
    """Two scorers with different labels for the same tasks, in a folder of their own."""

    def __init__(self, folder: Path, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._file = folder / "submission"
        self._scorers = (Scorer(), Scorer())
        self._logs = [folder / f"stderr-{seed}" for seed in (1, 2)]
        self._tasks = [
            {
                world: write_task(folder / f"{seed}-{world.spec.kind}", world, seed)
                for world in WORLDS
            }
            for seed in (1, 2)
        ]
        for world in WORLDS:
            self.check_a_good_file(world)
        self._pids = self._running()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for scorer in self._scorers:
            scorer.close()

    def complaints(self, hostile: Case) -> list[str]:
        """What is wrong with the treatment of a file, nothing if all is well."""
        first, second = self._both(hostile.world, hostile.data)
        found = [] if repr(first) == repr(second) else ["its outcome depends on the labels"]
        if not isinstance(first, Rejected):
            found.append(f"it was not rejected: {first!r:.300}")
        else:
            found += [fault for problem in first.problems for fault in faults_of(problem)]
            found += [] if first.problems else ["it was rejected without a problem"]
        return [f"{hostile.name}: {text}" for text in found]

    def check_a_good_file(self, world: World) -> None:
        """AssertionError unless a valid file is scored, differently for different labels."""
        data = csv_bytes(valid(Random(3), world))
        first, second = self._both(world, data)
        assert isinstance(first, Scored), first
        assert isinstance(second, Scored), second
        assert first.scores != second.scores

    def check_what_is_left(self) -> None:
        """AssertionError if a zygote was replaced, left a child, or said more than the other."""
        for world in WORLDS:
            self.check_a_good_file(world)
        assert self._running() == self._pids, "a zygote died"
        for pid in self._pids:
            assert Path(f"/proc/{pid}/task/{pid}/children").read_text() == "", "a child is left"
            # Standard streams and the pipe of answers; anything more is a leak.
            assert len(list(Path(f"/proc/{pid}/fd").iterdir())) <= 5
        first, second = (log.read_bytes() for log in self._logs)
        assert first == second, "what was logged depends on the labels"

    def _both(self, world: World, data: bytes) -> list[_Outcome]:
        self._file.write_bytes(data)
        outcomes = []
        for scorer, log, tasks in zip(self._scorers, self._logs, self._tasks, strict=True):
            paths = tasks[world]
            with _stderr_to(log):
                outcome = scorer.score(
                    file=self._file,
                    dataset=paths.dataset,
                    test=paths.solution,
                    solution=paths.solution,
                    limits=self._limits,
                )
            outcomes.append(outcome)
        return outcomes

    def _running(self) -> list[int]:
        return [
            scorer._zygotes[step]._process.pid
            for scorer in self._scorers
            for step in ("read", "measure")
        ]


@contextlib.contextmanager
def _stderr_to(path: Path) -> Iterator[None]:
    """Sends what this process and those it starts meanwhile write to standard error to a file."""
    kept = os.dup(2)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def faults_of(problem: Problem) -> list[str]:
    """What is wrong with the wording of a problem."""
    own = _QUOTED.sub("", problem.message)
    found = []
    if not 20 <= len(problem.message) <= LONGEST:
        found.append(f"the message of {problem.code} has {len(problem.message)} characters")
    if not problem.message.isprintable():
        found.append(f"the message of {problem.code} is not printable: {problem.message!r}")
    if _OURS.search(own):
        found.append(f"the message of {problem.code} speaks of our insides: {problem.message!r}")
    if problem.count < max(1, len(problem.rows)) or len(problem.rows) > _SHOWN_ROWS:
        found.append(f"{problem.code} lists {len(problem.rows)} rows of {problem.count}")
    if any(row < 1 for row in problem.rows):
        found.append(f"{problem.code} names the row {min(problem.rows)}")
    return found


def run(folder: Path, seed: int, numbers: Iterable[int]) -> Iterator[str]:
    """Yields what is wrong with the treatment of these files; AssertionError for what is left."""
    with Arena(folder) as arena:
        for number in numbers:
            yield from arena.complaints(case(seed, number))
        arena.check_what_is_left()


def main() -> int:
    """Prints the complaints; returns 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m tests.scoring.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = 0
    with tempfile.TemporaryDirectory(prefix="podium-fuzz-") as name:
        for complaint in run(Path(name), arguments.seed, range(arguments.files)):
            print(complaint, flush=True)
            found += 1
    print(f"{arguments.files} files of seed {arguments.seed}: {found} complaints")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
