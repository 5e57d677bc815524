"""`manage.py verify_board CHALLENGE`: are the boards what the stored scores give?"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from podium.analysis.verification import boards_of, parts_of, verify
from podium.challenges.models import Challenge, Task, Track
from podium.submissions.models import Part
from scoring.runner import Scorer

DIFFERENT, NO_BOARD = 1, 2


class Command(BaseCommand):
    help = (
        "Recompute the boards of a challenge from all stored scores and list every difference. "
        "Exit code 0: none; 1: some; 2: there is no such board."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("challenge", metavar="CHALLENGE")
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument("--task", metavar="TASK", help="only the board of this task")
        scope.add_argument("--track", metavar="KIND", help="only the board of this track")
        parser.add_argument("--part", choices=Part.values, help="default: all parts with a board")
        parser.add_argument(
            "--files", action="store_true", help="also read and score every upload that counts"
        )

    def handle(self, *args: object, **options: Any) -> None:
        boards = _boards(options)
        count = 0
        with Scorer() as scorer:
            for subject, part in boards:
                found = verify(subject, part, scorer if options["files"] else None)
                count += len(found.differences)
                self.stdout.write(found.summary)
                for line in (*found.differences, *(f"note: {note}" for note in found.notes)):
                    self.stdout.write(f"  {line}")
        if count:
            raise CommandError(f"{count} differences.", returncode=DIFFERENT)


def _boards(options: dict[str, Any]) -> list[tuple[Task | Track, str]]:
    """Return the boards that the options select, with their parts. Raises CommandError."""
    challenge = Challenge.objects.filter(slug=options["challenge"]).first()
    if challenge is None:
        raise CommandError(f"There is no challenge {options['challenge']}.", returncode=NO_BOARD)
    named = [
        subject
        for track in challenge.tracks.select_related("challenge")
        for subject in boards_of(track)
        if _is_named(subject, options["task"], options["track"])
    ]
    found = [
        (subject, part)
        for subject in named
        for part in parts_of(subject)
        if options["part"] in (None, part)
    ]
    if not found:
        raise CommandError("There is no such board.", returncode=NO_BOARD)
    return found


def _is_named(subject: Task | Track, task: str | None, track: str | None) -> bool:
    if isinstance(subject, Task):
        return track is None and task in (None, subject.slug)
    return task is None and track in (None, subject.kind)
