"""The cache that all processes share, in which every limit counts: Redis, or else memory.

While Redis is away each process counts by itself, and takes its share of a limit only.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)
# A page waits for this, so Redis must be quick or counts as away.
TIMEOUT_SECONDS = 0.2
# How long a process leaves a Redis in peace that was away.
RETRY_SECONDS = 5.0
# More than the limits of a small attack: what is pushed out of memory is forgotten.
MEMORY_ENTRIES = 20_000


class _Redis:
    """Whether this process last found Redis away, and when it asks again."""

    is_away = False
    next_try = 0.0

    @classmethod
    def may_be_asked(cls) -> bool:
        """Return whether to ask Redis. Of one that was away only one thread at a time asks."""
        if cls.is_away:
            now = time.monotonic()
            if now < cls.next_try:
                return False
            cls.next_try = now + RETRY_SECONDS
        return True

    @classmethod
    def answered(cls) -> None:
        cls.is_away = False

    @classmethod
    def failed(cls, error: Exception) -> None:
        if not cls.is_away:
            log.warning("limits count in memory: Redis is away", error=str(error))
        cls.is_away = True
        cls.next_try = time.monotonic() + RETRY_SECONDS


class JsonSerializer:
    """Stores values as JSON: Django's own pickles would run as code what is written to Redis."""

    def dumps(self, value: object) -> int | str:
        # Redis can increment integers only where they are stored as such.
        return value if type(value) is int else json.dumps(value)

    def loads(self, data: bytes) -> object:
        return json.loads(data)


class SharedCache(BaseCache):
    """A cache in Redis that goes on in this process's memory while Redis is away."""

    def __init__(self, server: str, params: dict[str, object]) -> None:
        super().__init__(params)
        options = {
            "serializer": JsonSerializer(),
            "socket_timeout": TIMEOUT_SECONDS,
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        self._redis = RedisCache(server, {**params, "OPTIONS": options})
        self._memory = LocMemCache("shared", {**params, "MAX_ENTRIES": MEMORY_ENTRIES})

    def _call(self, verb: str, *args: object) -> Any:
        if _Redis.may_be_asked():
            try:
                found = getattr(self._redis, verb)(*args)
            except (RedisError, OSError) as error:
                _Redis.failed(error)
            else:
                _Redis.answered()
                return found
        return getattr(self._memory, verb)(*args)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        return self._call("add", key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._call("get", key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        return self._call("set", key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        return self._call("touch", key, timeout, version)

    def delete(self, key: Any, version: Any = None) -> Any:
        return self._call("delete", key, version)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> Any:
        return self._call("incr", key, delta, version)

    def clear(self) -> None:
        self._call("clear")


def counted(key: str, seconds: int) -> int:
    """Count one more under this key, for these seconds from the first; return how many."""
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ended in between, or Redis went away
        cache.add(key, 0, seconds)
        return int(cache.incr(key))


def share_of(limit: int) -> int:
    """Return how much of a limit this process may grant: all of it while Redis counts."""
    return max(1, limit // settings.WEB_PROCESSES) if _Redis.is_away else limit


class SharedRates(Mapping[str, str]):
    """Limits as allauth writes them ("20/m/ip,5/m/key"), each as large as this process's share."""

    def __init__(self, rates: Mapping[str, str]) -> None:
        self._rates = dict(rates)

    def __getitem__(self, action: str) -> str:
        return ",".join(_share_of_rate(rate) for rate in self._rates[action].split(","))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rates)

    def __len__(self) -> int:
        return len(self._rates)


def _share_of_rate(rate: str) -> str:
    amount, _, rest = rate.partition("/")
    return f"{share_of(int(amount))}/{rest}"
