"""`manage.py rescore CHALLENGE/TASK`: score a task again, and publish the result with --publish."""

import argparse
import time
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError

from podium.challenges.models import Task
from podium.standings.rescore_boards import preview, publish
from podium.submissions.jobs import rescoring
from podium.submissions.jobs.rescoring import CannotRescore
from podium.submissions.models import ACTIVE, Rescore

POLL_SECONDS = 1.0
PROGRESS_SECONDS = 5.0


class Command(BaseCommand):
    help = "Have workers score all submissions of a task again with a solution of its data set."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("task", metavar="CHALLENGE/TASK")
        parser.add_argument("--solution", type=int, metavar="N", help="default: the task's own")
        parser.add_argument(
            "--wait", action="store_true", help="wait until it is done and print what changes"
        )
        parser.add_argument(
            "--note", default="", metavar="TEXT", help="what everybody reads about it"
        )
        parser.add_argument(
            "--publish", action="store_true", help="publish when it is done; implies --wait"
        )

    def handle(self, *args: object, **options: Any) -> None:
        try:
            rescore = self._started(_task(options["task"]), options["solution"])
            if options["wait"] or options["publish"]:
                self._wait(rescore)
                self._print_changes(rescore)
            while options["publish"] and not _published(rescore, options["note"]):
                self._wait(rescore)  # for submissions received meanwhile
        except CannotRescore as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The rescore of {rescore} is {rescore.state}.")

    def _started(self, task: Task, number: int | None) -> Rescore:
        """Return a new rescore, or the one that is already in progress."""
        solution = task.solution
        if number is not None:
            found = task.dataset_version.solutions.filter(number=number).first()
            if found is None:
                raise CommandError(f"{task.dataset_version} has no solution {number}.")
            solution = found
        active = task.rescores.filter(state__in=ACTIVE, solution=solution).first()
        return active or rescoring.start(task=task, solution=solution)

    def _wait(self, rescore: Rescore) -> None:
        """Wait until nothing is left to do, and print the progress now and then."""
        printed_at = 0.0
        while not _is_ready(rescore) or rescoring.left(rescore).exists():
            rescoring.refuse_outdated(rescore)
            if time.monotonic() - printed_at >= PROGRESS_SECONDS:
                progress = rescoring.progress(rescore)
                rate = f", {progress.per_second:.1f} a second" if progress.per_second else ""
                self.stdout.write(f"{progress.done} of {progress.total} submissions{rate}")
                printed_at = time.monotonic()
            time.sleep(POLL_SECONDS)

    def _print_changes(self, rescore: Rescore) -> None:
        shown = preview(rescore, AnonymousUser())
        for board in shown.boards:
            self.stdout.write(f"{board.title}: {len(board.changes)} of {board.rows} rows change")
            for change in board.changes:
                before, after = change.before, change.after
                places = " -> ".join(
                    f"{place.rank or 'no rank'} ({place.score:.{board.decimals}f})"
                    if place and place.score is not None
                    else "none"
                    for place in (before, after)
                )
                self.stdout.write(f"  {change.team}: {places}")
        for row in shown.unscored:
            self.stdout.write(f"  {row.submission} keeps its earlier score: {row.state}")


def _task(name: str) -> Task:
    challenge, _, slug = name.partition("/")
    tasks = Task.objects.select_related("challenge", "track", "solution", "dataset_version")
    task = tasks.filter(challenge__slug=challenge, slug=slug).first()
    if task is None:
        raise CommandError(f"There is no task {name}. Write it as CHALLENGE/TASK.")
    return task


def _is_ready(rescore: Rescore) -> bool:
    rescore.refresh_from_db()
    if rescore.state not in ACTIVE:
        raise CannotRescore(f"The rescore is now {rescore.state}.")
    return rescore.state == "ready"


def _published(rescore: Rescore, note: str) -> bool:
    """Publish the rescore. Return False if a new submission arrived and must be scored first."""
    try:
        publish(rescore=rescore, why=note)
    except CannotRescore:
        rescore.refresh_from_db()
        if rescore.state != "ready":
            raise
        return False
    return True
