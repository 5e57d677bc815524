"""`manage.py challenge plan|apply FILE`, `challenge export SLUG`: a challenge as its file."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium.accounts.models import User
from podium.challenges.actions import apply
from podium.challenges.advice import proposals, shared_rows
from podium.challenges.definition import BadDefinition, ChallengeDefinition, parse
from podium.challenges.export import definition_text
from podium.challenges.models import Challenge
from podium.challenges.plans import Plan, carry_out, plan
from podium.challenges.sisters import warnings
from podium.refusals import Refused


class Command(BaseCommand):
    help = "Create or change a challenge from a challenge.yaml file, or print its file."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("plan", help="say what would change").add_argument("file", type=Path)
        verbs.add_parser("export", help="print the file").add_argument("slug")
        change = verbs.add_parser("apply", help="create or change")
        change.add_argument("file", type=Path)
        change.add_argument("--yes", action="store_true", help="change an existing challenge")
        change.add_argument(
            "--title", default="", help="its title, if the phase moves or a time lands in the past"
        )
        change.add_argument(
            "--by",
            metavar="EMAIL",
            help="address of the person who makes the change, for the record",
        )

    def handle(self, *args: object, **options: Any) -> None:
        if options["verb"] == "export":
            challenge = Challenge.objects.filter(slug=options["slug"]).first()
            if challenge is None:
                raise CommandError(f"There is no challenge `{options['slug']}`. Check the slug.")
            self.stdout.write(definition_text(challenge), ending="")
            return
        file: Path = options["file"]
        by = _person(options.get("by"))
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
        except UnicodeDecodeError as error:
            raise CommandError(f"{file} is not in UTF-8. Save it as UTF-8.") from error
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
