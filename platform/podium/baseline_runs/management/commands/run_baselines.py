"""`manage.py run_baselines --challenge SLUG`: queue the baselines that a challenge lacks.

With tasks, a time limit or seeds it queues runs with these, as the console does.
"""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from baselines.registry import METHODS
from podium.baseline_runs import series
from podium.baseline_runs.actions import CannotStart, start_missing
from podium.baseline_runs.models import SEED
from podium.challenges.models import Challenge
from podium.refusals import Refused


class Command(BaseCommand):
    help = "Queue the baselines that a challenge's tasks do not have yet."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--challenge", required=True)
        parser.add_argument("--method", action="append", choices=list(METHODS), dest="methods")
        parser.add_argument(
            "--task", action="append", dest="tasks", help="the slug of a task; default: all"
        )
        parser.add_argument("--seconds", type=int, help="time limit of a run")
        parser.add_argument("--seeds", help="such as 1,2,3 or 1-3; boards show the first one")

    def handle(self, *args: object, **options: Any) -> None:
        challenge = Challenge.objects.filter(slug=options["challenge"]).first()
        if challenge is None:
            raise CommandError(f"There is no challenge `{options['challenge']}`.")
        chosen = any(options[name] is not None for name in ("tasks", "seconds", "seeds"))
        queue = self._chosen if chosen else self._missing
        try:
            runs, left_out = queue(challenge, options)
        except (CannotStart, Refused) as error:
            raise CommandError(str(error)) from error
        for sentence in left_out:
            self.stdout.write(f"Left out. {sentence}")
        self.stdout.write(f"{runs} baseline runs are queued.")

    def _missing(self, challenge: Challenge, options: dict[str, Any]) -> tuple[int, list[str]]:
        methods = options["methods"] or list(METHODS)
        runs, left_out = start_missing(challenge=challenge, methods=methods)
        return len(runs), left_out

    def _chosen(self, challenge: Challenge, options: dict[str, Any]) -> tuple[int, list[str]]:
        """Queue the chosen runs of each named method. Raises Refused."""
        if not options["methods"]:
            raise CommandError("Name a method with --method, too.")
        count, left_out = 0, list[str]()
        for method in options["methods"]:
            wish = series.Wish(
                challenge=challenge,
                method=method,
                seeds=series.seeds_of(options["seeds"]) if options["seeds"] else [SEED],
                tasks=options["tasks"],
                seconds=options["seconds"],
            )
            planned = series.plan(wish)
            left_out += planned.left_out
            if planned.runs:
                series.carry_out(wish, fingerprint=planned.fingerprint)
                count += len(planned.runs)
        return count, left_out
