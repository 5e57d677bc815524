"""Killing any process at any moment loses nothing and does nothing twice."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.uploads import Member, look, sign_in, submit
from tools.keep import descendants
from tools.scratch_site import Site, kill_group, wait_for

pytestmark = [pytest.mark.live, pytest.mark.slow]

START_BASELINE = """
from podium.baseline_runs.actions import start
from podium.challenges.models import Task
print(start(task=Task.objects.get(), method="trivial").pk)
"""
RUN = "SELECT state, attempt, submission_id IS NULL FROM baseline_runs_baselinerun WHERE id = ?"
TRAINING = b"-m\0baselines"
# Half a minute later.
LET_LEASES_RUN_OUT = """
    UPDATE {} SET lease_until = '2020-01-01 00:00:00' WHERE lease_until IS NOT NULL RETURNING id
"""
IN_FLIGHT = "SELECT count(*) FROM submissions_submission WHERE state IN ('queued', 'scoring')"
OF_TRIVIAL = """
    SELECT count(*) FROM submissions_submission JOIN teams_team t ON t.id = team_id
    WHERE t.baseline = 'trivial'
"""


@pytest.fixture(scope="module")
def member(site: Site) -> Member:
    return sign_in(site)


@pytest.fixture(autouse=True)
def _no_worker_is_left(site: Site) -> Iterator[None]:
    yield
    for worker in site.workers:
        kill_group(worker)


def zygote_of(worker: subprocess.Popen[bytes]) -> int:
    """Return the process that reads files for a worker with one pool process."""
    found = processes_of(worker, b"scoring.zygote\0read")
    # A child that reads just now looks the same.
    (zygote,) = [pid for pid in found if parent_of(pid) not in found]
    return zygote


def processes_of(worker: subprocess.Popen[bytes], word: bytes) -> list[int]:
    found = []
    for pid in descendants(worker.pid):
        try:
            if word in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except FileNotFoundError:
            continue
    return found


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_gone(pid: int) -> Callable[[], bool]:
    return lambda: not Path(f"/proc/{pid}").exists()


def stopped_worker(site: Site, member: Member) -> tuple[subprocess.Popen[bytes], int]:
    """Return a worker that scores one at a time, and its stopped zygote.

    Whatever it claims from now on stays in the middle of scoring until the zygote goes on.
    """
    worker = site.start_worker(queues="control,scoring")
    first = submit(member)
    wait_for("the first score", lambda: look(site, first) == ("scored", 1, 1))
    zygote = zygote_of(worker)
    os.kill(zygote, signal.SIGSTOP)
    return worker, zygote


def in_the_middle(member: Member) -> int:
    """Return a submission that a stopped worker is scoring."""
    pk = submit(member)
    wait_for("the claim", lambda: look(member.site, pk) == ("scoring", 1, 0))
    return pk


def stopped_training(site: Site) -> tuple[subprocess.Popen[bytes], int]:
    """Return a worker that trains a baseline, and the stopped process that does it."""
    worker = site.start_worker(queues="baselines")
    wait_for("the training", lambda: bool(processes_of(worker, TRAINING)))
    (training,) = processes_of(worker, TRAINING)
    os.kill(training, signal.SIGSTOP)
    return worker, training


def test_what_was_killed_in_the_middle_of_its_work_is_done_once_in_the_end(
    site: Site, member: Member
) -> None:
    """A trainer, a worker, a pool process and a zygote die."""
    before = site.query(OF_TRIVIAL)
    run = int(site.python(START_BASELINE))
    trainer, training = stopped_training(site)
    wait_for("the claim", lambda: site.query(RUN, run) == [("running", 1, 1)])
    whole, zygote_of_whole = stopped_worker(site, member)
    with_whole = in_the_middle(member)
    worker, zygote = stopped_worker(site, member)
    with_pool = in_the_middle(member)
    # All at once, since what nobody renews is queued again half a minute later.
    kill_group(trainer)
    kill_group(whole)
    os.kill(parent_of(zygote), signal.SIGKILL)
    assert list((site.var / "tmp").iterdir()), "the killed trainer could not clean up"
    orphans = (zygote_of_whole, zygote, training)
    for pid in orphans:
        os.kill(pid, signal.SIGCONT)
    for pid in orphans:
        wait_for("the end of the orphan", is_gone(pid), 10)
    for pk in (with_whole, with_pool):
        assert look(site, pk) == ("scoring", 1, 0), "nobody but a new claim may store a result"
    assert site.query(RUN, run) == [("running", 1, 1)]

    site.start_worker(queues="baselines")
    for table in ("submissions_submission", "baseline_runs_baselinerun"):
        site.query(LET_LEASES_RUN_OUT.format(table))
    for pk in (with_whole, with_pool):
        wait_for("the takeover", lambda pk=pk: look(site, pk) == ("scored", 2, 1))  # type: ignore[misc]
    wait_for("the second training", lambda: site.query(RUN, run) == [("finished", 2, 0)])
    (count,) = before[0]
    assert site.query(OF_TRIVIAL) == [(int(str(count)) + 1,)]
    wait_for("all scores", lambda: site.query(IN_FLIGHT) == [(0,)])
    assert worker.poll() is None, "a worker survives its pool process"
    wait_for("an empty folder", lambda: not list((site.var / "tmp").iterdir()), 5)

    zygote = zygote_of(worker)
    os.kill(zygote, signal.SIGSTOP)
    with_zygote = in_the_middle(member)
    os.kill(zygote, signal.SIGKILL)
    wait_for("the second attempt", lambda: look(site, with_zygote) == ("scored", 2, 1), 20)


def test_a_worker_told_to_stop_ends_its_scoring_and_gives_its_training_back(
    site: Site, member: Member
) -> None:
    worker, zygote = stopped_worker(site, member)
    pk = in_the_middle(member)
    worker.terminate()
    time.sleep(0.5)
    assert worker.poll() is None
    os.kill(zygote, signal.SIGCONT)
    worker.wait(timeout=60)
    assert look(site, pk) == ("scored", 1, 1)
    wait_for("the end of the zygote", is_gone(zygote), 10)

    run = int(site.python(START_BASELINE))
    trainer, training = stopped_training(site)
    trainer.terminate()
    wait_for("the run to be given back", lambda: site.query(RUN, run) == [("queued", 1, 1)], 10)
    os.kill(training, signal.SIGCONT)
    trainer.wait(timeout=60)
    wait_for("the end of the training", is_gone(training), 10)
    assert not list((site.var / "tmp").iterdir())
    site.query("DELETE FROM baseline_runs_baselinerun WHERE id = ? RETURNING id", run)
