"""`python -m tabset`: import raw files, check and build a draft, profile and verify a data set.

Exit codes: 0 all is well, 1 findings block it or the data break the standard, 2 wrong usage, 3 an
error in this program.
"""

import argparse
import secrets
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from tabset import building, checks, corrections, importers, profile, schema
from tabset import verify as verify_folders
from tabset.console import Console, counted
from tabset.errors import DatasetError
from tabset.findings import errors
from tabset.importers import IMPORTERS, Importer
from tabset.vectors import check_vectors

FINE, BLOCKED, MISUSED, BROKEN, STOPPED = 0, 1, 2, 3, 130
CHECK_SALT = "check"  # checks are deterministic
SALT_BYTES = 16
Command = Callable[[argparse.Namespace, Console], int]


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and gives its exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    console = Console(for_programs=given.json_progress)
    command: Command = given.run
    try:
        return command(given, console)
    except DatasetError as error:
        console.complain(str(error))
        return BLOCKED
    except OSError as error:
        console.complain(f"{error.filename or 'a file'}: {error.strerror or error}")
        return BLOCKED
    except KeyboardInterrupt:
        console.complain("stopped")
        return STOPPED
    except Exception as error:
        console.complain(
            f"tabset failed because of an internal error ({type(error).__name__}: {error}). Run"
            " the command again with --traceback and report what it prints."
        )
        if given.traceback:
            traceback.print_exc()
        return BROKEN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tabset",
        description="Brings data sets to one standard, checks them, and writes CSV and Parquet.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_import(commands)
    folder = {"check": "DRAFT", "build": "DRAFT", "profile": "PUBLIC", "verify": "PUBLIC"}
    folder["correct"] = "PUBLIC"
    for name, (run, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        command.add_argument("folder", type=Path, metavar=folder.get(name, "DIR"))
        _OPTIONS[name](command)
        _add_common(command, run)
    return parser


def _add_common(command: argparse.ArgumentParser, run: Command) -> None:
    command.add_argument(
        "--json-progress", action="store_true", help="print progress and results as JSON lines"
    )
    command.add_argument(
        "--traceback", action="store_true", help="print the traceback of an internal error"
    )
    command.set_defaults(run=run)


def _add_import(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "read raw files into a draft folder"
    command = commands.add_parser("import", help=text, description=text, allow_abbrev=False)
    kinds = command.add_subparsers(required=True, metavar="IMPORTER")
    for importer in IMPORTERS.values():
        kind = kinds.add_parser(
            importer.name,
            help=importer.summary.replace("%", "%%"),
            description=importer.summary.replace("%", "%%"),
            allow_abbrev=False,
        )
        kind.add_argument("paths", type=Path, nargs="+", metavar="PATH")
        kind.add_argument("--out", type=Path, required=True, help="new folder for the draft")
        _add_options(kind, importer)
        _add_common(kind, _import)
        kind.set_defaults(importer=importer, usage_error=kind.error)


def _add_options(kind: argparse.ArgumentParser, importer: Importer) -> None:
    group = kind.add_argument_group("options of this importer")
    for option in importer.options:
        said = option.help.replace("%", "%%")
        said += " (required)" if option.required else ""
        said += f" (default: {option.default})" if option.default else ""
        group.add_argument(_flag(option.name), dest=_slot(option.name), metavar="VALUE", help=said)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _slot(name: str) -> str:
    return f"option {name}"


def _import(given: argparse.Namespace, console: Console) -> int:
    importer: Importer = given.importer
    values = {option.name: getattr(given, _slot(option.name)) for option in importer.options}
    options = {name: value for name, value in values.items() if value is not None}
    for option in importer.options:
        if option.required and not options.get(option.name) and not options.get("draft"):
            given.usage_error(f"{_flag(option.name)} is needed: {option.help}")
    draft = importers.import_raw(
        importer.name, given.paths, options, given.out, progress=console.progress
    )
    columns = sum(len(columns) for columns in draft.tables.values())
    console.say(
        f"{given.out}: a draft of {draft.name!r} with {columns} columns. Read and edit draft.json,"
        f" then run: python -m tabset check {given.out}",
        draft=str(given.out),
    )
    return FINE


def _check(given: argparse.Namespace, console: Console) -> int:
    found = checks.check(given.folder, salt=given.salt, progress=console.progress)
    console.findings(found, as_json=given.json)
    return BLOCKED if errors(found) else FINE


def _build(given: argparse.Namespace, console: Console) -> int:
    salt = given.salt or secrets.token_hex(SALT_BYTES)
    try:
        built = building.build_draft(
            given.folder, given.public, given.private, salt=salt, progress=console.progress
        )
    except building.Refused as error:
        console.findings(error.findings)
        console.complain(f"{given.folder} is not built: {counted(error.findings)}")
        return BLOCKED
    rows = ", ".join(f"{count:,} {name}" for name, count in built.dataset.rows.items())
    console.say(
        f"{given.public}: {built.dataset.name}, {rows} rows, content {built.dataset.content_hash}",
        content_hash=built.dataset.content_hash,
        notes=list(built.findings),
        findings=[finding.to_json() for finding in built.checks],
    )
    return FINE


def _profile(given: argparse.Namespace, console: Console) -> int:
    console.progress(0.0, "reading the public files")
    profile.write(given.folder, given.out)
    console.progress(1.0, "profiled")
    console.say(f"{given.out}: the profile of {given.folder}")
    return FINE


def _verify(given: argparse.Namespace, console: Console) -> int:
    found = verify_folders(given.folder, given.private)
    for finding in found:
        console.say(finding)
    console.say(f"{given.folder}: {len(found)} findings" if found else f"{given.folder}: in order")
    return BLOCKED if found else FINE


def _correct(given: argparse.Namespace, console: Console) -> int:
    console.progress(0.0, "comparing labels")
    found = corrections.correct(given.file, given.solution, schema.read(given.folder), given.out)
    console.say(
        f"{given.out}: {found.changed:,} of {found.rows:,} labels differ",
        comparison=found.to_json(),
    )
    return FINE


def _check_vectors(given: argparse.Namespace, console: Console) -> int:
    cases, differences = check_vectors(given.folder)
    for difference in differences:
        console.say(difference)
    console.say(f"{cases} cases, {len(differences)} differences")
    return FINE if cases and not differences else BLOCKED


_COMMANDS: Mapping[str, tuple[Command, str]] = {
    "check": (_check, "list the problems of a draft, how severe they are, and what to do"),
    "build": (_build, "write a data set version from a draft that has no errors"),
    "profile": (_profile, "write the distributions of a data set as JSON and figures"),
    "verify": (_verify, "compare every file with what dataset.json says"),
    "correct": (_correct, "check a corrected solution, and count what it changes"),
    "check-vectors": (_check_vectors, "compare this package with reference vectors"),
}


def _check_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print the findings as JSON")
    command.add_argument("--salt", default=CHECK_SALT, help="the salt that the build will have")


def _build_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--public", type=Path, required=True, help="new folder for public files")
    command.add_argument("--private", type=Path, required=True, help="new folder for the solution")
    command.add_argument("--salt", default="", help="what decides the split; random without")


def _profile_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, required=True, help="new folder for the profile")


def _verify_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--private", type=Path, help="the private folder, to verify it too")


def _correct_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--file", type=Path, required=True, help="id and label of all test rows")
    command.add_argument("--solution", type=Path, required=True, help="the present solution")
    command.add_argument("--out", type=Path, required=True, help="the corrected solution.parquet")


_OPTIONS: Mapping[str, Callable[[argparse.ArgumentParser], None]] = {
    "check": _check_options,
    "build": _build_options,
    "profile": _profile_options,
    "verify": _verify_options,
    "correct": _correct_options,
    "check-vectors": lambda _: None,
}


if __name__ == "__main__":
    sys.exit(main())
