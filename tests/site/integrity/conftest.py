"""The twelve teams, played once for each module."""

from copy import deepcopy
from pathlib import Path

import pytest

from podium.integrity.models import Look
from scoring.runner import Scorer
from tests.site import factories
from tests.site.integrity.world import World, make_task
from tests.site.submissions.conftest import scorer

__all__ = ["scorer"]


@pytest.fixture(scope="module")
def kept_world(module_site: Path, scorer: Scorer) -> World:
    task = make_task(factories.make_challenge("herd"), module_site / "herd")
    world = World(task, module_site / "herd", scorer)
    world.play_honest()
    world.play_cheats()
    return world


@pytest.fixture
def world(kept_world: World, db: None, tmp_path: Path) -> World:
    played = World(deepcopy(kept_world.task), tmp_path, kept_world.scorer)
    assert Look.objects.get().asked > 0
    return played
