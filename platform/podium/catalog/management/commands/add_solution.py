"""`manage.py add_solution NAME@N FILE`: give a data set version a corrected solution."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium import files
from podium.catalog.actions.versions import add_solution
from podium.catalog.models import DatasetVersion
from scoring import Solution, SolutionError, SpecError, TaskSpec


class Command(BaseCommand):
    help = "Add a corrected solution.parquet to a data set version. A rescore makes it count."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("version", metavar="NAME@N")
        parser.add_argument("file", type=Path, help="a solution.parquet for the same test rows")

    def handle(self, *args: object, **options: Any) -> None:
        version = _version(options["version"])
        _refuse_unfit(version, options["file"])
        solution = add_solution(version=version, file=options["file"])
        self.stdout.write(f"Added {solution}. Tasks keep theirs until a rescore is published.")


def _version(reference: str) -> DatasetVersion:
    name, _, number = reference.partition("@")
    versions = DatasetVersion.objects.filter(name=name, solutions__isnull=False).distinct()
    found = versions.filter(number=number).first() if number.isdecimal() else None
    if found is None:
        raise CommandError(f"There is no version {reference} with a solution. Write it as NAME@N.")
    return found


def _refuse_unfit(version: DatasetVersion, file: Path) -> None:
    """Raise CommandError unless the file solves the same test rows. No label is printed."""
    kept = version.solutions.first()
    assert kept is not None  # noqa: S101  (asked for above)
    try:
        spec = TaskSpec.from_file(files.local(files.public(), f"{version.folder}/dataset.json"))
        new = Solution.from_file(file, spec)
        old = Solution.from_file(files.local(files.private(), kept.file), spec)
    except (OSError, SolutionError, SpecError, ValueError) as error:
        raise CommandError(f"{file} cannot be used: {error}") from error
    if set(new.ids.to_pylist()) != set(old.ids.to_pylist()):
        raise CommandError(f"{file} has other ids than the test rows of {version}.")
