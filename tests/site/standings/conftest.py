"""Teams with scores: what the boards are made of, without files."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from podium.challenges.models import Challenge, Task
from podium.standings.actions import on_evaluation_stored
from podium.submissions.models import Evaluation
from podium.teams.models import Team
from tests.site import factories
from tests.site.submissions.conftest import scorer

__all__ = ["scorer"]
Scored = Callable[..., Evaluation]


@pytest.fixture
def scored() -> Scored:
    """A function that gives a team a scored submission and puts it on the boards."""

    def give(team: Team, task: Task, public: float, *, private: float = 0.5, **fields: Any) -> Any:
        minutes = fields.pop("minutes_ago", 0)
        received = timezone.now() - timedelta(minutes=minutes)
        submission = factories.make_submission(team, task, received_at=received, **fields)
        evaluation = factories.make_evaluation(submission, public=public, private=private)
        on_evaluation_stored(evaluation)
        return evaluation

    return give


@pytest.fixture
def teams(challenge: Challenge) -> Callable[[str], list[Team]]:
    """A function that returns teams of one with these one-word names."""

    def make(names: str) -> list[Team]:
        return [
            factories.make_team(challenge, name, factories.make_user(f"of-{name.lower()}"))
            for name in names.split()
        ]

    return make
