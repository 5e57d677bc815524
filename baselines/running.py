"""What the commands that work on a data set share: their options, limits, output file, loading."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from baselines import memory
from baselines.method import BaselineError, Settings
from baselines.progress import Progress, claim_stdout
from baselines.scratch import end_now, scratch_folder

if TYPE_CHECKING:
    from tabset import Loaded

MB = 2**20


def add_options(parser: argparse.ArgumentParser, out: str) -> None:
    """Gives a command the options of the data, the file ``out`` and the limits."""
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="public folder")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=out)
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory-limit", type=float, metavar="MB", help="default: none")
    parser.add_argument("--json-progress", action="store_true", help="one JSON object per line")


def check_limits(options: argparse.Namespace) -> None:
    """Raises BaselineError for invalid limits."""
    if options.time_limit <= 0 or options.cpus < 1:
        raise BaselineError("The time limit and the number of CPUs must be above 0.")
    if options.memory_limit is not None and options.memory_limit <= 0:
        raise BaselineError("The memory limit must be above 0 MB.")


def check_folder(options: argparse.Namespace) -> None:
    """Raises BaselineError if there is no data set folder."""
    if not (options.data / "dataset.json").is_file():
        raise BaselineError(f"{options.data} is not a data set folder: it has no dataset.json.")


@contextmanager
def running(options: argparse.Namespace) -> Iterator[tuple[Settings, Path]]:
    """The settings of a run, and the file to write, which gets its name when the block ends.

    The memory limit applies inside, and nothing is left behind if the block fails or is stopped.
    Raises BaselineError if the file cannot be written.
    """
    # Threads that spin for long make training many times slower on shared cores, and threads that
    # sleep at once make it twenty times slower with few rows.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    for library in ("OMP", "OPENBLAS"):  # which read them when loaded, so import them after this
        os.environ.setdefault(f"{library}_NUM_THREADS", str(options.cpus))
    progress = Progress(claim_stdout(), options.json_progress)
    unfinished = options.out.with_name(f"{options.out.name}.part")
    limit = None if options.memory_limit is None else int(options.memory_limit * MB)
    with scratch_folder(unfinished) as scratch:
        _reserve(options.out, unfinished)
        if limit:
            memory.watch(limit, lambda why: end_now(scratch, unfinished, why, 1))
        settings = Settings(
            time_limit=options.time_limit,
            seed=options.seed,
            cpus=options.cpus,
            scratch=scratch,
            report=progress.report,
            memory_limit=limit,
        )
        yield settings, unfinished
        if settings.facts:
            progress.tell(settings.facts)
        unfinished.replace(options.out)
        progress.report(1.0, f"Wrote {options.out.name}")


def load(folder: Path, settings: Settings) -> "Loaded":
    """The public files of a data set. Raises BaselineError if they cannot be read."""
    from tabset import DatasetError
    from tabset import load as read

    settings.report(0.0, f"Loading {folder.name}")
    try:
        data = read(folder)
    except (DatasetError, OSError) as error:
        raise BaselineError(f"Cannot read the data set in {folder}: {error}") from error
    rows = f"{len(data.train)} training rows, {len(data.test)} test rows"
    settings.report(0.05, f"Loaded {data.dataset.name}: {rows}")
    return data


def _reserve(out: Path, unfinished: Path) -> None:
    """Raises BaselineError if the file cannot be written, before any time is spent on it."""
    try:
        if out.is_dir():
            raise IsADirectoryError(f"{out} is a folder")
        unfinished.touch()
    except OSError as error:
        raise BaselineError(f"Cannot write {out}: {error.strerror or error}.") from error
