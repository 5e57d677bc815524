"""A challenge that was played for real: two tasks on the pets, teams and baselines, all scored."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from podium.analysis import studies
from podium.challenges.models import Challenge, Task, Track
from podium.standings.models import Board
from podium.submissions.models import Submission
from podium.uploads.receiving import Upload
from scoring.runner import Scorer
from tests.site import factories
from tests.site.factories import reveal
from tests.site.pets import make_pets_task, predictions
from tests.site.submissions.rescores import scored_submission

# name: baseline, wrong public and private rows in the first task, in the second; None: not entered.
ENTRIES: dict[str, tuple[str, tuple[int, int], tuple[int, int] | None]] = {
    "Trivial": ("trivial", (20, 40), (18, 42)),
    "AutoGluon": ("autogluon", (4, 9), (5, 11)),
    "Ann": ("", (1, 3), (2, 7)),
    "Ben": ("", (3, 2), (1, 8)),
    "Cem": ("", (3, 7), None),
    "Dora": ("", (12, 25), (9, 3)),
}


@dataclass(frozen=True)
class Played:
    """What was played: two tasks of a track, and the submission of each team to the first task.

    Tasks and track are read again each time, as a request does.
    """

    submission_of: dict[str, Submission]

    @property
    def task(self) -> Task:
        return _task("pets")

    @property
    def second(self) -> Task:
        return _task("pets-2")

    @property
    def track(self) -> Track:
        return Track.objects.select_related("challenge").get()

    @property
    def subjects(self) -> list[Task | Track]:
        return [self.task, self.second, self.track]


@pytest.fixture(scope="module")
def kept_played(module_site: Path, scorer: Scorer) -> Played:
    """What `played` is for each test of the module."""
    return play(factories.make_challenge("played"), module_site, scorer)


@pytest.fixture
def played(kept_played: Played, db: None) -> Played:
    """The challenge played, its boards not yet studied."""
    return deepcopy(kept_played)


def play(challenge: Challenge, folder: Path, scorer: Scorer) -> Played:
    """Play the challenge; its boards are not yet studied."""
    task = make_pets_task(challenge, folder / "pets", in_flight_limit=99, daily_limit=99)
    second = Task.objects.get(pk=task.pk)
    second.pk, second.slug, second.title, second.position = None, "pets-2", "More pets", 1
    second.save()
    sent = {}
    for name, (baseline, first, other) in ENTRIES.items():
        people = [] if baseline else [factories.make_user(name.lower())]
        team = factories.make_team(challenge, name, *people, baseline=baseline)
        sent[name] = scored_submission(team, task, _file(task, folder, first), scorer)
        if other is not None:
            scored_submission(team, second, _file(second, folder, other), scorer)
    return Played(sent)


def _task(slug: str) -> Task:
    tasks = Task.objects.select_related(
        "track__challenge", "challenge", "solution", "dataset_version"
    )
    return tasks.get(slug=slug)


def _file(task: Task, folder: Path, wrong: tuple[int, int]) -> Upload:
    return predictions(task, folder, wrong=wrong[0], wrong_private=wrong[1])


def study_all() -> None:
    """Do what workers do for all boards as they are now."""
    for board in Board.objects.values_list("pk", flat=True):
        studies.study(board)


def end(challenge: Challenge) -> None:
    """Move the end of the challenge into the past and make the private boards."""
    now = timezone.now()
    challenge.closes_at = challenge.team_freeze_at = now - timedelta(days=2)
    challenge.reveal_at = now - timedelta(seconds=1)
    challenge.save()
    assert reveal(challenge)
