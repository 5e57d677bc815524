"""`python -m samples build --out DIR [--name NAME]` writes the sample data sets."""

import argparse
import sys
import time
from pathlib import Path

from samples import NAMES, build


def main(arguments: list[str] | None = None) -> int:
    """Builds all samples, or the named ones, and prints a line for each."""
    parser = argparse.ArgumentParser(prog="samples", description="The built-in sample data sets.")
    command = parser.add_subparsers(dest="command", required=True).add_parser("build")
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--name", choices=NAMES, action="append")
    given = parser.parse_args(arguments)
    for name in given.name or NAMES:
        started = time.perf_counter()
        built = build(name, given.out)
        rows = ", ".join(f"{count} {table}" for table, count in built.dataset.rows.items())
        seconds = time.perf_counter() - started
        print(f"{name}: {rows}; {built.public_share:.1%} public; {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
