"""Permissions in the console of a challenge: every address, every kind of reader."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Role, Task
from podium.submissions.models import State
from podium.teams.models import Team
from podium.web.console import urls
from tests.site import factories

PEOPLE = ("anonymous", "charlie", "bob", "alice", "oscar", "viktor", "mia", "olga", "sam")
STRANGERS = (302, 404, 404, 404, 404)
# name: method, then what anonymous, Charlie, Bob (a member), Alice (his captain), Oscar (an owner
# of another challenge), Viktor (a viewer), Mia (a manager), Olga (an owner) and Sam (staff) get.
TABLE: dict[str, tuple[str, tuple[int, ...]]] = {
    "console": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-task": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-teams": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-messages": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-teams-file": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-submission": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-retry": ("post", (*STRANGERS, 403, 302, 302, 404)),
    "console-baselines": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-restart": ("post", (*STRANGERS, 403, 302, 302, 404)),
    "console-cancel": ("post", (*STRANGERS, 403, 302, 302, 404)),
    "console-rescore": ("post", (*STRANGERS, 403, 422, 422, 404)),
    "console-labels": ("get", (*STRANGERS, 403, 403, 200, 404)),
    "console-labels-send": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-labels-act": ("post", (*STRANGERS, 403, 403, 302, 404)),
    "console-announcements": ("get", (*STRANGERS, 403, 200, 200, 404)),
    "console-new-announcement": ("post", (*STRANGERS, 403, 422, 422, 404)),
    "console-announcement": ("post", (*STRANGERS, 403, 422, 422, 404)),
    "console-take-back": ("get", (*STRANGERS, 403, 200, 200, 404)),
    "console-events": ("get", (*STRANGERS, 403, 200, 200, 404)),
    "console-submissions": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-rule": ("post", (*STRANGERS, 403, 302, 302, 404)),
    "console-readiness": ("get", (*STRANGERS, 403, 200, 200, 404)),
    "console-overrule": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-take-back-overruling": ("post", (*STRANGERS, 403, 403, 302, 404)),
    "console-setup": ("get", (*STRANGERS, 403, 403, 200, 404)),
    "console-export": ("get", (*STRANGERS, 403, 403, 200, 404)),
    "console-sheet": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-track": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-prizes": ("post", (*STRANGERS, 403, 403, 200, 404)),
    "console-new-track": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-setup-task": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-new-task": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-remove": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-remove-task": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-remove-track": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-integrity": ("get", (*STRANGERS, 403, 200, 200, 404)),
    "console-case": ("get", (*STRANGERS, 403, 200, 200, 404)),
    "console-known-file": ("post", (*STRANGERS, 403, 422, 422, 404)),
    "console-private": ("post", (*STRANGERS, 403, 403, 200, 404)),
    "console-winners": ("get", (*STRANGERS, 403, 403, 200, 404)),
    "console-take-back-winners": ("post", (*STRANGERS, 403, 403, 302, 404)),
    "console-eligibility": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-alerts": ("get", (*STRANGERS, 403, 403, 200, 404)),
    "console-alerts-try": ("post", (*STRANGERS, 403, 403, 302, 404)),
    "console-alerts-remove": ("post", (*STRANGERS, 403, 403, 302, 404)),
    "console-rehearsal": ("get", (*STRANGERS, 200, 200, 200, 404)),
    "console-preview": ("post", (*STRANGERS, 200, 200, 200, 404)),
    "console-preview-stop": ("post", (*STRANGERS, 302, 302, 302, 404)),
    "console-archive": ("get", (*STRANGERS, 403, 403, 200, 404)),
    "console-archive-file": ("get", (*STRANGERS, 403, 403, 200, 404)),
    "console-reveal": ("post", (*STRANGERS, 403, 403, 422, 404)),
    "console-reveal-stop": ("post", (*STRANGERS, 403, 403, 302, 404)),
    "console-reveal-resume": ("post", (*STRANGERS, 403, 403, 302, 404)),
}
CASES = [
    (name, method, person, status)
    for name, (method, statuses) in TABLE.items()
    for person, status in zip(PEOPLE, statuses, strict=True)
]


@pytest.fixture
def oscar(db: None) -> User:
    """Owns another challenge."""
    user = factories.make_user("oscar")
    factories.make_organizer(factories.make_challenge("other"), user, Role.OWNER)
    return user


@pytest.fixture
def mia(team: Team) -> User:
    """Manages the challenge."""
    user = factories.make_user("mia")
    factories.make_organizer(team.challenge, user, Role.MANAGER)
    return user


@pytest.fixture
def addresses(team: Team, matching_task: Task) -> dict[str, str]:
    """The address of each route, with something of the challenge in it."""
    slug = team.challenge.slug
    run = BaselineRun.objects.create(
        task=matching_task, method="trivial", state=RunState.FAILED, lease_until=None
    )
    news = team.challenge.announcements.create(title="Open", body="Go.")
    parts: dict[str, list[Any]] = {
        "console-task": [matching_task.slug],
        "console-rescore": [matching_task.slug, "start"],
        "console-labels": [matching_task.slug],
        "console-labels-send": [matching_task.slug],
        "console-labels-act": [
            matching_task.slug,
            factories.make_correction(matching_task).pk,
            "discard",
        ],
        "console-submission": [factories.make_submission(team, matching_task).pk],
        "console-retry": [factories.make_submission(team, matching_task, State.FAILED).pk],
        "console-restart": [run.pk],
        "console-cancel": [run.pk],
        "console-rule": ["teams"],
        "console-messages": [team.slug],
        "console-sheet": ["times"],
        "console-overrule": ["rules"],
        "console-take-back-overruling": ["rules"],
        "console-announcement": [news.pk],
        "console-take-back": [news.pk],
        "console-track": ["matching"],
        "console-prizes": ["matching"],
        "console-setup-task": [matching_task.slug],
        "console-new-task": ["matching"],
        "console-remove-task": [matching_task.slug],
        "console-remove-track": ["matching"],
    }
    parts["console-case"] = [factories.make_case(team, matching_task).pk]
    parts["console-archive-file"] = [factories.make_archive(team.challenge).pk]
    return {name: reverse(name, args=[slug, *parts.get(name, [])]) for name in TABLE}


def test_the_table_lists_every_route() -> None:
    names = {str(pattern.name) for pattern in urls.urlpatterns}
    elsewhere = ("console-dataset", "console-people", "console-person")
    assert {name for name in names if not name.startswith(elsewhere)} == {
        *TABLE,
        "consoles",
        "console-import",
        "console-new",
    }


@pytest.mark.parametrize(("name", "method", "person", "status"), CASES)
def test_each_reader_gets_what_the_table_says(
    addresses: dict[str, str],
    request: pytest.FixtureRequest,
    as_user: Callable[[User | None], Client],
    name: str,
    method: str,
    person: str,
    status: int,
) -> None:
    client = as_user(None if person == "anonymous" else request.getfixturevalue(person))
    answer = getattr(client, method)(addresses[name])
    if answer.streaming:
        assert b"".join(answer.streaming_content)  # which closes the file
    assert answer.status_code == status


# Pages that show a form, and what it changes, before anything is done.
PLANNED = {
    *("console-sheet", "console-track", "console-new-track", "console-setup-task"),
    *("console-overrule", "console-new-task", "console-announcement", "console-new-announcement"),
    *("console-private", "console-remove", "console-remove-task", "console-remove-track"),
    "console-prizes",
    "console-preview",
}
ACTS = [name for name, (method, _) in TABLE.items() if method == "post" and name not in PLANNED]


@pytest.mark.parametrize("name", ACTS)
def test_nothing_is_done_by_following_a_link(
    addresses: dict[str, str], as_user: Callable[[User | None], Client], olga: User, name: str
) -> None:
    assert as_user(olga).get(addresses[name]).status_code == 405
