"""Limits count in a cache that all processes share, and hold while Redis is away."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from podium import shared_cache
from podium.shared_cache import SharedCache, SharedRates, counted, share_of
from tools import services

ROOT = Path(__file__).resolve().parents[2]
WAYS = ("sign-ups", "requests", "counts")


def crowds(folder: Path, redis_url: str, *, processes: int = 2) -> list[dict[str, float]]:
    """Return what each of the web processes granted that were asked forty times at once."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "podium.settings",
        "PODIUM_VAR": str(folder / "var"),
        "REDIS_URL": redis_url,
    }
    command = [sys.executable, "-m", "tests.site.crowd", "40"]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        for _ in range(processes)
    ]
    granted = [json.loads(process.communicate()[0].splitlines()[-1]) for process in running]
    assert [process.returncode for process in running] == [0] * processes
    return granted


@pytest.fixture
def redis_url() -> Iterator[str]:
    with services.scratch_redis() as url:
        yield url


@pytest.fixture(autouse=True)
def _redis_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not yet asked Redis."""
    monkeypatch.setattr(shared_cache._Redis, "is_away", False)
    monkeypatch.setattr(shared_cache._Redis, "next_try", 0.0)


def test_two_processes_together_grant_no_more_than_the_limit(
    tmp_path: Path, redis_url: str
) -> None:
    granted = crowds(tmp_path, redis_url)
    for way in WAYS:
        assert sum(one[way] for one in granted) == 20, way


def test_without_redis_two_processes_together_grant_no_more_than_the_limit(tmp_path: Path) -> None:
    granted = crowds(tmp_path, f"unix://{tmp_path}/nobody")
    for way in WAYS:
        # Each process finds out by its first request, which counts under the whole limit.
        assert 20 <= sum(one[way] for one in granted) <= 22, way
    assert all(one["seconds"] < 2 for one in granted)


def test_a_redis_that_hangs_costs_one_short_wait(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent"))
        silent.listen()
        (granted,) = crowds(tmp_path, f"unix://{tmp_path}/silent", processes=1)
    assert granted["seconds"] < 2


def test_a_redis_that_comes_back_counts_again(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_cache, "RETRY_SECONDS", 0.0)
    away, there = SharedCache("unix:///nowhere", {}), SharedCache(redis_url, {})
    monkeypatch.setattr(shared_cache, "cache", away)
    assert (counted("one", 60), share_of(20)) == (1, 10)
    monkeypatch.setattr(shared_cache, "cache", there)
    assert (counted("one", 60), share_of(20)) == (1, 20)
    assert (counted("one", 60), share_of(20)) == (2, 20)


def test_every_verb_works_with_and_without_redis(redis_url: str) -> None:
    for url in (redis_url, "unix:///nowhere"):
        cache = SharedCache(url, {})
        cache.clear()
        assert cache.add("times", [1.5, 2], 60)
        assert not cache.add("times", [], 60)
        assert cache.get("times") == [1.5, 2]
        assert cache.touch("times", 60)
        assert cache.delete("times")
        assert cache.get("times", "none") == "none"
        cache.set("number", 1, 60)
        assert cache.incr("number") == 2


def test_what_is_stored_in_redis_is_no_code(redis_url: str) -> None:
    cache = SharedCache(redis_url, {})
    with pytest.raises(TypeError):
        cache.set("anything", object(), 60)


def test_a_share_of_a_rate_is_never_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = SharedRates({"reset_password": "20/m/ip,5/m/key", "confirm_email": "1/180s/key"})
    assert dict(rates)["reset_password"] == "20/m/ip,5/m/key"
    monkeypatch.setattr(shared_cache._Redis, "is_away", True)
    assert dict(rates) == {"reset_password": "10/m/ip,2/m/key", "confirm_email": "1/180s/key"}
