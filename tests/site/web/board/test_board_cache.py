"""Kept boards: the same for all who may see the same, and never stale."""

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.standings.actions import refresh
from podium.standings.reveal import reveal
from podium.submissions.actions import describe, withdraw
from podium.submissions.models import Evaluation
from podium.teams.actions import disqualify, reinstate, rename
from podium.teams.models import Team
from podium.web.board import cache as board_cache
from podium.web.board.cache import (
    BoardKey,
    anonymous_page,
    board_key,
    cached_body,
    is_anonymous,
)
from tests.site import factories

Scored = Callable[..., Evaluation]


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_cache, "_bodies", board_cache._Bodies(1_000_000))


@pytest.fixture
def score(matching_task: Task) -> Scored:
    def give(team: Team, public: float, private: float = 0.5) -> Evaluation:
        submission = factories.make_submission(team, matching_task)
        evaluation = factories.make_evaluation(submission, public=public, private=private)
        refresh(matching_task, team)
        return evaluation

    return give


def key(**options: Any) -> BoardKey:
    found = board_key("cup", **{"task": "matching-task", **options})
    assert found is not None
    return found


def move(challenge: Challenge, **times: Any) -> None:
    """Give the challenge other times, in order, without asking anybody."""
    Challenge.objects.filter(pk=challenge.pk).update(**times)
    challenge.refresh_from_db()


def end(challenge: Challenge) -> None:
    """Let the reveal be an hour ago."""
    past = timezone.now() - timedelta(hours=1)
    move(challenge, team_freeze_at=past, closes_at=past, reveal_at=past)


def test_a_key_costs_one_query_and_two_during_the_freeze(
    matching_task: Task, team: Team, score: Scored
) -> None:
    score(team, 0.5)
    with CaptureQueriesContext(connection) as queries:
        key()
    assert len(queries) == 1
    move(matching_task.challenge, freeze_hours=24 * 365)
    with CaptureQueriesContext(connection) as queries:
        key()
    assert len(queries) == 2


@pytest.mark.parametrize("of", [{"task": "matching-task"}, {"task": "", "track": "matching"}])
def test_a_score_makes_another_key_at_once_and_nothing_else_does(
    challenge: Challenge, team: Team, score: Scored, of: dict[str, str]
) -> None:
    score(factories.make_team(challenge, "Baseline", baseline="trivial"), 0.1)
    score(team, 0.5)
    before = key(**of)
    assert key(**of) == before
    score(team, 0.4)  # one more attempt
    after = key(**of)
    assert after.revision > before.revision
    assert after.etag != before.etag


def test_a_board_without_a_row_and_a_draft_have_no_key(
    matching_task: Task, team: Team, score: Scored
) -> None:
    assert board_key("cup", task="matching-task") is None
    score(team, 0.5)
    later = timezone.now() + timedelta(days=1)
    move(matching_task.challenge, announced_at=later, opens_at=later)
    assert board_key("cup", task="matching-task") is None
    assert board_key("cup", task="matching-task", organizer=True) is not None
    assert board_key("another", task="matching-task") is None


def test_what_changes_a_board_without_a_score_makes_another_key(
    matching_task: Task, team: Team, score: Scored, alice: User, olga: User
) -> None:
    rival = factories.make_team(matching_task.challenge, "Rival", factories.make_user("rita"))
    evaluation = score(team, 0.5)
    score(rival, 0.6)
    keys = [key()]
    rename(team=team, name="Omega", by=alice)
    keys.append(key())
    move(matching_task.challenge, reveal_at=matching_task.challenge.reveal_at + timedelta(hours=1))
    keys.append(key())
    Task.objects.update(title="Another title")
    keys.append(key())
    describe(submission=evaluation.submission, method="Boosted trees", by=alice)
    keys.append(key())
    withdraw(submission=evaluation.submission, by=alice)
    keys.append(key())
    disqualify(team=rival, reason="Two accounts.", by=olga)
    keys.append(key())
    assert len({each.etag for each in keys}) == len(keys)


def test_what_an_organizer_changes_in_tasks_makes_another_key_of_the_tracks_board(
    matching_task: Task, team: Team, score: Scored, admin_client: Client
) -> None:
    score(factories.make_team(matching_task.challenge, "Baseline", baseline="trivial"), 0.1)
    score(team, 0.5)
    before = board_key("cup", track="matching")
    page = reverse("admin:challenges_task_change", args=[matching_task.pk])
    form = admin_client.get(page).context["adminform"].form
    given = {name: form[name].value() for name in form.fields}
    typed = {name: value for name, value in given.items() if value is not None}
    typed["title"] = "Another title"
    assert admin_client.post(page, typed).status_code == 302
    after = board_key("cup", track="matching")
    assert before
    assert after
    assert after.etag != before.etag


