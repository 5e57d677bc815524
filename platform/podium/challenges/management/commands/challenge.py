"""`manage.py challenge apply FILE`: create or change a challenge from its challenge.yaml."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium.challenges.actions import apply, proposals, shared_rows
from podium.challenges.definition import BadDefinition, parse
from podium.challenges.sisters import warnings


class Command(BaseCommand):
    help = "Create or change a challenge from a challenge.yaml file."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", choices=["apply"])
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, **options: Any) -> None:
        file: Path = options["file"]
        try:
            challenge = apply(definition=parse(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except BadDefinition as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(f"{challenge.title} is as {file} says; phase: {challenge.phase()}.")
        for advice in [*proposals(challenge), *shared_rows(challenge), *warnings(challenge)]:
            self.stdout.write(advice)
