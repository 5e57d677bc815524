"""`manage.py export_archive CHALLENGE FILE`: write an event that is over as one archive."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium.archives.models import Edition
from podium.archives.writing import write
from podium.challenges.models import Challenge
from podium.refusals import Refused


class Command(BaseCommand):
    help = "Write the archive of a revealed challenge. The full edition holds labels and addresses."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("challenge", metavar="CHALLENGE")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--edition", choices=Edition.values, default=Edition.FULL)
        parser.add_argument(
            "--with-solutions", action="store_true", help="put the labels into a public edition too"
        )

    def handle(self, *args: object, **options: Any) -> None:
        challenge = Challenge.objects.filter(slug=options["challenge"]).first()
        if challenge is None:
            raise CommandError(f"There is no challenge {options['challenge']}.")
        target: Path = options["file"]
        if target.exists():
            raise CommandError(f"{target} exists already. Give another name.")
        partial = target.with_name(f"{target.name}.partial")
        try:
            with partial.open("wb") as made:
                manifest = write(
                    challenge,
                    options["edition"],
                    made,
                    with_solutions=options["with_solutions"],
                )
            partial.rename(target)
        except Refused as refused:
            raise CommandError(refused.message) from refused
        finally:
            partial.unlink(missing_ok=True)
        rows, parts = sum(manifest["rows"].values()), len(manifest["files"])
        self.stdout.write(f"{target}: {rows:,} rows and {parts:,} files.")
        for each in manifest["left_out"]:
            self.stdout.write(f"Not in it: {each}")
