"""`python -m scoring`: score or check a file, or run reference vectors.

Exit code 0 means scored, valid or all passed; 1 rejected or some failed; 2 a fault of ours.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from scoring.result import (
    ROWS_ARE,
    Checked,
    Failed,
    Outcome,
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
    dataset = options.data / "dataset.json"
    with Scorer() as scorer:
        outcome: Outcome
        if options.command == "score":
            outcome = scorer.score(file=options.file, dataset=dataset, solution=options.solution)
        else:
            test = options.data / "test.parquet"
            outcome = scorer.check(file=options.file, dataset=dataset, test=test)
    print(json.dumps(to_message(outcome)[0], indent=1) if options.json else as_text(outcome))
    return 2 if isinstance(outcome, Failed) else int(isinstance(outcome, Rejected))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scoring")
    commands = parser.add_subparsers(dest="command", required=True)
    score = commands.add_parser("score", help="score a file against a solution")
    score.add_argument("--solution", type=Path, required=True, metavar="FILE")
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
            return "\n".join([*notes, *(_score_line(score) for score in scores)])
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
