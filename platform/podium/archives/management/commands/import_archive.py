"""`manage.py import_archive FILE --owner EMAIL`: show an archived event on this site."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium.accounts.models import User
from podium.archives.reading import read
from podium.refusals import Refused


class Command(BaseCommand):
    help = "Import the archive of an event. If anything is wrong with it, nothing is kept."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--owner", required=True, metavar="EMAIL", help="its owner on this site"
        )
        parser.add_argument("--slug", default="", help="another address than in the archive")

    def handle(self, *args: object, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=options["owner"], is_active=True).first()
        if owner is None:
            raise CommandError(f"Nobody has the address {options['owner']}. Name an account.")
        try:
            found = read(options["file"], owner=owner, slug=options["slug"])
        except Refused as refused:
            raise CommandError(refused.message) from refused
        address = found.challenge.get_absolute_url()
        self.stdout.write(f"Imported {found.challenge}: {address}")
        if found.different:
            names = ", ".join(found.different)
            raise CommandError(f"Boards that differ from the archive's: {names}.")
        self.stdout.write(f"All {found.boards} boards equal those of the archive.")