def test_who_is_disqualified_is_told_beside_a_name_on_a_frozen_board_at_once(
    matching_task: Task, team: Team, score: Scored, olga: User
) -> None:
    score(team, 0.5)
    matching_task.boards.get().revisions.update(at=timezone.now() - timedelta(days=2))
    soon = timezone.now() + timedelta(hours=1)
    move(matching_task.challenge, team_freeze_at=soon, closes_at=soon, freeze_hours=24)
    keys = [key()]
    disqualify(team=team, reason="Two accounts.", by=olga)
    keys.append(key())
    reinstate(team=team, by=olga)
    keys.append(key())
    assert len({each.etag for each in keys}) == len(keys)


def test_a_study_makes_another_key(matching_task: Task, team: Team, score: Scored) -> None:
    score(team, 0.5)
    before = key()
    matching_task.boards.get().revisions.update(studied_at=timezone.now())
    assert key().etag != before.etag


def test_during_the_freeze_no_score_of_others_moves_the_key(
    matching_task: Task, team: Team, score: Scored
) -> None:
    score(team, 0.5)
    matching_task.boards.get().revisions.update(at=timezone.now() - timedelta(days=2))
    soon = timezone.now() + timedelta(hours=1)
    move(matching_task.challenge, team_freeze_at=soon, closes_at=soon, freeze_hours=24)
    before, seen = key(), key(organizer=True)
    score(team, 0.9)
    assert key() == before
    assert key(organizer=True).revision == seen.revision + 1


def test_before_the_reveal_nothing_private_moves_the_key(
    matching_task: Task, team: Team, score: Scored
) -> None:
    score(team, 0.5)
    end(matching_task.challenge)
    reveal(matching_task.challenge)
    private = matching_task.boards.get(part="private")
    assert key()[:2] == (private.pk, "private")
    assert key(part="public").part == "public"
    # Moved back: the private board is there, but nobody may know of it or of its changes.
    soon = timezone.now() + timedelta(hours=1)
    move(matching_task.challenge, closes_at=soon, reveal_at=soon)
    before = key()
    private.revisions.update(studied_at=timezone.now(), number=7)
    type(private).objects.filter(pk=private.pk).update(revision=7)
    assert key() == key(part="private") == before
    assert before.part == "public"
    assert str(private.pk) not in repr(before[:1])


def test_the_private_board_changes_with_the_public_one_that_it_is_compared_with(
    matching_task: Task, team: Team, score: Scored
) -> None:
    score(team, 0.5)
    end(matching_task.challenge)
    reveal(matching_task.challenge)
    before = key()
    board = matching_task.boards.get(part="public")
    board.revisions.create(number=board.revision + 1, at=timezone.now())
    type(board).objects.filter(pk=board.pk).update(revision=board.revision + 1)
    assert key().etag != before.etag


def test_a_body_is_made_once_for_each_key(team: Team, score: Scored) -> None:
    made = []

    def make() -> str:
        made.append(1)
        return f"body {len(made)}"

    score(team, 0.5)
    assert cached_body(key(), make) == cached_body(key(), make) == "body 1"
    assert cached_body(key(state="sort=name"), make) == "body 2"
    score(team, 0.6)
    assert cached_body(key(), make) == "body 3"


def test_what_was_not_asked_for_the_longest_goes_when_the_memory_is_full() -> None:
    kept = board_cache._Bodies(100)
    first, second, third = (BoardKey(n, *("x",) * 9) for n in range(3))  # type: ignore[arg-type]
    kept.put(first, b"a" * 40)
    kept.put(second, b"b" * 40)
    assert kept.get(first) is not None
    kept.put(third, b"c" * 40)
    assert kept.get(second) is None
    assert kept.get(first) is not None
    kept.put(second, b"d" * 101)
    assert [kept.get(each) for each in (first, second, third)] == [None, None, None]


@pytest.fixture
def ask(team: Team, score: Scored) -> Callable[..., HttpResponse]:
    """A function that answers a request to the page of a board with one score."""
    score(team, 0.5)

    def answer(path: str = "/board/", **headers: str) -> HttpResponse:
        request = RequestFactory().get(path, headers=headers)
        made = {"title": f"revision {key().revision}", "status": 404}
        return anonymous_page(request, key(), "404.html", lambda: made)

    return answer


