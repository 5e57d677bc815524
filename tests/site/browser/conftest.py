"""A challenge that was played for real, for pages that a browser then looks at, and its readers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from podium.accounts.models import User
from podium.catalog import tasks
from podium.catalog.actions.profiles import request_profile
from podium.challenges.models import Challenge
from podium.submissions.models import Submission
from podium.teams.models import Membership
from scoring.runner import Scorer
from tests.site.pets import file_with
from tests.site.standings import played
from tests.site.submissions.conftest import scorer
from tests.site.submissions.rescores import scored_submission

__all__ = ["scorer"]


@pytest.fixture
def submission(challenge: Challenge, bob: User, scorer: Scorer, tmp_path: Path) -> Submission:
    """Ann's first one in a challenge that was played; her second one was rejected."""
    of_ann = played.play(challenge, tmp_path, scorer).submission_of["Ann"]
    Membership.objects.create(team=of_ann.team, challenge=challenge, user=bob)
    bad = file_with("id,prediction\np120,cat\np120,unicorn\n", tmp_path)
    scored_submission(of_ann.team, of_ann.task, bad, scorer)
    version = of_ann.task.dataset_version
    request_profile(version)
    tasks.draw_profile(version.profile.pk)
    played.study_all()
    return of_ann


@pytest.fixture
def clients(
    submission: Submission,
    charlie: User,
    olga: User,
    sam: User,
    as_user: Callable[[User | None], Client],
) -> dict[str, Client]:
    """Nobody, somebody without a team, a captain, an organizer and staff, signed in just now."""
    people = {
        "nobody": None,
        "charlie": charlie,
        "ann": submission.team.captain,
        "olga": olga,
        "sam": sam,
    }
    found = {name: as_user(user) for name, user in people.items()}
    for name, client in found.items():
        if people[name]:
            session: Any = client.session
            method = {"method": "password", "at": timezone.now().timestamp()}
            session["account_authentication_methods"] = [method]
            session["account_authentication_methods_user"] = session["_auth_user_id"]
            session.save()
    return found
