"""`manage.py draw_figures NAME`: queue the drawing of a data set's figures again."""

import argparse

from django.core.management.base import BaseCommand, CommandError

from podium.catalog.actions.profiles import request_profile
from podium.catalog.models import DatasetVersion, VersionState


class Command(BaseCommand):
    help = "Queue the drawing of the figures of each built version of a data set."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME")

    def handle(self, *args: object, **options: object) -> None:
        versions = DatasetVersion.objects.filter(name=options["name"])
        built = list(versions.exclude(state=VersionState.DRAFT).order_by("number"))
        if not built:
            raise CommandError(f"The data set `{options['name']}` has no built version.")
        for version in built:
            request_profile(version)
            self.stdout.write(f"The figures of {version} are queued.")
