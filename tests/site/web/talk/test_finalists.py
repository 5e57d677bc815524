"""The page of finalists: who is on it, what they write, and what they are asked."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, ShowMembers, Task
from podium.discussions import actions as discussions
from podium.discussions.models import Answer, Question
from podium.refusals import Refused
from podium.standings.actions import on_evaluation_stored
from podium.teams.actions import disqualify
from podium.teams.models import Team
from podium.writeups.models import WriteUpVersion
from tests.site.factories import (
    make_attachment,
    make_challenge,
    make_evaluation,
    make_question,
    make_submission,
    make_team,
    make_user,
    make_writeup,
    reveal_due,
)

pytestmark = pytest.mark.dialect

Clients = Callable[[str], Client]
PAGE = "/c/cup/finalists/"
LIST = "/c/cup/questions/"
# Private scores: two teams share the second rank.
SCORES = {"First": 0.9, "Tied one": 0.8, "Tied two": 0.8, "Fourth": 0.7}
WORDS: dict[str, Any] = {"title": "Which loss?", "body": "I would like to know."}


def html_of(client: Client, url: str = PAGE) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def names(html: str) -> list[tuple[str, str]]:
    return re.findall(r'<h3>(\d)\. <a href="[^"]+">([^<]+)</a>', html)


@pytest.fixture
def played(matching_task: Task) -> Task:
    """The task, to which four teams have submitted, and baselines below and above them."""
    for number, (name, private) in enumerate(SCORES.items()):
        team = make_team(matching_task.challenge, name, make_user(f"of-{number}"))
        _score(team, matching_task, private, f"Method of {name}")
    for name, method, private in (("Baseline", "autogluon", 0.95), ("Trivial", "trivial", 0.1)):
        baseline = make_team(matching_task.challenge, name, baseline=method)
        _score(baseline, matching_task, private, method)
    return matching_task


def _score(team: Team, task: Task, private: float, method: str) -> None:
    submission = make_submission(team, task, method=method)
    # On the public part the order is the other way round.
    on_evaluation_stored(make_evaluation(submission, public=1 - private, private=private))


def reveal(task: Task) -> Challenge:
    now = timezone.now()
    times = {"team_freeze_at": now - timedelta(days=2), "closes_at": now - timedelta(days=1)}
    Challenge.objects.filter(pk=task.challenge_id).update(
        **times, reveal_at=now - timedelta(seconds=1)
    )
    reveal_due()
    return Challenge.objects.get(pk=task.challenge_id)


def team_called(name: str) -> Team:
    return Team.objects.select_related("challenge").get(name=name)


# The finalists -----------------------------------------------------------------------------------


def test_before_the_reveal_it_says_when_and_shows_nobody(
    played: Task, client_of: Clients, olga: User
) -> None:
    for person in ("anonymous", "olga"):
        html = html_of(client_of(person))
        assert "Not decided yet" in html
        assert f"{played.challenge.reveal_at:%Y}" in html
        assert "Until then the boards show the public part." in html
        assert not any(name in html for name in SCORES)


def test_until_the_private_boards_are_there_it_says_that_they_come(
    played: Task, client_of: Clients
) -> None:
    now = timezone.now()
    Challenge.objects.update(
        team_freeze_at=now - timedelta(days=2),
        closes_at=now - timedelta(days=1),
        reveal_at=now - timedelta(seconds=1),
    )
    html = html_of(client_of("anonymous"))
    assert "The final boards come soon" in html
    assert not any(name in html for name in SCORES)


def test_the_first_three_ranks_of_the_final_board_stand_there(
    played: Task, client_of: Clients
) -> None:
    reveal(played)
    html = html_of(client_of("anonymous"))
    assert names(html) == [("1", "First"), ("2", "Tied one"), ("2", "Tied two")]
    assert "Method of First" in html
    assert "of-0@" not in html
    assert "Of-0" in html  # the member
    assert "not published" in html
    assert "Fourth" not in html
    assert "Baseline" not in html


def test_a_disqualified_team_is_no_finalist(played: Task, client_of: Clients, olga: User) -> None:
    reveal(played)
    disqualify(team=team_called("First"), reason="Cheated.", by=olga)
    found = names(html_of(client_of("anonymous")))
    assert found == [("1", "Tied one"), ("1", "Tied two"), ("3", "Fourth")]


def test_members_are_shown_as_the_challenge_says(played: Task, client_of: Clients) -> None:
    reveal(played)
    Challenge.objects.update(show_members=ShowMembers.ORGANIZERS)
    assert "Of-0" not in html_of(client_of("anonymous"))


def test_what_a_finalist_has_published_is_linked_and_no_draft(
    played: Task, client_of: Clients
) -> None:
    challenge = reveal(played)
    track = challenge.tracks.get()
    writeup = make_writeup(team_called("First"), track, title="Open words")
    slides = make_attachment(writeup)
    WriteUpVersion.objects.filter(writeup=writeup).update(slides=slides)
    make_writeup(team_called("First"), track, title="Draft words")
    assert "Open words" not in html_of(client_of("anonymous"))
    writeup.published_version = writeup.versions.get(number=1)
    writeup.published_at = timezone.now()
    writeup.save()
    html = html_of(client_of("anonymous"))
    assert "Open words" in html
    assert "/c/cup/write-ups/matching/first/1/slides.pdf" in html
    assert "Draft words" not in html


def test_the_list_of_write_ups_has_the_final_ranks(played: Task, client_of: Clients) -> None:
    track = played.track
    make_writeup(team_called("Fourth"), track, published=True, title="Of the fourth")
    make_writeup(team_called("First"), track, published=True, title="Of the first")
    html = html_of(client_of("anonymous"), "/c/cup/write-ups/")
    assert "Of the first" not in html
    reveal(played)
    html = html_of(client_of("anonymous"), "/c/cup/write-ups/")
    assert html.index("Of the first") < html.index("Of the fourth")
    assert re.findall(r'<td class="rank">(\S+)</td>', html) == ["1", "4"]


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(PAGE).status_code == 200
    return len(seen)


@pytest.mark.parametrize("show", ShowMembers.values)
@pytest.mark.parametrize("reader", ["anonymous", "charlie"])
def test_the_page_takes_as_many_queries_for_many_finalists_as_for_a_few(
    played: Task, client_of: Clients, charlie: User, show: str, reader: str
) -> None:
    challenge = reveal(played)
    Challenge.objects.update(show_members=show)
    client = client_of(reader)
    make_question(challenge, charlie, team=team_called("First"))
    few = _queries(client)
    for number in range(12):
        name = f"More {number}"
        team = make_team(challenge, name, make_user(f"more-{number}"))
        _score(team, played, SCORES["First"], f"Method of {name}")
        for again in range(3):
            make_question(challenge, charlie, team=team, title=f"{name}, {again}?")
        writeup = make_writeup(team, played.track, published=True)
        writeup.versions.update(paper=make_attachment(writeup))
    html = html_of(client)
    assert "More 11" in html
    assert "More 11, 2?" in html
    assert _queries(client) == few <= 30


# Questions to a finalist -------------------------------------------------------------------------


def test_a_finalist_is_asked_and_its_answer_is_marked(
    played: Task, client_of: Clients, as_user: Callable[[User | None], Client], charlie: User
) -> None:
    reveal(played)
    assert f"{LIST}?team=first#ask" in html_of(client_of("anonymous"))
    client = client_of("charlie")
    html = html_of(client, f"{LIST}?team=first")
    assert "Ask First" in html
    assert 'name="team" value="first"' in html
    answer = client.post(f"{LIST}ask/", WORDS | {"team": "first"})
    question = Question.objects.get()
    assert answer.headers["Location"] == question.get_absolute_url()
    assert (question.team, question.task) == (team_called("First"), None)
    member = as_user(User.objects.get(name="Of-0"))
    member.post(f"{question.get_absolute_url()}answer/", {"body": "Cross entropy."})
    client.post(f"{question.get_absolute_url()}answer/", {"body": "Thank you."})
    assert list(Answer.objects.values_list("body", "by_team")) == [
        ("Cross entropy.", True),
        ("Thank you.", False),
    ]
    html = html_of(client_of("anonymous"), question.get_absolute_url())
    assert html.count('<span class="chip outline">the team</span>') == 1
    html = html_of(client_of("anonymous"))
    assert "Which loss?" in html
    assert "2 answers" in html
    assert "about First" in html_of(client_of("anonymous"), LIST)


def test_the_list_of_a_finalist_has_its_questions_alone(
    played: Task, client_of: Clients, charlie: User
) -> None:
    challenge = reveal(played)
    make_question(challenge, charlie, team=team_called("First"), title="Of the first?")
    make_question(challenge, charlie, team=team_called("Tied one"), title="Of the tied?")
    make_question(challenge, charlie, title="Of the rules?")
    html = html_of(client_of("anonymous"), f"{LIST}?team=first")
    assert "Of the first?" in html
    assert "Of the tied?" not in html
    assert "Of the rules?" not in html
    hidden = Question.objects.filter(title="Of the first?")
    hidden.update(hidden_at=timezone.now())
    assert "Of the first?" not in html_of(client_of("anonymous"))


def test_the_last_questions_stand_there_and_the_others_have_pages(
    played: Task, client_of: Clients, charlie: User
) -> None:
    challenge, client = reveal(played), client_of("anonymous")
    for number in range(5):
        make_question(challenge, charlie, team=team_called("First"), title=f"Question {number}?")
    assert "questions<span" not in html_of(client)
    for number in range(5, 25):
        make_question(challenge, charlie, team=team_called("First"), title=f"Question {number}?")
    make_question(challenge, charlie, team=team_called("Tied one"), title="Of the tied?")
    html = html_of(client)
    assert re.findall(r"Question (\d+)\?", html) == ["24", "23", "22", "21", "20"]
    assert "Of the tied?" in html
    assert f'<a href="{LIST}?team=first">All 25 questions' in html
    assert "Page 1 of 2" in html_of(client, f"{LIST}?team=first")


def test_a_refused_question_is_still_about_the_finalist(
    played: Task, client_of: Clients, charlie: User
) -> None:
    reveal(played)
    answer = client_of("charlie").post(f"{LIST}ask/", WORDS | {"team": "first", "title": "…"})
    assert answer.status_code == 422
    assert 'name="team" value="first"' in answer.content.decode()


@pytest.mark.parametrize("slug", ["fourth", "baseline", "none", "a\0", ""])
def test_only_finalists_are_asked_on_the_page(
    played: Task, client_of: Clients, charlie: User, slug: str
) -> None:
    reveal(played)
    answer = client_of("charlie").post(f"{LIST}ask/", WORDS | {"team": slug})
    assert answer.status_code == 404
    assert not Question.objects.exists()
    assert 'name="team"' not in html_of(client_of("charlie"), f"{LIST}?team={quote(slug)}")


def test_before_the_reveal_no_team_is_asked(
    played: Task, client_of: Clients, charlie: User
) -> None:
    assert client_of("charlie").post(f"{LIST}ask/", WORDS | {"team": "first"}).status_code == 404
    with pytest.raises(Refused) as caught:
        discussions.ask(challenge=played.challenge, team=team_called("First"), by=charlie, **WORDS)
    assert caught.value.code == "not_revealed"


def test_a_team_that_cannot_answer_is_not_asked(played: Task, charlie: User, olga: User) -> None:
    challenge = reveal(played)
    other = make_team(make_challenge("other"), "Other", make_user("otto"))
    disqualify(team=team_called("First"), reason="Cheated.", by=olga)
    expected = {"Baseline": "no_such_team", "First": "no_such_team", other.name: "other_team"}
    found = {}
    for name in expected:
        with pytest.raises(Refused) as caught:
            discussions.ask(challenge=challenge, team=team_called(name), by=charlie, **WORDS)
        found[name] = caught.value.code
    assert found == expected


def test_an_archived_challenge_shows_its_finalists_and_asks_them_nothing(
    played: Task, client_of: Clients
) -> None:
    reveal(played)
    Challenge.objects.update(archived_at=timezone.now())
    html = html_of(client_of("anonymous"))
    assert ("1", "First") in names(html)
    assert "Ask First" not in html
