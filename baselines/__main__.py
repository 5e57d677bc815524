"""``python -m baselines run METHOD --data DIR --out FILE``: one predictions file from public data.

``python -m baselines diagnose --data DIR --out FILE`` describes what a data set is like to learn
from, ``python -m baselines findmatches --left A --labels L --out FILE`` groups the records of
tables, ``python -m baselines check-vectors DIR`` compares the formulas with reference vectors.

Exit codes: 0 the file is complete, 1 the method failed, 2 the input is invalid, 143 stopped.
"""

import argparse
import resource
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from baselines import registry
from baselines.diagnostics import command as diagnosis
from baselines.findmatches import command as findmatches
from baselines.method import Backbones, BaselineError, Method, Reference, Settings
from baselines.running import add_options, check_folder, check_limits, load, running

EARLIER = "autogluon"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code. Every failure ends with one sentence as the last line of stderr."""
    options = _parser().parse_args(arguments)
    if options.command == "list":
        for method in registry.METHODS.values():
            print(f"{method.name:20} {method.summary}")
        return 0
    if options.command == "check-vectors":
        return _check_vectors(options.folder)
    if options.command == diagnosis.NAME:
        return _ended(lambda: diagnosis.run(options), "The diagnosis")
    if options.command == findmatches.NAME:
        return _ended(lambda: findmatches.run(options), "Matching the records")
    return _ended(lambda: _run(options), f"The method {options.method}")


def _ended(work: Callable[[], None], what: str) -> int:
    """The exit code of the work."""
    try:
        work()
    except BaselineError as error:
        return _end(str(error), 2)
    except Exception as error:
        traceback.print_exc()
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return _end(f"{what} failed. {reason}", 1)
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
    """The exit code, after printing the sentence as the last line."""
    sys.stdout.flush()  # what a method printed goes to stderr too and must come first
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
    add_options(run, out="Parquet file")
    run.add_argument("--reference", type=Path, metavar="FILE", help="predictions of --earlier")
    run.add_argument("--earlier", metavar="METHOD", default=EARLIER, help="default: %(default)s")
    for kind in ("text", "image"):
        run.add_argument(f"--{kind}-backbone", metavar="FOLDER", help="or a name on the hub")
    diagnosis.add_parser(commands)
    findmatches.add_parser(commands)
    return parser


def _check(options: argparse.Namespace) -> None:
    """Raises BaselineError for errors that can be found before anything is loaded."""
    if options.method not in registry.METHODS:
        known = ", ".join(registry.METHODS)
        raise BaselineError(f"There is no method {options.method!r}; the methods are: {known}.")
    check_limits(options)
    _check_reference(registry.METHODS[options.method], options)
    _check_backbones(registry.METHODS[options.method], options)
    check_folder(options)


def _check_reference(method: Method, options: argparse.Namespace) -> None:
    if not method.needs_reference:
        if options.reference is not None:
            raise BaselineError(f"{method.name} takes no reference; leave --reference out.")
        return
    if options.reference is None:
        raise BaselineError(
            f"{method.name} starts from an earlier entry: name its predictions file by "
            "--reference, and the method that made it by --earlier."
        )
    if not options.reference.is_file():
        raise BaselineError(f"There is no reference file {options.reference}.")
    earlier = [name for name, each in registry.METHODS.items() if not each.needs_reference]
    if options.earlier not in earlier:
        raise BaselineError(f"--earlier is one of {', '.join(earlier)}.")


def _check_backbones(method: Method, options: argparse.Namespace) -> None:
    given = options.text_backbone is not None or options.image_backbone is not None
    if given and not method.needs_backbones:
        raise BaselineError(f"{method.name} takes no backbones; leave them out.")


def _run(options: argparse.Namespace) -> None:
    """Runs a method and writes its predictions. Raises BaselineError for invalid input."""
    _check(options)
    reference = options.reference and Reference(
        options.reference, registry.METHODS[options.earlier]
    )
    with running(options) as (settings, unfinished):
        backbones = Backbones(options.text_backbone, options.image_backbone)
        settings = replace(settings, reference=reference, backbones=backbones)
        _predict(registry.METHODS[options.method], options.data, unfinished, settings)


def _predict(method: Method, folder: Path, unfinished: Path, settings: Settings) -> None:
    """Loads the public files, runs the method and writes its checked predictions."""
    data = load(folder, settings)
    if why := method.unsuited(data.dataset.kind, len(data.train)):
        raise BaselineError(why)
    table = method.run(data, settings)
    settings.facts.update(
        cpus=settings.cpus,
        seconds=round(settings.time_limit - settings.remaining, 1),
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )

    from baselines import predictions  # it loads pandas

    predictions.check(table, data.dataset, data.test["id"])
    table.to_parquet(unfinished, index=False)


if __name__ == "__main__":
    sys.exit(main())