def test_an_unchanged_page_is_not_sent_again(
    ask: Callable[..., HttpResponse], team: Team, score: Scored
) -> None:
    first = ask()
    assert first["Cache-Control"] == "no-cache"
    assert {"Cookie", "Accept-Encoding"} <= set(first["Vary"].split(", "))
    again = ask(if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    score(team, 0.6)
    assert ask(if_none_match=first["ETag"]).status_code == 200


def test_a_page_is_the_same_packed(ask: Callable[..., HttpResponse]) -> None:
    packed = ask(accept_encoding="gzip, br")
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == ask().content


@pytest.mark.parametrize(
    ("cookie", "anonymous"), [("", True), ("csrftoken=x", True), ("messages=x", False)]
)
def test_who_has_no_session_and_no_messages_is_anonymous(cookie: str, anonymous: bool) -> None:
    request = RequestFactory().get("/", headers={"cookie": cookie})
    assert is_anonymous(request) is anonymous


def test_who_has_a_session_is_not_anonymous(settings: Any) -> None:
    request = RequestFactory().get("/", headers={"cookie": f"{settings.SESSION_COOKIE_NAME}=x"})
    assert not is_anonymous(request)
    assert not is_anonymous(RequestFactory().get("/", headers={"hx-request": "true"}))


ADDRESSES = ("/c/cup/tasks/matching-task/board/", "/c/cup/tracks/matching/")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("name", ["anonymous", "alice", "charlie", "olga"])
def test_whoever_asks_any_process_after_a_score_sees_it(
    monkeypatch: pytest.MonkeyPatch,
    client_of: Callable[[str], Client],
    challenge: Challenge,
    team: Team,
    score: Scored,
    address: str,
    name: str,
) -> None:
    score(factories.make_team(challenge, "Baseline", baseline="trivial"), 0.1)
    score(team, 0.5)
    reader, processes = client_of(name), [board_cache._Bodies(1_000_000) for _ in range(2)]

    def seen(process: board_cache._Bodies) -> str:
        monkeypatch.setattr(board_cache, "_bodies", process)
        answer = reader.get(address)
        assert answer.status_code == 200
        return answer.content.decode()

    def shows(rival: str) -> list[bool]:
        # Twice each: what the first request kept is what the second one gets.
        return [rival in seen(process) for process in (*processes, *processes)]

    assert not any(shows("Rivals"))
    rival = factories.make_team(challenge, "Rivals", factories.make_user("rita"))
    score(rival, 0.6)
    assert all(shows("Rivals"))
    disqualify(team=rival, reason="Two accounts.", by=owner_of(challenge))
    assert not any(shows("Rivals"))


def owner_of(challenge: Challenge) -> User:
    """Return an owner of the challenge who looks at nothing."""
    owner = factories.make_user("otto")
    factories.make_organizer(challenge, owner)
    return owner


def test_the_kept_page_has_nothing_of_the_reader_who_came_first(
    client_of: Callable[[str], Client], team: Team, score: Scored
) -> None:
    score(team, 0.5)
    page = client_of("anonymous").get(ADDRESSES[0])
    assert not page.cookies
    # In the cookie stands the secret itself; in a page it would be masked, as 64 signs.
    assert not re.search(r"\b[0-9A-Za-z]{64}\b", page.content.decode())
    again = client_of("anonymous").get(ADDRESSES[0])
    assert again.content == page.content
    assert again["ETag"] == page["ETag"]
    assert not again.cookies


@pytest.mark.parametrize("name", ["alice", "olga"])
def test_who_is_signed_in_gets_a_page_of_their_own(
    client_of: Callable[[str], Client], team: Team, score: Scored, name: str
) -> None:
    score(team, 0.5)
    kept = client_of("anonymous").get(ADDRESSES[0])
    own = client_of(name).get(ADDRESSES[0], headers={"if-none-match": kept["ETag"]})
    assert own.status_code == 200
    assert "ETag" not in own.headers
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
    assert "0.12346" in private.content.decode()
    soon = timezone.now() + timedelta(hours=1)
    move(matching_task.challenge, closes_at=soon, reveal_at=soon)
    back = reader.get(ADDRESSES[0], headers={"if-none-match": private["ETag"]})
    assert back.status_code == 200
    assert "0.1234" not in back.content.decode()


def test_a_form_on_a_kept_page_has_no_token_of_anybody(team: Team, score: Scored) -> None:
    score(team, 0.5)
    request = RequestFactory().get("/", headers={"cookie": "csrftoken=" + 32 * "x"})
    page = anonymous_page(request, key(), "account/logout.html", dict)
    assert 'method="post"' in page.content.decode()
    assert "csrfmiddlewaretoken" not in page.content.decode()
    assert "CSRF_COOKIE" not in request.META
