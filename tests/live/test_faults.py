"""Killing any process at any moment loses nothing and scores nothing twice."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tools.keep import descendants
from tools.scratch_site import Site, kill_group, wait_for

pytestmark = pytest.mark.live

SUBMIT = """
from pathlib import Path
from podium.challenges.models import Task
from podium.submissions.actions import submit
from podium.teams.models import Team
from tests.site.pets import predictions
task = Task.objects.get()
upload = predictions(task, Path({folder!r}) / {name!r}, wrong=3)
print(submit(team=Team.objects.get(name="Alpha"), task=task, upload=upload).pk)
"""
LOOK = """
    SELECT state, attempt, (SELECT count(*) FROM submissions_evaluation WHERE submission_id = s.id)
    FROM submissions_submission s WHERE id = ?
"""
ATTEMPTS_ON_BOARD = """
    SELECT attempts FROM standings_standing
    JOIN standings_board b ON b.id = board_id JOIN teams_team t ON t.id = team_id
    WHERE valid_until IS NULL AND b.task_id IS NOT NULL AND t.name = 'Alpha'
"""
SCORED = """
    SELECT count(*) FROM submissions_submission JOIN teams_team t ON t.id = team_id
    WHERE state = 'scored' AND t.name = 'Alpha'
"""


def submit(site: Site, name: str) -> int:
    return int(site.python(SUBMIT.format(folder=str(site.var), name=name)))


def look(site: Site, pk: int) -> tuple[object, ...]:
    """Return a submission's state, attempt and how many evaluations it has."""
    return site.query(LOOK, pk)[0]


def zygote_of(worker: subprocess.Popen[bytes]) -> int:
    """Return the process that scores for a worker with one pool process."""
    found = [
        pid
        for pid in descendants(worker.pid)
        if b"scoring.zygote" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert len(found) == 1, found
    return found[0]


def test_a_worker_killed_in_the_middle_of_scoring_leaves_exactly_one_evaluation(
    site: Site,
) -> None:
    worker = site.start_worker()
    warm_up = submit(site, "warm-up")
    wait_for("the first score", lambda: look(site, warm_up) == ("scored", 1, 1))
    zygote = zygote_of(worker)
    os.kill(zygote, signal.SIGSTOP)  # now whatever is claimed stays in the middle of scoring
    pk = submit(site, "killed")
    wait_for("the claim", lambda: look(site, pk) == ("scoring", 1, 0))
    kill_group(worker)
    os.kill(zygote, signal.SIGCONT)
    wait_for("the end of the orphan", lambda: not Path(f"/proc/{zygote}").exists())
    assert look(site, pk) == ("scoring", 1, 0), "nobody but a new claim may store a result"

    second = site.start_worker()
    wait_for("the takeover", lambda: look(site, pk)[0] == "scored", 90)
    assert look(site, pk) == ("scored", 2, 1)
    assert site.query(ATTEMPTS_ON_BOARD) == site.query(SCORED), "each counts once on the board"
    second.terminate()
    second.wait(timeout=30)


def test_submissions_made_while_redis_forgets_everything_are_scored(site: Site) -> None:
    pk = submit(site, "forgotten")
    site.python("from podium.workers import _client; _client().flushall()")
    worker = site.start_worker()
    wait_for("the score", lambda: look(site, pk) == ("scored", 1, 1), 90)
    worker.terminate()
    worker.wait(timeout=30)
