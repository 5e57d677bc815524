"""``python -m leaderboard``: checks reference vectors, or recomputes a published board."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from leaderboard.bundle import BadBundle, read
from leaderboard.recompute import recompute
from leaderboard.vectors import check_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when all agree, 1 when something differs, 2 when there is nothing to
    check."""
    parser = argparse.ArgumentParser(prog="python -m leaderboard", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check-vectors", help="compare the package with reference vectors")
    check.add_argument("folder", type=Path, metavar="DIR")
    board = commands.add_parser("recompute", help="recompute a board from its bundle and compare")
    board.add_argument("bundle", type=Path, metavar="BUNDLE", help="the folder or the ZIP file")
    options = parser.parse_args(arguments)
    try:
        if options.command == "recompute":
            return _recompute(options.bundle)
        checked, differences = check_folder(options.folder)
    except (FileNotFoundError, BadBundle) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join([*checked, *differences]))
    return 1 if differences else 0


def _recompute(path: Path) -> int:
    bundle = read(path)
    found = recompute(bundle)
    print(f"board.json has the SHA-256 {bundle.sha256}.")
    if found.unchecked:
        print(f"Not recomputed, as the bundle has no rows for it: {', '.join(found.unchecked)}.")
    if found.differences:
        print("\n".join(["The board differs from what its inputs give:", *found.differences]))
        return 1
    print(f"The board is what its inputs give: {len(found.rows)} rows.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
