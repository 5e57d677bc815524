"""`manage.py diagnose_dataset SLUG [--version N]`: queue the diagnosis of a published version."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from podium.baseline_runs.actions import CannotStart, diagnose
from podium.catalog.models import DatasetVersion, VersionState


class Command(BaseCommand):
    help = "Queue the diagnosis of a data set version, the newest published one by default."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", metavar="SLUG")
        # Django's own --version is of no use here, and goes by that name.
        parser.add_argument("--version", type=int, dest="number", metavar="N")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(self, *args: object, **options: Any) -> None:
        name, number = options["name"], options["number"]
        versions = DatasetVersion.objects.filter(name=name).order_by("-number")
        if number is None:
            version = versions.filter(state=VersionState.PUBLISHED).first()
        else:
            version = versions.filter(number=number).first()
        if version is None:
            which = "published version" if number is None else f"version {number}"
            raise CommandError(f"The data set `{name}` has no {which}.")
        try:
            diagnose(version=version)
        except CannotStart as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The diagnosis of {version} is queued.")
