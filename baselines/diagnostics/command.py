"""``python -m baselines diagnose --data DIR --out FILE``: the diagnosis of a data set as JSON."""

import argparse
import json

from baselines.running import add_options, check_folder, check_limits, load, running

NAME = "diagnose"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    parser = commands.add_parser(NAME, help="describe what a data set is like to learn from")
    add_options(parser, out="JSON file")


def run(options: argparse.Namespace) -> None:
    """Writes the file. Raises BaselineError for invalid input."""
    check_limits(options)
    check_folder(options)
    with running(options) as (settings, unfinished):
        from baselines.diagnostics.diagnose import diagnose  # its imports are heavy

        found = diagnose(load(options.data, settings), settings)
        unfinished.write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")
