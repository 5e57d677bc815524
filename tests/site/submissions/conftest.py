"""A task with real files, and a scorer that is shared by this worker's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.challenges.models import Challenge, Task
from podium.submissions.jobs import rescore_batches, rescoring
from scoring.runner import Scorer
from tests.site.pets import make_pets_task
from tests.site.submissions.rescores import Batches


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


@pytest.fixture(scope="session")
def scorer() -> Iterator[Scorer]:
    with Scorer() as shared:
        yield shared


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Batches:
    """The batches of rescores that wait for a worker."""
    waiting: Batches = []
    monkeypatch.setattr(rescoring, "send", lambda pk, ids: waiting.append((pk, list(ids))))
    monkeypatch.setattr(rescore_batches, "_somebody_waits", lambda: False)
    return waiting
