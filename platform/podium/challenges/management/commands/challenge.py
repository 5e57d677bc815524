"""`manage.py challenge plan|apply FILE`: create or change a challenge from its challenge.yaml."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium.accounts.models import User
from podium.challenges.actions import apply, proposals, shared_rows
from podium.challenges.definition import BadDefinition, ChallengeDefinition, parse
from podium.challenges.models import Challenge
from podium.challenges.plans import Plan, carry_out, plan
from podium.challenges.sisters import warnings
from podium.refusals import Refused


class Command(BaseCommand):
    help = "Create or change a challenge from a challenge.yaml file, or say what would change."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", choices=["plan", "apply"])
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="change an existing challenge")
        parser.add_argument(
            "--title", default="", help="its title, if the phase moves or a time lands in the past"
        )
        parser.add_argument(
            "--by",
            metavar="EMAIL",
            help="address of the person who makes the change, for the record",
        )

    def handle(self, *args: object, **options: Any) -> None:
        file: Path = options["file"]
        by = _person(options["by"])
        try:
            definition = parse(file.read_text(encoding="utf-8"))
            challenge = Challenge.objects.filter(slug=definition.slug).first()

            def change() -> Challenge:
                return apply(definition=definition, by=by)

            planned = plan(challenge, change)
            is_free = planned.is_new or not planned.changes
            if options["verb"] == "plan" or not (is_free or options["yes"]):
                self.stdout.write("\n".join(planned.lines()) or "Nothing would change.")
                if options["verb"] == "apply":
                    raise CommandError(_how(planned))
                return
            carry_out(challenge, change, fingerprint=planned.fingerprint, title=options["title"])
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except (BadDefinition, Refused) as error:
            raise CommandError(f"{file}: {error}") from error
        self._conclude(definition, file)

    def _conclude(self, definition: ChallengeDefinition, file: Path) -> None:
        challenge = Challenge.objects.get(slug=definition.slug)
        self.stdout.write(f"{challenge.title} is as {file} says; phase: {challenge.phase()}.")
        for advice in [*proposals(challenge), *shared_rows(challenge), *warnings(challenge)]:
            self.stdout.write(advice)


def _how(planned: Plan) -> str:
    typed = f' --title "{planned.title}"' if planned.is_guarded else ""
    return f"Nothing was changed. Read the changes above; to make them, add --yes{typed}."


def _person(email: str | None) -> User | None:
    """Return the person with this address; None for the system itself."""
    if email is None:
        return None
    try:
        return User.objects.get(email=email.lower())
    except User.DoesNotExist as error:
        raise CommandError(f"Nobody has signed up as {email}. Check the address.") from error
