"""``python -m leaderboard check-vectors DIR``: compares the package with reference vectors."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from leaderboard.vectors import check_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when all agree, 1 when something differs, 2 when there is nothing to do."""
    parser = argparse.ArgumentParser(prog="python -m leaderboard", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check-vectors", help="compare the package with reference vectors")
    check.add_argument("folder", type=Path, metavar="DIR")
    folder: Path = parser.parse_args(arguments).folder
    try:
        checked, differences = check_folder(folder)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join([*checked, *differences]))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
