"""``python -m baselines run METHOD --data DIR --out FILE``: one predictions file from public data.

``python -m baselines check-vectors DIR`` compares the formulas with reference vectors.

Exit codes: 0 the file is complete, 1 the method failed, 2 the input is at fault, 143 stopped.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from baselines import registry
from baselines.method import BaselineError, Method, Settings
from baselines.progress import Progress, claim_stdout
from baselines.scratch import scratch_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code. Every failure ends with one sentence as the last line of stderr."""
    options = _parser().parse_args(arguments)
    if options.command == "list":
        for method in registry.METHODS.values():
            print(f"{method.name:12} {method.summary}")
        return 0
    if options.command == "check-vectors":
        return _check_vectors(options.folder)
    try:
        _check(options)
        _run(options)
    except BaselineError as error:
        return _end(str(error), 2)
    except Exception as error:
        traceback.print_exc()
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return _end(f"The method {options.method} failed. {reason}", 1)
    return 0


def _check_vectors(folder: Path) -> int:
    """The exit code: 1 if a case fails, 2 without any vector file."""
    from baselines.vectors import check_folder

    try:
        passed, failures = check_folder(folder)
    except FileNotFoundError as error:
        return _end(str(error), 2)
    print("\n".join([*failures, *passed]))
    return 1 if failures else 0


def _end(sentence: str, code: int) -> int:
    """The exit code, after the sentence was said as the last one."""
    sys.stdout.flush()  # what a method printed goes to stderr too, and has to come before
    print(sentence, file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m baselines", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="print the methods")
    vectors = commands.add_parser("check-vectors", help="compare formulas with reference vectors")
    vectors.add_argument("folder", type=Path, metavar="DIR")
    run = commands.add_parser("run", help="train a method and write its predictions")
    run.add_argument("method", metavar="METHOD")
    run.add_argument("--data", type=Path, required=True, metavar="DIR", help="public folder")
    run.add_argument("--out", type=Path, required=True, metavar="FILE", help="Parquet file")
    run.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--cpus", type=int, default=2)
    run.add_argument("--json-progress", action="store_true", help="one JSON object per line")
    return parser


def _check(options: argparse.Namespace) -> None:
    """Raises BaselineError for what can be known to be wrong before anything is loaded."""
    if options.method not in registry.METHODS:
        known = ", ".join(registry.METHODS)
        raise BaselineError(f"There is no method {options.method!r}; the methods are: {known}.")
    if options.time_limit <= 0 or options.cpus < 1:
        raise BaselineError("The time limit and the number of CPUs must be above 0.")
    if not (options.data / "dataset.json").is_file():
        raise BaselineError(f"{options.data} is no data set folder: it has no dataset.json.")


def _run(options: argparse.Namespace) -> None:
    # Threads that spin while they wait make training many times slower on cores that are shared.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    progress = Progress(claim_stdout(), options.json_progress)
    unfinished = options.out.with_name(f"{options.out.name}.part")
    with scratch_folder(unfinished) as scratch:
        _reserve(options.out, unfinished)
        settings = Settings(
            time_limit=options.time_limit,
            seed=options.seed,
            cpus=options.cpus,
            scratch=scratch,
            report=progress.report,
        )
        _predict(registry.METHODS[options.method], options.data, unfinished, settings)
        unfinished.replace(options.out)
        progress.report(1.0, f"Wrote {options.out.name}")


def _reserve(out: Path, unfinished: Path) -> None:
    """Raises BaselineError if the file cannot be written, before any time is spent on it."""
    try:
        if out.is_dir():
            raise IsADirectoryError(f"{out} is a folder")
        unfinished.touch()
    except OSError as error:
        raise BaselineError(f"Cannot write {out}: {error.strerror or error}.") from error


def _predict(method: Method, folder: Path, unfinished: Path, settings: Settings) -> None:
    """Loads the public files, runs the method and writes its checked predictions."""
    from baselines import predictions
    from tabset import DatasetError, load

    settings.report(0.0, f"Loading {folder.name}")
    try:
        data = load(folder)
    except (DatasetError, OSError) as error:
        raise BaselineError(f"Cannot read the data set in {folder}: {error}") from error
    rows = f"{len(data.train)} training rows, {len(data.test)} test rows"
    settings.report(0.05, f"Loaded {data.dataset.name}: {rows}")
    table = method.run(data, settings)
    predictions.check(table, data.dataset, data.test["id"])
    table.to_parquet(unfinished, index=False)


if __name__ == "__main__":
    sys.exit(main())
