"""`manage.py publish_dataset PUBLIC PRIVATE`: put a built data set into the catalogue."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium.catalog.actions.versions import CannotPublish, publish
from podium.catalog.models import Access


class Command(BaseCommand):
    help = "Publish the public and the private folder of a data set as its next version."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("public", type=Path)
        parser.add_argument("private", type=Path)
        parser.add_argument("--access", choices=Access.values, default=Access.PUBLIC)

    def handle(self, *args: object, **options: Any) -> None:
        try:
            version = publish(
                public=options["public"], private=options["private"], access=options["access"]
            )
        except CannotPublish as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version.name} is in the catalogue as version {version.number}.")
