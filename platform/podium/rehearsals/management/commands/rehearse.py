"""`manage.py rehearse SLUG`: play a challenge in a scratch copy and print what happened."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.rehearsals.actions import rehearse


class Command(BaseCommand):
    help = "Rehearse a challenge from opening to reveal in a scratch copy, with shuffled labels."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug")

    def handle(self, *args: object, **options: Any) -> None:
        challenge = Challenge.objects.filter(slug=options["slug"]).first()
        if challenge is None:
            raise CommandError(f"There is no challenge `{options['slug']}`. Check the slug.")
        try:
            report = rehearse(challenge=challenge, by=None)
        except Refused as refused:
            raise CommandError(refused.message) from refused
        for step in report.steps:
            mark = "ok" if step["expected"] == step["happened"] else "PROBLEM"
            self.stdout.write(f"{mark:8}{step['title']}: {step['happened']} ({step['seconds']} s)")
        if report.problems:
            raise CommandError("\n".join(report.problems))
