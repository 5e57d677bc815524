"""`manage.py load_finished_sample --owner EMAIL`: show a finished event with invented teams."""

import argparse
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

import samples
from podium.challenges.models import Challenge


class Command(BaseCommand):
    help = "Load the finished sample challenge. Safe to run again; keeps what is there."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--owner", required=True, metavar="EMAIL", help="its owner on this site"
        )

    def handle(self, *args: object, **options: Any) -> None:
        if Challenge.objects.filter(is_sample=True).exists():
            self.stdout.write("The finished sample challenge is loaded already.")
            return
        call_command(
            "import_archive", str(samples.FINISHED), owner=options["owner"], stdout=self.stdout
        )
