"""`python -m tabset verify DIR` and `python -m tabset check-vectors DIR`."""

import argparse
import sys
from pathlib import Path

from tabset.vectors import check_vectors
from tabset.verify import verify


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and gives its exit code: 0 if all is well, 1 with findings."""
    parser = argparse.ArgumentParser(prog="tabset", description="Checks data sets on disk.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("verify", "compare every file with dataset.json"),
        ("check-vectors", "compare this package with reference vectors"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    return _verify(given.folder) if given.command == "verify" else _check_vectors(given.folder)


def _verify(folder: Path) -> int:
    findings = verify(folder)
    for finding in findings:
        print(finding)
    print(f"{folder}: {len(findings)} findings" if findings else f"{folder}: in order")
    return 1 if findings else 0


def _check_vectors(folder: Path) -> int:
    cases, findings = check_vectors(folder)
    for finding in findings:
        print(finding)
    print(f"{cases} cases, {len(findings)} differences")
    return 0 if cases and not findings else 1


if __name__ == "__main__":
    sys.exit(main())
