"""``python -m baselines findmatches --left A --labels L --out FILE``: which records are the
same."""

import argparse
from pathlib import Path

from baselines.method import BaselineError
from baselines.running import check_limits, running

NAME = "findmatches"
FORMS = (".csv", ".parquet")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    parser = commands.add_parser(NAME, help="group the records of one table or two by labels")
    for name, required, help_text in (
        ("--left", True, "records, CSV or Parquet"),
        ("--right", False, "records of a second table; default: within one"),
        ("--labels", True, "left_id, right_id, label; or labeling_set_id, label"),
        ("--out", True, "match_id per record, CSV or Parquet"),
    ):
        parser.add_argument(name, type=Path, required=required, metavar="FILE", help=help_text)
    parser.add_argument("--id", default="", metavar="COLUMN", help="the ids; default: id")
    for name, help_text in (
        ("--precision-recall", "1 only precision, 0 only recall"),
        ("--accuracy-cost", "1 many comparisons, 0 few"),
    ):
        parser.add_argument(name, type=float, default=0.5, metavar="0…1", help=help_text)
    parser.add_argument("--time-limit", type=float, default=3600.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory-limit", type=float, metavar="MB", help="default: none")
    parser.add_argument("--json-progress", action="store_true", help="one JSON object per line")


def run(options: argparse.Namespace) -> None:
    """Writes the file. Raises BaselineError for invalid input."""
    check_limits(options)
    paths = [path for path in (options.left, options.right) if path is not None]
    _check(options, paths)
    with running(options) as (settings, unfinished):
        from baselines.findmatches.grouping import Knobs, group_records  # its imports are heavy

        knobs = Knobs(options.precision_recall, options.accuracy_cost)
        table = group_records(paths, options.labels, options.id, knobs, settings)
        if options.out.suffix == ".csv":
            table.to_csv(unfinished, index=False)
        else:
            table.to_parquet(unfinished, index=False)


def _check(options: argparse.Namespace, paths: list[Path]) -> None:
    for name in ("precision_recall", "accuracy_cost"):
        if not 0 <= getattr(options, name) <= 1:
            given = f"--{name.replace('_', '-')} is {getattr(options, name):g}"
            raise BaselineError(f"{given}; it must be between 0 and 1.")
    for path in (*paths, options.labels):
        if not path.is_file():
            raise BaselineError(f"There is no file {path}.")
    if len({path.resolve() for path in paths}) < len(paths):
        raise BaselineError(
            "--left and --right are one file; leave --right out to match within it."
        )
    if options.out.suffix not in FORMS:
        raise BaselineError(f"{options.out.name} has to end with {' or '.join(FORMS)}.")
