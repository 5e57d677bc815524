"""A task with real files, and a scorer that is shared by this worker's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.challenges.models import Challenge, Task
from scoring.runner import Scorer
from tests.site.pets import make_pets_task


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


@pytest.fixture(scope="session")
def scorer() -> Iterator[Scorer]:
    with Scorer() as shared:
        yield shared
