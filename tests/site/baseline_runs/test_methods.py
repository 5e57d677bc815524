"""A method that starts from pretrained networks is offered only where the site has some."""

from pathlib import Path

import pytest
from pytest_django import Settings

from baselines.registry import METHODS
from podium.baseline_runs import training
from podium.baseline_runs.actions import CannotStart, start
from podium.baseline_runs.methods import offered
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Challenge, Task
from podium.web.console.baselines.forms import SeriesForm
from tests.site.pets import make_pets_task

METHOD = "autogluon-multimodal"


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


def choices(challenge: Challenge) -> set[str]:
    return {name for name, _ in SeriesForm(None, challenge).fields["method"].choices}


def test_without_networks_it_is_not_offered_and_says_what_to_set(
    pets: Task, settings: Settings
) -> None:
    assert set(METHODS) - set(offered()) == {METHOD} == set(METHODS) - choices(pets.challenge)
    with pytest.raises(CannotStart, match="set PODIUM_TEXT_BACKBONE or PODIUM_IMAGE_BACKBONE"):
        start(task=pets, method=METHOD)


@pytest.mark.parametrize("setting", ["TEXT_BACKBONE", "IMAGE_BACKBONE"])
def test_with_either_network_it_is_offered(pets: Task, settings: Settings, setting: str) -> None:
    setattr(settings, setting, "/srv/networks/one")
    assert set(offered()) == set(METHODS) == choices(pets.challenge)


def test_it_gets_the_networks_and_no_other_method_does(pets: Task, settings: Settings) -> None:
    settings.TEXT_BACKBONE = "/srv/networks/text"
    settings.IMAGE_BACKBONE = "/srv/networks/image"
    runs = [BaselineRun.claim(start(task=pets, method=name).pk) for name in (METHOD, "trivial")]
    with_networks, without = (" ".join(training._command(run, Path("out"))) for run in runs if run)
    asked = "--text-backbone /srv/networks/text --image-backbone /srv/networks/image"
    assert asked in with_networks
    assert "backbone" not in without


def test_a_worker_without_the_extra_says_what_to_install(pets: Task, settings: Settings) -> None:
    settings.TEXT_BACKBONE = "/srv/networks/text"
    run = BaselineRun.claim(start(task=pets, method=METHOD).pk)
    assert run is not None
    training.train(run)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "needs the extra `multimodal`" in run.message
    assert "requirements-multimodal.lock" in run.message
