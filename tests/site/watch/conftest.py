"""A site where all is well, its people, and an https server for webhooks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from podium import workers
from podium.accounts.models import User
from podium.challenges.models import Challenge, Role
from tests.site import factories
from tests.site.notices.conftest import confirm
from tests.site.watch.receiver import Receiver, start, take

ALL = workers.Worker("all@here", ("scoring", "control"), pid=7, concurrency=2)
Clock = Any


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _all_is_well(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    """Everything runs; tests take away what they test."""
    monkeypatch.setattr(workers, "workers_alive", lambda: [ALL])
    for seen in ("beat_seen_at", "watch_seen_at"):
        monkeypatch.setattr(workers, seen, lambda: datetime.now(UTC))
    set_free_disk(monkeypatch, 0.5)
    settings.VAR = tmp_path


def set_free_disk(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    usage = SimpleNamespace(total=1_000_000_000, free=int(1_000_000_000 * share))
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)


@pytest.fixture
def mia(challenge: Challenge) -> User:
    """Manages the challenge."""
    user = factories.make_user("mia")
    factories.make_organizer(challenge, user, Role.MANAGER)
    return user


@pytest.fixture
def people(olga: User, mia: User, viktor: User, alice: User, charlie: User) -> None:
    """An owner, a manager, a viewer, a member and somebody else, all with confirmed addresses."""
    confirm(olga, mia, viktor, alice, charlie)


@pytest.fixture(scope="session")
def _receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    receiver = start(tmp_path_factory.mktemp("certificates"))
    yield receiver
    receiver.stop()


@pytest.fixture
def receiver(_receiver: Receiver) -> Iterator[Receiver]:
    """An https server that takes everything, unless its answer is changed."""
    _receiver.requests.clear()
    _receiver.is_over.clear()
    _receiver.answer = take
    yield _receiver
    _receiver.is_over.set()
