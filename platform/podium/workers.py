"""Signs of life of the Celery processes, kept in Redis: written by workers, read by the web.

Every worker renews its key at each heartbeat, so a key that is gone means a worker that is gone.
Workers must run with heartbeats (Celery's default). Nothing here raises when Redis is away: reading
then answers None or nothing, which pages show as "unknown".
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from celery.signals import celeryd_after_setup, heartbeat_sent
from celery.worker import state
from django.conf import settings
from redis import Redis, RedisError

from podium.files import Json

QUEUES = ("scoring", "studies", "rescoring", "baselines", "datasets", "control")
WORKER_SECONDS = 15
_WORKER_KEY = "podium:worker:"
_BEAT_KEY = "podium:beat"
_WATCH_KEY = "podium:watch"
_SIGN_KEPT_SECONDS = 7 * 24 * 3600
# A page asks for this, so Redis must answer at once or count as away.
_TIMEOUT_SECONDS = 0.5

# What `celeryd_after_setup` reported about this process, if it is a worker.
_self: Json = {}


@dataclass(frozen=True)
class Work:
    """A Celery task that a worker runs: its name, its first argument, and since when."""

    task: str
    argument: str
    since: datetime


@dataclass(frozen=True)
class Worker:
    """A Celery worker that was alive in the last seconds, and what it was doing then."""

    hostname: str
    queues: tuple[str, ...]
    pid: int
    concurrency: int
    busy: tuple[Work, ...] = ()


def name() -> str:
    """Return the name of the worker that this process belongs to, or ""."""
    return str(_self.get("hostname", ""))


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        decode_responses=True,
    )


def _client() -> Redis:
    return _redis(settings.REDIS_URL)


# Written by workers ----------------------------------------------------------------------------


@celeryd_after_setup.connect(weak=False)
def _remember_worker(sender: str, instance: Any, **_: object) -> None:
    _self.update(hostname=sender, concurrency=instance.concurrency)


@heartbeat_sent.connect(weak=False)
def _renew(sender: Any, **_: object) -> None:
    queues = sorted(sender.eventer.app.amqp.queues.consume_from)
    mark_worker(
        Worker(
            hostname=sender.eventer.hostname,
            queues=tuple(queues),
            pid=os.getpid(),
            concurrency=_self.get("concurrency", 1),
            busy=_busy(),
        )
    )


def _busy() -> tuple[Work, ...]:
    """Return what this worker's processes do, the longest first."""
    begun = [each for each in state.active_requests if each.time_start]
    return tuple(
        Work(
            task=each.name,
            argument=str(each.args[0]) if each.args else "",
            since=datetime.fromtimestamp(each.time_start, UTC),
        )
        for each in sorted(begun, key=lambda each: each.time_start)
    )


def mark_worker(worker: Worker) -> None:
    """Keep for 15 seconds that this worker is alive. Redis being away is not an error."""
    value = asdict(worker) | {
        "busy": [[each.task, each.argument, each.since.isoformat()] for each in worker.busy]
    }
    try:
        _client().set(_WORKER_KEY + worker.hostname, json.dumps(value), ex=WORKER_SECONDS)
    except RedisError:
        return


def mark_beat() -> None:
    """Keep that the scheduler is alive. The sweep calls it, since only beat starts the sweep."""
    _sign(_BEAT_KEY)


def mark_watch() -> None:
    """Keep that the process that watches the site is alive."""
    _sign(_WATCH_KEY)


def _sign(key: str) -> None:
    try:
        _client().set(key, datetime.now(UTC).isoformat(), ex=_SIGN_KEPT_SECONDS)
    except RedisError:
        return


# Read by the web -------------------------------------------------------------------------------


def workers_alive() -> list[Worker] | None:
    """Return the workers alive now by name, or None when Redis does not answer."""
    try:
        client = _client()
        keys = sorted(client.scan_iter(match=_WORKER_KEY + "*", count=1000))
        values = client.mget(keys) if keys else []
    except RedisError:
        return None
    return [_worker(key, value) for key, value in zip(keys, values, strict=True) if value]


def beat_seen_at() -> datetime | None:
    """Return when the scheduler last gave a sign, or None when it never did or Redis is away."""
    return _seen_at(_BEAT_KEY)


def watch_seen_at() -> datetime | None:
    """Return when the watching process last gave a sign, or None as for the scheduler."""
    return _seen_at(_WATCH_KEY)


def _seen_at(key: str) -> datetime | None:
    try:
        value = _client().get(key)
    except RedisError:
        return None
    return datetime.fromisoformat(str(value)) if value else None


def queue_lengths() -> dict[str, int]:
    """Return how many messages wait in each queue; empty when Redis does not answer.

    A hint only: the database says what is to be done, and the sweep sends what has no message.
    """
    try:
        pipeline = _client().pipeline(transaction=False)
        for queue in QUEUES:
            pipeline.llen(queue)
        return dict(zip(QUEUES, pipeline.execute(), strict=True))
    except RedisError:
        return {}


def _worker(key: str, value: bytes | str) -> Worker:
    facts = json.loads(value)
    return Worker(
        hostname=key.removeprefix(_WORKER_KEY),
        queues=tuple(facts["queues"]),
        pid=facts["pid"],
        concurrency=facts["concurrency"],
        busy=tuple(
            Work(task, argument, datetime.fromisoformat(since))
            for task, argument, since in facts.get("busy", [])
        ),
    )
