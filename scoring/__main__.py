"""`python -m scoring`: score or check a file, or run reference vectors.

Exit code 0 means scored, valid or all passed; 1 rejected or some failed; 2 an error on our side.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from scoring.metrics import METRICS
from scoring.naming import HEAD_BYTES, problem_of_file
from scoring.reading import Unreadable, read_table
from scoring.result import (
    ROWS_ARE,
    Checked,
    Failed,
    Outcome,
    Problem,
    Rejected,
    Score,
    Scored,
    to_message,
)
from scoring.runner import Scorer
from scoring.vectors import check_folder


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "check-vectors":
        return check_vectors(options.folder)
    outcome = _run(options)
    print(json.dumps(to_message(outcome)[0], indent=1) if options.json else as_text(outcome))
    return 2 if isinstance(outcome, Failed) else int(isinstance(outcome, Rejected))


def _run(options: argparse.Namespace) -> Outcome:
    dataset = options.data / "dataset.json"
    if problem := _problem_of(options.file):
        return Rejected((problem,))
    with Scorer() as scorer, tempfile.TemporaryDirectory() as scratch:
        if options.command == "check":
            return scorer.check(
                file=options.file, dataset=dataset, test=options.data / "test.parquet"
            )
        try:
            solution = _as_parquet(options.solution, Path(scratch))
        except OSError as error:
            return Failed(f"the solution cannot be read: {error}")
        except Unreadable as error:
            return Failed(f"the solution {options.solution}: {error.problems[0].message}")
        return scorer.score(
            file=options.file,
            dataset=dataset,
            # A hold-out of your own has other ids than the data set.
            test=solution,
            solution=solution,
            headline=options.metric,
        )


def _problem_of(path: Path) -> Problem | None:
    """Why the site would not take this file, or None, also for one that cannot be opened."""
    try:
        with path.open("rb") as file:
            return problem_of_file(path.name, file.read(HEAD_BYTES))
    except OSError:
        return None


def _as_parquet(solution: Path, scratch: Path) -> Path:
    """The solution as a Parquet file: a data set has one, a hold-out may be CSV."""
    with solution.open("rb") as file:
        if file.read(4) == b"PAR1":
            return solution
        file.seek(0)
        raw = read_table(file, most_rows=sys.maxsize)
    if raw.problems:
        raise Unreadable(*raw.problems)
    copy = scratch / "solution.parquet"
    pq.write_table(pa.table(list(raw.columns), names=list(raw.names)), copy)
    return copy


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scoring")
    commands = parser.add_subparsers(dest="command", required=True)
    score = commands.add_parser("score", help="score a file against a solution")
    score.add_argument(
        "--solution",
        type=Path,
        required=True,
        metavar="FILE",
        help="Parquet or CSV with the columns id, label and, unless all of it is one part, usage",
    )
    score.add_argument(
        "--metric",
        choices=METRICS,
        metavar="NAME",
        help="the headline metric, by slice too",
    )
    check = commands.add_parser("check", help="check a file against the public test ids")
    for command in (score, check):
        command.add_argument("file", type=Path)
        command.add_argument("--data", type=Path, required=True, metavar="DIR")
        command.add_argument("--json", action="store_true", help="print one JSON object")
    vectors = commands.add_parser("check-vectors", help="run all vector files of a folder")
    vectors.add_argument("folder", type=Path, metavar="DIR")
    return parser


def as_text(outcome: Outcome) -> str:
    """An outcome as lines for a terminal."""
    match outcome:
        case Scored(scores=scores, notes=notes):
            # A hold-out of your own has only one part.
            return "\n".join([*notes, *(_score_line(score) for score in scores if score.n)])
        case Checked(notes=notes):
            return "\n".join([*notes, "The file is valid."])
        case Rejected(problems=problems):
            lines = (f"- {problem.message}" for problem in problems)
            return "\n".join([f"The file was rejected. {ROWS_ARE}", *lines])
        case Failed(reason=reason):
            return f"Scoring failed: {reason}"


def _score_line(score: Score) -> str:
    if score.value is None:
        return f"{score.part:8} {score.metric:24} n/a ({score.reason})"
    line = f"{score.part:8} {score.metric:24} {score.value:.6f}"
    return line if score.low is None else f"{line}  [{score.low:.6f}, {score.high:.6f}]"


def check_vectors(folder: Path) -> int:
    """Prints passed and failed cases of each file; 1 if any failed or the folder has none."""
    results = check_folder(folder)
    for result in results:
        print(f"{result.path.name}: {result.passed} passed, {len(result.failures)} failed")
        for failure in result.failures:
            print(f"  {failure}")
    passed = sum(result.passed for result in results)
    failed = sum(len(result.failures) for result in results)
    print(f"total: {passed} passed, {failed} failed in {len(results)} files")
    return int(failed > 0 or not results)


if __name__ == "__main__":
    sys.exit(main())
