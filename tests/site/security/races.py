"""`python -m tests.site.security.races FOLDER` lets people do things at the same moment.

It prints as JSON what came of it. A process of its own with a database of its own, on SQLite in a
file: the tests' database in memory knows no waiting for another's lock.
"""

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import django
from django.db import connection, connections

Verb = Callable[[], object]


def at_once(verbs: Sequence[Verb]) -> dict[str, int]:
    """Run each verb in a thread of its own; return how often each outcome came."""
    start = threading.Barrier(len(verbs))
    outcomes: Counter[str] = Counter()

    def run(verb: Verb) -> None:
        start.wait()
        try:
            verb()
            outcomes["done"] += 1
        except Exception as error:
            outcomes[getattr(error, "code", None) or repr(error)] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return dict(outcomes)


def submissions(folder: Path) -> dict[str, Any]:
    """What comes of twenty uploads of a team at once, and of a team left while it uploads."""
    from django.utils import timezone

    from podium.submissions.actions import submit
    from podium.submissions.models import Quota, Submission
    from podium.teams import actions as teams
    from tests.site import factories
    from tests.site.pets import make_pets_task, predictions

    task = make_pets_task(factories.make_challenge(), folder / "pets", in_flight_limit=50)
    upload = predictions(task, folder)
    alpha, beta = (
        factories.make_team(task.challenge, name, factories.make_user(name))
        for name in ("Alpha", "Beta")
    )
    many = at_once([lambda: submit(team=alpha, task=task, upload=upload)] * 20)
    task.in_flight_limit = 3
    few = at_once([lambda: submit(team=beta, task=task, upload=upload)] * 20)
    eve = factories.make_user("eve", date_joined=timezone.now() - timedelta(days=2))
    doubled = factories.make_challenge("doubled")
    twin = factories.make_task(doubled, "classification", in_flight_limit=50)
    twin.dataset_version, twin.solution = task.dataset_version, task.solution
    twin.save()
    task.in_flight_limit = 50  # as at first
    hers = [(factories.make_team(at.challenge, "Eve", eve), at) for at in (task, twin)]

    def hers_to(team: Any, at: Any) -> Verb:
        return lambda: submit(team=team, task=at, upload=upload, by=eve)

    person = at_once([hers_to(*both) for both in hers] * 10)
    task.in_flight_limit = 3
    new = factories.make_user("new")

    def first_upload() -> None:
        submit(team=teams.ensure_team(new, task.challenge), task=task, upload=upload)

    first = at_once([first_upload] * 10)
    submission = Submission.objects.filter(team=alpha).first()
    last = factories.make_user("last")
    gone = factories.make_team(task.challenge, "Gone", last)
    teams.leave(team=gone, by=last)
    return {
        "quota": many,
        "used": Quota.objects.get(team=alpha).used,
        "numbers": sorted(Submission.objects.filter(team=alpha).values_list("number", flat=True)),
        "in flight": few,
        "two challenges": person,
        "first uploads": first,
        "withdrawn": withdrawn(submission),
        "left": at_once([lambda: submit(team=gone, task=task, upload=upload)]),
    }


def withdrawn(submission: Any) -> int:
    """Return how many events ten withdrawals of one submission make."""
    from podium.audit.models import Event
    from podium.submissions.actions import withdraw

    at_once([lambda: withdraw(submission=submission, by=None)] * 10)
    return Event.objects.filter(verb="withdrew submission").count()


def people() -> dict[str, Any]:
    """What comes of people who want the same place, the same name, or two teams at once."""
    from podium.audit.models import Event
    from podium.teams import actions as teams
    from tests.site import factories

    challenge = factories.make_challenge("people", max_team_size=3)
    captain, *others = (factories.make_user(f"person{n}") for n in range(25))
    team = factories.make_team(challenge, "Full", captain)
    _, token = teams.invite(team=team, by=captain)
    spellings = ("Straße", "STRASSE", "strasse", "Strasse")

    def joining(user: Any) -> Verb:
        return lambda: teams.join(token=token, by=user)

    def making(name: str, user: Any) -> Verb:
        return lambda: teams.create_team(challenge=challenge, name=name, by=user)

    one = others[16]
    made = {
        "last places": at_once([joining(user) for user in others[:8]]),
        "one name": at_once(
            [making(spellings[n % 4], user) for n, user in enumerate(others[8:16])]
        ),
        "one person": at_once([making(f"Team {n}", one) for n in range(8)]),
        "rules": at_once([lambda: teams.accept_rules(challenge=challenge, by=one)] * 8),
    }
    return made | {"acceptances": Event.objects.filter(verb="accepted rules").count()}


def editing() -> dict[str, Any]:
    """What comes of people who accept to read labels and enter a team on them at once."""
    from podium.catalog.actions import offers
    from podium.teams import actions as teams
    from tests.site import factories

    done = []
    for number in range(6):
        version = factories.make_dataset_version("matching", f"read{number}")
        version.editors.add(factories.make_user(f"owner{number}"))
        challenge = factories.make_challenge(f"read{number}")
        solution = factories.make_solution(version)
        factories.make_task(challenge, "matching", dataset_version=version, solution=solution)
        eager = factories.make_user(f"eager{number}")
        row = factories.make_offer(version.name, eager.email)
        read = offers.read_offer(pk=row.pk, user=eager)
        if read is None:
            continue
        given: dict[str, Any] = {"pk": row.pk, "fingerprint": read.fingerprint, "by": eager}
        team: dict[str, Any] = {"challenge": challenge, "name": f"Eager {number}", "by": eager}
        came = at_once([partial(offers.accept_offer, **given), partial(teams.create_team, **team)])
        done.append(came["done"])
    return {"accepted or entered": done}


def writeups(folder: Path) -> dict[str, Any]:
    """What comes of eight members who begin a write-up at once, each with a paper."""
    from podium import files
    from podium.uploads.receiving import from_path
    from podium.writeups.actions import save
    from tests.site import factories

    task = factories.make_task(factories.make_challenge("told"), "matching")
    people = [factories.make_user(f"writer{n}") for n in range(8)]
    team = factories.make_team(task.challenge, "Writers", *people)
    path = folder / "paper.pdf"
    path.write_bytes(b"%PDF-1.7")

    def saving(user: Any) -> Verb:
        paper = from_path(path)
        words: dict[str, Any] = {"title": "Ours", "body": f"Of {user}.", "based_on": 0}
        return lambda: save(team=team, track=task.track, paper=paper, by=user, **words)

    saved = at_once([saving(user) for user in people])
    return {"write-ups": saved, "papers": len(files.private().listdir("writeups")[1])}


def main(folder: Path) -> None:
    """Print what came of everything, from a database that is gone afterwards."""
    django.setup()
    name = str(folder / "races.sqlite3") if connection.vendor == "sqlite" else f"races{os.getpid()}"
    connection.settings_dict["TEST"] |= {"NAME": name, "MIGRATE": connection.vendor != "sqlite"}
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        with patch("podium.celery.app.send_task"):  # nobody listens here
            print(json.dumps(submissions(folder) | people() | editing() | writeups(folder)))
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
