"""`manage.py run_baselines --challenge SLUG`: queue the baselines that a challenge lacks."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from baselines.registry import METHODS
from podium.baseline_runs.actions import CannotStart, start_missing
from podium.challenges.models import Challenge


class Command(BaseCommand):
    help = "Queue the baselines that a challenge's tasks do not have yet."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--challenge", required=True)
        parser.add_argument("--method", action="append", choices=list(METHODS), dest="methods")

    def handle(self, *args: object, **options: Any) -> None:
        challenge = Challenge.objects.filter(slug=options["challenge"]).first()
        if challenge is None:
            raise CommandError(f"There is no challenge `{options['challenge']}`.")
        try:
            methods = options["methods"] or list(METHODS)
            runs, left_out = start_missing(challenge=challenge, methods=methods)
        except CannotStart as error:
            raise CommandError(str(error)) from error
        for sentence in left_out:
            self.stdout.write(f"Left out. {sentence}")
        self.stdout.write(f"{len(runs)} baseline runs are queued.")
