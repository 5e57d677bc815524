"""`python -m tests.site.standings.races FOLDER`: things that happen to boards at the same moment.

A publication and a scoring; reveals by several workers and a late score. It prints as JSON what
came of them. A process of its own with a database of its own, as that of
`tests.site.security.races`.
"""

import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import django
from django.db import connection, connections

from tests.site.security.races import at_once

ROUNDS = 12
REVEALS = 6


class _Watched:
    """A scorer that says when it has been given a file."""

    def __init__(self, scorer: Any) -> None:
        self._scorer = scorer
        self.begun = threading.Event()

    def score(self, **what: Any) -> Any:
        """Score as the scorer does."""
        self.begun.set()
        return self._scorer.score(**what)


def publications(folder: Path) -> dict[str, Any]:
    """Let a submission be scored while a rescore by another solution is published, many times."""
    from podium.challenges.models import Task
    from podium.standings.rescore_boards import publish
    from podium.submissions.actions import submit
    from podium.submissions.jobs import rescore_batches, rescoring
    from podium.submissions.jobs.rescoring import CannotRescore
    from podium.submissions.jobs.scoring_runs import score
    from podium.submissions.models import Evaluation, Rescore, State, Submission
    from scoring.runner import Scorer
    from tests.site import factories
    from tests.site.pets import make_pets_task, predictions
    from tests.site.submissions.rescores import other_public_labels, scored_submission

    limits = {"in_flight_limit": 99, "daily_limit": 99}
    pets = make_pets_task(factories.make_challenge(), folder / "pets", **limits)
    team = factories.make_team(pets.challenge, "Alpha", factories.make_user("a"))
    solutions = [pets.solution, other_public_labels(pets, folder, 5)]
    outcomes: Counter[str] = Counter()
    with Scorer() as scorer:
        scored_submission(team, pets, predictions(pets, folder, wrong=9), scorer)
        for number in range(ROUNDS):
            task = Task.objects.select_related("solution").get()
            rescore = rescoring.start(task=task, solution=solutions[(number + 1) % 2])
            ids = list(rescoring.left(rescore).values_list("pk", flat=True))
            rescore_batches.work(rescore.pk, ids, scorer)
            new = submit(team=team, task=pets, upload=predictions(pets, folder, wrong=8))
            held = Submission.claim(new.pk)
            assert held is not None
            watched = _Watched(scorer)

            def publication(
                rescore: Rescore = rescore,
                begun: threading.Event = watched.begun,
                late: float = 0.02 * (number % 4),
            ) -> None:
                begun.wait(60)  # a scoring that has not begun would be by the new solution
                time.sleep(late)  # now the one comes first, now the other
                try:
                    publish(rescore=Rescore.objects.get(pk=rescore.pk))
                except CannotRescore:
                    outcomes["refused"] += 1
                else:
                    outcomes["published"] += 1

            at_once([lambda held=held, by=watched: score(held, by), publication])  # type: ignore[misc]
            new.refresh_from_db()
            if new.state == State.QUEUED:
                outcomes["scored again"] += 1
                again = Submission.claim(new.pk)
                assert again is not None
                score(again, scorer)
            rescore_batches.work(rescore.pk, [new.pk], scorer)
            rescore.refresh_from_db()
            if rescore.is_active:
                publish(rescore=Rescore.objects.get(pk=rescore.pk))
            outcomes["wrong"] += _wrong(Task.objects.get(), solutions[(number + 1) % 2].pk)
    counting = Evaluation.objects.filter(counts=True).count()
    outcomes["without"] = Submission.objects.filter(state=State.SCORED).count() - counting
    return dict(outcomes)


def _wrong(task: Any, solution: int) -> int:
    """Return how much is not by the solution that was published, or not on the board."""
    from podium.standings.models import Standing
    from podium.standings.ranking import places
    from podium.submissions.models import Evaluation, Score

    others = Evaluation.objects.counting(task).exclude(solution=solution).count()
    (row,) = Standing.objects.filter(board__task=task, valid_until=None)
    (place,) = places(task, Score.objects.counting(task))
    stale = (row.score, row.submission_id, row.attempts) != (
        place.score,
        place.submission_id,
        place.attempts,
    )
    return others + int(task.solution_id != solution) + int(stale)


def reveals() -> dict[str, int]:
    """Return what comes of reveals by three workers while a late score is stored, many times."""
    from django.utils import timezone

    from podium.audit.models import Event
    from podium.challenges.models import UPLOAD_GRACE, Challenge
    from podium.standings.actions import on_evaluation_stored
    from podium.standings.history import present_rows
    from podium.standings.models import Board
    from podium.standings.reveal import due, reveal
    from tests.site import factories

    captain, outcomes = factories.make_user("captain"), Counter[str]()
    for number in range(REVEALS):
        task = factories.make_task(factories.make_challenge(f"reveal-{number}"), "matching")
        evaluations = [
            factories.make_evaluation(
                factories.make_submission(_team(task, name, captain), task),
                public=0.5,
                private=private,
            )
            for name, private in (("In time", 0.4), ("Late", 0.6))
        ]
        on_evaluation_stored(evaluations[0])
        now = timezone.now()
        past = dict.fromkeys(("team_freeze_at", "closes_at", "reveal_at"), now - UPLOAD_GRACE)
        Challenge.objects.filter(pk=task.challenge_id).update(**past)
        factories.tell_owners()

        def revealing(pk: int = task.challenge_id) -> None:
            outcomes["made" if reveal(Challenge.objects.get(pk=pk)) else "left"] += 1

        def scoring(late: Any = evaluations[1], wait: float = 0.01 * (number % 3)) -> None:
            time.sleep(wait)
            on_evaluation_stored(late)

        found = at_once([revealing, scoring, revealing, revealing])
        outcomes["failed"] += 4 - found.get("done", 0)
        rows = present_rows(task, "private")
        standing = [(row.team.name, row.rank, row.score) for row in rows]
        outcomes["wrong"] += standing != [("Late", 1, 0.6), ("In time", 2, 0.4)]
        outcomes["boards"] += Board.objects.filter(part="private", track=task.track).count()
    outcomes["due"] = len(due())
    outcomes["events"] = Event.objects.filter(verb="revealed").count()
    return dict(outcomes)


def _team(task: Any, name: str, captain: Any) -> Any:
    """Return a team without members except its captain, who may have several."""
    from podium.teams.models import Team

    fields = {"name": name, "slug": name.lower().replace(" ", "-"), "captain": captain}
    return Team.objects.create(challenge=task.challenge, **fields)


def main(folder: Path) -> None:
    """Print what came of everything, from a database that is gone afterwards."""
    django.setup()
    name = str(folder / "races.sqlite3") if connection.vendor == "sqlite" else f"races{os.getpid()}"
    connection.settings_dict["TEST"] |= {"NAME": name, "MIGRATE": connection.vendor != "sqlite"}
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        with patch("podium.celery.app.send_task"):  # nobody listens here
            print(json.dumps({"publications": publications(folder), "reveals": reveals()}))
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
