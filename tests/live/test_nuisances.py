"""Nuisances around a site at work: locks, repeated messages, a lost broker, a full disk."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.live.uploads import Member, answer_on, look, sign_in, submit
from tools import services
from tools.scratch_site import Site, kill_group, wait_for

pytestmark = [pytest.mark.live, pytest.mark.slow]

SEND = """
from podium.submissions.tasks import score_submission
for pk in {ids}:
    score_submission.delay(pk)
"""
ON_BOARD = """
    SELECT attempts FROM standings_standing
    JOIN standings_board b ON b.id = board_id JOIN teams_team t ON t.id = team_id
    WHERE valid_until IS NULL AND b.task_id IS NOT NULL AND t.name = 'Alpha'
"""
SCORED = """
    SELECT count(*) FROM submissions_submission JOIN teams_team t ON t.id = team_id
    WHERE state = 'scored' AND t.name = 'Alpha'
"""
WAITING = "SELECT count(*) FROM submissions_submission WHERE state IN ('queued', 'scoring')"
USED = "SELECT used FROM submissions_quota JOIN teams_team t ON t.id = team_id WHERE name = 'Alpha'"


@pytest.fixture(scope="module")
def member(site: Site) -> Member:
    return sign_in(site)


@pytest.fixture(scope="module", autouse=True)
def worker(site: Site) -> subprocess.Popen[bytes]:
    """A worker that has scored what waited when the site began."""
    started = site.start_worker()
    wait_for("the first score", lambda: site.query(WAITING) == [(0,)])
    return started


@pytest.fixture(autouse=True)
def _everything_counts_once(site: Site) -> Iterator[None]:
    """Every test must leave each scored submission once on the board, and once in the quota."""
    yield
    assert site.query(ON_BOARD) == (site.query(USED) if site.query(SCORED) != [(0,)] else [])
    assert site.query(ON_BOARD) in ([], site.query(SCORED))
    assert not list((site.var / "tmp").iterdir())


def test_messages_that_come_twice_or_name_nothing_do_nothing(
    site: Site, member: Member, worker: subprocess.Popen[bytes]
) -> None:
    os.killpg(worker.pid, signal.SIGSTOP)
    pk = submit(member)
    last = submit(member)
    site.python(SEND.format(ids=[pk, 999_999, pk, last]))
    os.killpg(worker.pid, signal.SIGCONT)
    wait_for("the scores", lambda: look(site, last) == ("scored", 1, 1))
    with redis_of(site) as redis:
        wait_for("the empty queue", lambda: not redis.llen("scoring"))
    time.sleep(0.2)
    assert look(site, pk) == look(site, last) == ("scored", 1, 1)
    assert "Traceback" not in log_of(site, worker)


def redis_of(site: Site) -> Redis:
    return Redis.from_url(site.environment["REDIS_URL"], decode_responses=True)


def log_of(site: Site, process: subprocess.Popen[bytes]) -> str:
    index = site.processes.index(process)
    return next(site.var.glob(f"*-{index}.log")).read_text()


def test_a_database_that_another_writer_locks_for_seconds_is_waited_for(
    site: Site, member: Member, worker: subprocess.Popen[bytes]
) -> None:
    os.killpg(worker.pid, signal.SIGSTOP)
    pk = submit(member)
    writer = sqlite3.connect(site.var / "podium.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    os.killpg(worker.pid, signal.SIGCONT)
    answers: list[int] = []
    upload = threading.Thread(
        target=lambda: answers.append(member.upload(member.body(b"id,prediction\np120,cat\n"))[0])
    )
    upload.start()
    time.sleep(3)
    assert answers == []
    writer.execute("COMMIT")
    writer.close()
    upload.join(timeout=60)
    assert answers == [302]
    wait_for("the score", lambda: look(site, pk) == ("scored", 1, 1))
    wait_for("the rejection", lambda: look(site, pk + 1)[0] == "rejected")
    assert "locked" not in log_of(site, worker) + log_of(site, site.web)


def test_a_redis_that_dies_and_comes_back_empty_delays_and_loses_nothing(
    site: Site, member: Member, worker: subprocess.Popen[bytes]
) -> None:
    with redis_of(site) as redis:
        pid = redis.info("server")["process_id"]
        socket = Path(site.environment["REDIS_URL"].removeprefix("unix://"))
    os.kill(pid, signal.SIGKILL)
    begun = time.monotonic()
    pk = submit(member)
    page = member.get(f"/submissions/{pk}/")
    assert time.monotonic() - begun < 8, "neither a submission nor a page waits for Redis"
    assert "position 1 in the queue" in page
    command = services.redis_command(socket, socket.parent)
    again = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    site.processes.append(again)
    wait_for("the score", lambda: look(site, pk) == ("scored", 1, 1))
    assert worker.poll() is None


def test_a_scheduler_killed_leaves_scoring_alone(site: Site, member: Member) -> None:
    kill_group(site.beat)
    try:
        pk = submit(member)
        wait_for("the score", lambda: look(site, pk) == ("scored", 1, 1))
    finally:
        site.start_beat()


def test_a_web_server_killed_in_the_middle_of_an_upload_leaves_nothing(
    site: Site, member: Member
) -> None:
    count = "SELECT count(*) FROM submissions_submission"
    before = site.query(count)
    body = member.body(b"p120,cat\n" * 100_000)
    with member.connect(f"Content-Length: {len(body)}") as connection:
        connection.sendall(body[:500_000])
        time.sleep(0.3)
        kill_group(site.web)
        assert answer_on(connection)[0] == 0
    assert not list((site.var / "tmp").iterdir())
    site.start_web()
    assert site.query(count) == before
    assert "Upload and score" in member.get("/c/cup/tasks/pets/")


def test_a_full_disk_is_told_and_costs_nothing(site: Site, member: Member) -> None:
    """A process that may not write a larger file sees the same error as on a full disk."""
    few = 20_000_000
    for pid in site.tree(site.web):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (few, resource.RLIM_INFINITY))
    used = site.query(USED)
    status, page = member.upload(member.body(random.Random(1).randbytes(few + 1_000_000)))
    assert (status, "There is no room for the file on our side" in page) == (422, True)
    assert site.query(USED) == used
    for pid in site.tree(site.web):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
