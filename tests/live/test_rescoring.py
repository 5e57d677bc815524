"""A rescore on a real site gives way to new submissions and survives the death of its worker."""

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest
from redis import Redis

from tests.live.test_faults import is_gone, zygote_of
from tests.live.uploads import Member, look, sign_in, submit
from tools.scratch_site import Site, kill_group, wait_for

pytestmark = [pytest.mark.live, pytest.mark.slow]

# No studies: what those lack is made by the zygote too, and would stand before a stopped one.
QUEUES = "control,scoring,rescoring"
SUBMISSIONS = 12
START = """
from pathlib import Path
from podium.challenges.models import Task
from podium.submissions.jobs.rescoring import start
from tests.site.submissions.rescores import other_public_labels
task = Task.objects.get()
print(start(task=task, solution=other_public_labels(task, Path({var!r}), 3)).pk)
"""
STATE = "SELECT state FROM submissions_rescore WHERE id = ?"
# By the new solution: how many evaluations, of how many submissions, and whether one counts.
MADE = """
    SELECT count(*), count(DISTINCT submission_id), max(counts) FROM submissions_evaluation e
    JOIN submissions_rescore r ON r.solution_id = e.solution_id WHERE r.id = ?
"""
MADE_BEFORE = """
    SELECT count(*) FROM submissions_evaluation e
    JOIN submissions_rescore r ON r.solution_id = e.solution_id
    WHERE r.id = ? AND e.created_at < (SELECT finished_at FROM submissions_submission WHERE id = ?)
"""
# Half a minute later.
END_LEASE = """
    UPDATE submissions_rescore SET lease_until = '2020-01-01 00:00:00' WHERE id = ? RETURNING id
"""
OPEN = "SELECT count(*) FROM submissions_submission WHERE state IN ('queued', 'scoring')"


@pytest.fixture
def member(site: Site) -> Member:
    return sign_in(site)


@pytest.fixture(autouse=True)
def _no_worker_is_left(site: Site) -> Iterator[None]:
    yield
    for worker in site.workers:
        kill_group(worker)


def begin(site: Site, zygote: int) -> int:
    """Return a rescore whose first batch is being done by a worker with a stopped zygote."""
    os.kill(zygote, signal.SIGSTOP)
    rescore = int(site.python(START.format(var=str(site.var))))
    redis = Redis.from_url(site.environment["REDIS_URL"])
    wait_for("the batch", lambda: _is_taken(redis, rescore))
    redis.close()
    return rescore


def _is_taken(redis: Redis, rescore: int) -> bool:
    mine = f"({rescore}, [".encode()
    messages = redis.hvals("unacked")
    return any(b"rescore_batch" in message and mine in message for message in messages)


def scored_all(site: Site, worker: subprocess.Popen[bytes], member: Member) -> int:
    """Submit several files, let them be scored, and return the worker's zygote."""
    for _ in range(SUBMISSIONS):
        submit(member)
    wait_for("all scores", lambda: site.query(OPEN) == [(0,)])
    assert worker.poll() is None
    return zygote_of(worker)


def test_a_rescore_gives_way_and_survives_its_worker(site: Site, member: Member) -> None:
    site.python(
        "from podium.challenges.models import Task; "
        "Task.objects.update(daily_limit=1000, in_flight_limit=1000)"
    )
    first = site.start_worker(queues=QUEUES)
    zygote = scored_all(site, first, member)
    rescore = begin(site, zygote)
    kill_group(first)
    os.kill(zygote, signal.SIGCONT)
    wait_for("the end of the orphan", is_gone(zygote), 10)
    assert site.query(STATE, rescore) == [("running",)]
    assert site.query(MADE, rescore) == [(0, 0, None)]

    site.start_worker(queues=QUEUES)
    site.query(END_LEASE, rescore)
    wait_for("the end of the rescore", lambda: site.query(STATE, rescore) == [("ready",)])
    ((made, submissions, counts),) = site.query(MADE, rescore)
    assert made == submissions
    assert int(str(made)) > SUBMISSIONS, "the baseline's too"
    assert not counts

    late = submit(member)
    wait_for("the late score", lambda: look(site, late) == ("scored", 1, 2))
    site.python(
        "from podium.standings.rescore_boards import publish; "
        "from podium.submissions.models import Rescore; "
        f"publish(rescore=Rescore.objects.get(pk={rescore}))"
    )
    assert site.query(MADE, rescore)[0][2]


def test_a_new_submission_overtakes_a_rescore(site: Site, member: Member) -> None:
    worker = site.start_worker(queues=QUEUES)
    zygote = scored_all(site, worker, member)
    rescore = begin(site, zygote)
    new = submit(member)
    os.kill(zygote, signal.SIGCONT)
    wait_for("the score", lambda: look(site, new)[0] == "scored")
    wait_for("the end of the rescore", lambda: site.query(STATE, rescore) == [("ready",)])
    assert site.query(MADE_BEFORE, rescore, new)[0][0] in (0, 1, 2)
    ((made, submissions, _),) = site.query(MADE, rescore)
    assert made == submissions
    site.python(
        "from podium.submissions.models import Rescore; "
        "from podium.submissions.jobs.rescoring import cancel; "
        f"cancel(rescore=Rescore.objects.get(pk={rescore}))"
    )
