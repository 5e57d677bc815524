"""Cached boards: the same for all who may see the same, and never stale."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.actions import apply
from podium.challenges.definition import definition_of
from podium.challenges.models import Challenge, Task, Track
from podium.standings.actions import refresh
from podium.standings.visible import visible_revision
from podium.submissions.actions import describe, withdraw
from podium.submissions.models import Evaluation
from podium.teams.actions import disqualify, reinstate, rename
from podium.teams.models import Team
from podium.web.board.cache import (
    board_key,
    cached_html,
)
from tests.site import factories
from tests.site.factories import reveal

Scored = Callable[..., Evaluation]


@pytest.fixture
def score(matching_task: Task) -> Scored:
    def give(team: Team, public: float, private: float = 0.5) -> Evaluation:
        submission = factories.make_submission(team, matching_task)
        evaluation = factories.make_evaluation(submission, public=public, private=private)
        refresh(matching_task, team)
        return evaluation

    return give


def key(of: Task | Track, *, organizer: bool = False, part: str | None = None) -> Any:
    """Return the key of what is shown now, read from the database; None for nothing."""
    subject: Any = type(of).objects.get(pk=of.pk)
    shown = visible_revision(subject, organizer=organizer, at=None, part=part)
    return shown and board_key(subject, shown, organizer=organizer)


def move(challenge: Challenge, **times: Any) -> None:
    """Give the challenge other times, in order, without asking anybody."""
    Challenge.objects.filter(pk=challenge.pk).update(**times)
    challenge.refresh_from_db()


def end(challenge: Challenge) -> None:
    """Let the reveal be an hour ago."""
    past = timezone.now() - timedelta(hours=1)
    move(challenge, team_freeze_at=past, closes_at=past, reveal_at=past)


def test_only_a_score_changes_the_key(
    matching_task: Task, challenge: Challenge, team: Team, score: Scored
) -> None:
    score(factories.make_team(challenge, "Baseline", baseline="trivial"), 0.1)
    score(team, 0.5)
    for subject in (matching_task, matching_task.track):
        before = key(subject)
        assert key(subject) == before
        score(team, 0.4)  # one more attempt
        assert key(subject) != before


def test_every_change_of_what_a_board_shows_changes_the_key(
    matching_task: Task, team: Team, score: Scored, alice: User, olga: User
) -> None:
    rival = factories.make_team(matching_task.challenge, "Rival", factories.make_user("rita"))
    evaluation = score(team, 0.5)
    score(rival, 0.6)
    keys = [key(matching_task)]
    rename(team=team, name="Omega", by=alice)
    keys.append(key(matching_task))
    describe(submission=evaluation.submission, method="Boosted trees", by=alice)
    keys.append(key(matching_task))
    withdraw(submission=evaluation.submission, by=alice)
    keys.append(key(matching_task))
    disqualify(team=rival, reason="Two accounts.", by=olga)
    keys.append(key(matching_task))
    assert len(set(keys)) == len(keys)


def test_a_changed_task_changes_the_key_of_its_tracks_board(
    matching_task: Task, team: Team, score: Scored
) -> None:
    score(factories.make_team(matching_task.challenge, "Baseline", baseline="trivial"), 0.1)
    score(team, 0.5)
    before = key(matching_task.track)
    task = {"slug": matching_task.slug, "title": "Another title"}
    part = {"slug": "cup", "tracks": [{"kind": "matching", "tasks": [task]}]}
    apply(definition=definition_of(part))
    assert key(matching_task.track) != before


def freeze(task: Task) -> None:
    """Let the board be frozen as it was two days ago."""
    task.boards.get().revisions.update(at=timezone.now() - timedelta(days=2))
    soon = timezone.now() + timedelta(hours=1)
    move(task.challenge, team_freeze_at=soon, closes_at=soon, freeze_hours=24)


def test_a_disqualification_changes_the_key_of_a_frozen_board(
    matching_task: Task, team: Team, score: Scored, olga: User
) -> None:
    score(team, 0.5)
    freeze(matching_task)
    keys = [key(matching_task)]
    disqualify(team=team, reason="Two accounts.", by=olga)
    keys.append(key(matching_task))
    reinstate(team=team, reason="It was a mistake.", by=olga)
    keys.append(key(matching_task))
    assert len(set(keys)) == len(keys)


def test_a_study_changes_the_key(matching_task: Task, team: Team, score: Scored) -> None:
    score(team, 0.5)
    before = key(matching_task)
    matching_task.boards.get().revisions.update(studied_at=timezone.now())
    assert key(matching_task) != before


def test_during_the_freeze_a_score_changes_the_key_of_organizers_only(
    matching_task: Task, team: Team, score: Scored
) -> None:
    score(team, 0.5)
    freeze(matching_task)
    before, seen = key(matching_task), key(matching_task, organizer=True)
    score(team, 0.9)
    assert key(matching_task) == before
    assert key(matching_task, organizer=True) != seen


def test_before_the_reveal_nothing_private_changes_the_key(
    matching_task: Task, team: Team, score: Scored
) -> None:
    score(team, 0.5)
    end(matching_task.challenge)
    reveal(matching_task.challenge)
    assert key(matching_task, part="public") != key(matching_task)
    private = matching_task.boards.get(part="private")
    # Moved to later: the private board exists, but nobody may know of it or of its changes.
    soon = timezone.now() + timedelta(hours=1)
    move(matching_task.challenge, closes_at=soon, reveal_at=soon)
    before = key(matching_task)
    private.revisions.update(studied_at=timezone.now(), number=7)
    type(private).objects.filter(pk=private.pk).update(revision=7)
    assert key(matching_task) == key(matching_task, part="private") == before


def test_the_key_of_a_private_board_changes_with_the_public_one_that_it_is_compared_with(
    matching_task: Task, team: Team, score: Scored
) -> None:
    score(team, 0.5)
    end(matching_task.challenge)
    reveal(matching_task.challenge)
    before = key(matching_task)
    board = matching_task.boards.get(part="public")
    board.revisions.create(number=board.revision + 1, at=timezone.now())
    type(board).objects.filter(pk=board.pk).update(revision=board.revision + 1)
    assert key(matching_task) != before


def test_html_is_made_once_for_each_key_and_state() -> None:
    made = []

    def make() -> str:
        made.append(1)
        return f"body {len(made)}"

    assert cached_html((1,), "", make) == cached_html((1,), "", make) == "body 1"
    assert cached_html((1,), "sort=name", make) == "body 2"
    assert cached_html((2,), "", make) == "body 3"
    assert cached_html(None, "", make) != cached_html(None, "", make)


ADDRESSES = ("/c/cup/tasks/matching-task/board/", "/c/cup/tracks/matching/")


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_unchanged_page_is_not_sent_again(
    client_of: Callable[[str], Client], team: Team, score: Scored, address: str
) -> None:
    score(factories.make_team(team.challenge, "Baseline", baseline="trivial"), 0.1)
    score(team, 0.5)
    reader = client_of("anonymous")
    first = reader.get(address)
    assert first["Cache-Control"] == "no-cache"
    assert {"Cookie", "HX-Request"} <= set(first["Vary"].split(", "))
    again = reader.get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    score(team, 0.6)
    assert reader.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("name", ["anonymous", "alice", "charlie", "olga"])
def test_a_change_is_on_the_next_page_of_every_reader(
    client_of: Callable[[str], Client],
    challenge: Challenge,
    team: Team,
    score: Scored,
    address: str,
    name: str,
) -> None:
    score(factories.make_team(challenge, "Baseline", baseline="trivial"), 0.1)
    score(team, 0.5)
    reader = client_of(name)

    def shows(rival: str) -> list[bool]:
        return [rival in reader.get(address).content.decode() for _ in range(2)]

    assert not any(shows("Rivals"))
    rival = factories.make_team(challenge, "Rivals", factories.make_user("rita"))
    score(rival, 0.6)
    assert all(shows("Rivals"))
    owner = factories.make_user("otto")
    factories.make_organizer(challenge, owner)
    disqualify(team=rival, reason="Two accounts.", by=owner)
    assert not any(shows("Rivals"))


def test_a_cached_page_costs_few_queries(
    client_of: Callable[[str], Client], team: Team, score: Scored
) -> None:
    score(team, 0.5)
    reader = client_of("anonymous")
    reader.get(ADDRESSES[0])
    with CaptureQueriesContext(connection) as queries:
        reader.get(ADDRESSES[0])
    assert not [query for query in queries if "standings_standing" in query["sql"]]


def test_what_is_cached_has_no_row_of_the_reader_who_came_first(
    client_of: Callable[[str], Client], team: Team, score: Scored
) -> None:
    score(team, 0.5)
    assert "your team" in client_of("alice").get(ADDRESSES[0]).content.decode()
    page = client_of("anonymous").get(ADDRESSES[0])
    assert "your team" not in page.content.decode()
    assert not page.cookies
    # The CSRF secret is in the cookie; in a page it would be masked, as 64 characters.
    assert not re.search(r"\b[0-9A-Za-z]{64}\b", page.content.decode())


@pytest.mark.parametrize("name", ["alice", "olga"])
def test_signed_in_readers_get_a_page_of_their_own(
    client_of: Callable[[str], Client], team: Team, score: Scored, name: str
) -> None:
    score(team, 0.5)
    public = client_of("anonymous").get(ADDRESSES[0])
    own = client_of(name).get(ADDRESSES[0], headers={"if-none-match": public["ETag"]})
    assert own.status_code == 200
    assert "Cookie" in own["Vary"]


def test_a_page_moves_to_the_private_board_at_the_reveal_and_back_with_its_time(
    client_of: Callable[[str], Client], matching_task: Task, team: Team, score: Scored
) -> None:
    score(team, 0.5, private=0.123456)
    reader = client_of("anonymous")
    public = reader.get(ADDRESSES[0])
    assert "0.12" not in public.content.decode()
    end(matching_task.challenge)
    reveal(matching_task.challenge)
    private = reader.get(ADDRESSES[0], headers={"if-none-match": public["ETag"]})
    assert "0.1235" in private.content.decode()
    soon = timezone.now() + timedelta(hours=1)
    move(matching_task.challenge, closes_at=soon, reveal_at=soon)
    back = reader.get(ADDRESSES[0], headers={"if-none-match": private["ETag"]})
    assert back.status_code == 200
    assert "0.1234" not in back.content.decode()
