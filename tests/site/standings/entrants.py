"""Teams with real files on the board of the pets task: what studies and comparisons are made of."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from podium.challenges.models import Challenge, Task
from podium.submissions.models import Submission
from podium.teams.models import Team
from scoring.runner import Scorer
from tests.site import factories
from tests.site.factories import reveal
from tests.site.pets import make_pets_task, predictions
from tests.site.submissions.rescores import scored_submission

Enter = Callable[..., Submission]


@dataclass(frozen=True)
class Six:
    """Four teams and two baselines on the board of the task: the submission of each."""

    task: Task
    submissions: dict[str, Submission]


@pytest.fixture(scope="module")
def kept_six(module_site: Path, scorer: Scorer) -> Six:
    """What `six` is for each test of the module."""
    folder = module_site / "pets"
    task = make_pets_task(factories.make_challenge("six"), folder, in_flight_limit=9)
    enter = entering(task, scorer, folder)
    return Six(
        task,
        {
            "One": enter("One", 1, 9),
            "Two": enter("Two", 2, 2),
            "Three": enter("Three", 12, 1),
            "Four": enter("Four", 20, 60),
            "AutoGluon": enter("AutoGluon", 7, 5, baseline="autogluon"),
            "Trivial": enter("Trivial", 25, 55, baseline="trivial"),
        },
    )


@pytest.fixture
def six(kept_six: Six, db: None) -> Six:
    return deepcopy(kept_six)


@pytest.fixture
def pets(six: Six) -> Task:
    return six.task


@pytest.fixture
def challenge(six: Six) -> Challenge:
    return six.task.challenge


@pytest.fixture
def entered(six: Six) -> dict[str, Submission]:
    return six.submissions


@pytest.fixture
def enter(pets: Task, scorer: Scorer, tmp_path: Path) -> Enter:
    return entering(pets, scorer, tmp_path)


def entering(task: Task, scorer: Scorer, folder: Path) -> Enter:
    """A function that scores a file with this many errors, of a team that is made if it is new."""

    def give(name: str, wrong: int = 0, wrong_private: int = 0, baseline: str = "") -> Submission:
        team = Team.objects.filter(challenge=task.challenge, name=name).first()
        if team is None:
            people = [] if baseline else [factories.make_user(name.lower())]
            team = factories.make_team(task.challenge, name, *people, baseline=baseline)
        file = predictions(task, folder, wrong=wrong, wrong_private=wrong_private)
        return scored_submission(team, task, file, scorer)

    return give


def reveal_now(challenge: Challenge) -> None:
    """Let the time of the reveal come, and make the private boards."""
    past = timezone.now() - timedelta(days=2)
    Challenge.objects.filter(pk=challenge.pk).update(
        team_freeze_at=past, closes_at=past, reveal_at=timezone.now()
    )
    challenge.refresh_from_db()
    assert reveal(challenge)
