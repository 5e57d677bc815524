"""The list of questions with its FAQ, threads, and what people do on them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
from podium.discussions.actions import MOST_BODY
from podium.discussions.models import Answer, Question
from podium.teams.deleting import delete_account
from podium.teams.departure import FORMER
from podium.teams.models import Team
from podium.web.talk import questions
from tests.site.factories import make_answer, make_challenge, make_question, make_user

AsUser = Callable[[User | None], Client]
LIST = "/c/cup/questions/"
WORDS = {"title": "May we?", "body": "I would like to *know*."}


def html_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def titles(html: str) -> list[str]:
    return re.findall(r'<th scope="row" class="team said"><a href="[^"]+">([^<]+)</a>', html)


@pytest.fixture
def question(challenge: Challenge, charlie: User) -> Question:
    return make_question(challenge, charlie)


# The list ----------------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(challenge: Challenge, as_user: AsUser, alice: User) -> None:
    html = html_of(as_user(None), LIST)
    assert "No questions yet" in html
    assert "Ask below" in html
    assert "/accounts/login/?next=/c/cup/questions/" in html
    assert "<textarea" not in html
    assert "<textarea" in html_of(as_user(alice), LIST)


def test_faq_come_first_and_then_what_has_the_newest_words(
    challenge: Challenge, charlie: User, alice: User, olga: User, as_user: AsUser
) -> None:
    now = timezone.now()
    ages = {"Old and answered?": 9, "Newer?": 5, "Old with a hidden answer?": 8, "Often asked?": 99}
    made = {
        title: make_question(challenge, charlie, title=title, asked_at=now - timedelta(days=days))
        for title, days in ages.items()
    }
    Question.objects.filter(title="Often asked?").update(is_faq=True)
    make_answer(made["Often asked?"], olga, by_organizer=True, body="Often **said**.")
    make_answer(made["Often asked?"], alice, body="A guess.")
    make_answer(made["Old and answered?"], alice)
    make_answer(made["Old with a hidden answer?"], alice, hidden_at=now)
    html = html_of(as_user(None), LIST)
    assert titles(html) == ["Old and answered?", "Newer?", "Old with a hidden answer?"]
    assert html.index("Often asked?") < html.index("Old and answered?")
    assert "Often <strong>said</strong>." in html
    assert "A guess." not in html


def test_the_list_is_filtered_by_task_and_paged(
    challenge: Challenge,
    matching_task: Task,
    charlie: User,
    as_user: AsUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(questions, "PER_PAGE", 2)
    for number in range(3):
        make_question(challenge, charlie, task=matching_task, title=f"Of the task {number}?")
    make_question(challenge, charlie, title="Of all?", is_faq=True)
    url = f"{LIST}?task={matching_task.slug}"
    html = html_of(as_user(None), url)
    assert titles(html) == ["Of the task 2?", "Of the task 1?"]
    assert "Of all?" not in html
    assert titles(html_of(as_user(None), f"{url}&page=2")) == ["Of the task 0?"]
    second = html_of(as_user(None), f"{LIST}?page=2")
    assert "Of all?" not in second
    assert "Of all?" in html_of(as_user(None), f"{LIST}?task=none&page=x")


def test_a_task_without_questions_says_so(matching_task: Task, as_user: AsUser) -> None:
    html = html_of(as_user(None), f"{LIST}?task={matching_task.slug}")
    assert "Nothing asked about this task yet" in html


def test_many_questions_take_no_more_queries_than_few(
    challenge: Challenge,
    matching_task: Task,
    as_user: AsUser,
    alice: User,
    olga: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(12):
        asked = make_question(
            challenge, make_user(f"p{number}"), task=matching_task, is_faq=number % 2 == 0
        )
        for by in (alice, olga):
            make_answer(asked, by, by_organizer=by == olga)
    client = as_user(alice)
    with django_assert_max_num_queries(24):
        client.get(LIST)
    with django_assert_max_num_queries(24):
        client.get(f"{LIST}{asked.pk}/")


def test_challenge_and_task_lead_there(
    challenge: Challenge, matching_task: Task, charlie: User, as_user: AsUser
) -> None:
    often = make_question(challenge, charlie, title="Often asked?", is_faq=True)
    make_question(challenge, charlie, title="Hidden?", is_faq=True, hidden_at=timezone.now())
    html = html_of(as_user(None), "/c/cup/")
    assert f'href="{LIST}"' in html
    assert f'href="{LIST}{often.pk}/">Often asked?' in html
    assert "Hidden?" not in html
    task = html_of(as_user(None), matching_task.get_absolute_url())
    assert f'href="{LIST}?task={matching_task.slug}"' in task


# Asking and answering ----------------------------------------------------------------------------


def test_a_question_is_asked_about_a_task(
    matching_task: Task, charlie: User, as_user: AsUser
) -> None:
    client = as_user(charlie)
    page = html_of(client, f"{LIST}?task={matching_task.slug}")
    assert f'<option value="{matching_task.slug}" selected>' in page
    answer = client.post(f"{LIST}ask/", {**WORDS, "task": matching_task.slug})
    asked = Question.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LIST}{asked.pk}/")
    html = html_of(client, f"{LIST}{asked.pk}/")
    assert "<em>know</em>" in html
    assert "Asked by Charlie" in html
    assert matching_task.title in html
    assert asked.task == matching_task


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""},
        {"title": "x" * 161},
        {"title": "a\x7fb"},
        {"body": ""},
        {"body": "x" * (MOST_BODY + 1)},
        {"body": "a\0b"},
        {"body": "a\x1bb"},
        {"task": "none"},
    ],
)
def test_a_refused_question_stays_typed_with_the_error_beside(
    challenge: Challenge, charlie: User, as_user: AsUser, changes: dict[str, str]
) -> None:
    answer = as_user(charlie).post(f"{LIST}ask/", {**WORDS, **changes})
    html = answer.content.decode()
    assert answer.status_code == 422
    (name,) = changes
    assert f'id="ask_{name}_error"' in html
    assert "<details open>" in html
    kept = "May we?" if name != "title" else "I would like to *know*."
    assert kept in html
    assert not Question.objects.exists()


def test_line_breaks_of_browsers_count_once(
    challenge: Challenge, charlie: User, as_user: AsUser
) -> None:
    body = "x\r\n" * (MOST_BODY // 2 - 1) + "xx"
    assert as_user(charlie).post(f"{LIST}ask/", {**WORDS, "body": body}).status_code == 302


def test_the_daily_limit_stands_above_the_form(
    challenge: Challenge, charlie: User, as_user: AsUser
) -> None:
    for _ in range(10):
        make_question(challenge, charlie)
    answer = as_user(charlie).post(f"{LIST}ask/", WORDS)
    assert answer.status_code == 422
    assert "A person can ask 10 questions in 24 hours" in answer.content.decode()


def test_an_answer_of_an_organizer_is_marked(
    question: Question, alice: User, olga: User, as_user: AsUser
) -> None:
    url = f"{LIST}{question.pk}/"
    for by in (alice, olga):
        answer = as_user(by).post(f"{url}answer/", {"body": f"Says {by.name}."})
        given = Answer.objects.get(author=by)
        assert answer.headers["Location"] == f"{url}#answer-{given.pk}"
    parts = html_of(as_user(None), url).split("<article")
    assert "Says Alice." in parts[1]
    assert "organizer</span>" not in parts[1]
    assert "organizer</span>" in parts[2]


def test_a_refused_answer_stays_typed(question: Question, alice: User, as_user: AsUser) -> None:
    body = "mine" + "x" * MOST_BODY
    answer = as_user(alice).post(f"{LIST}{question.pk}/answer/", {"body": body})
    assert answer.status_code == 422
    assert body in answer.content.decode()
    assert 'id="answer_body_error"' in answer.content.decode()


def test_long_threads_have_pages_and_one_comes_back_to_ones_answer(
    question: Question, alice: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "ANSWERS_PER_PAGE", 2)
    make_answer(question, alice, body="Hidden.", hidden_at=timezone.now())
    for number in range(2):
        make_answer(question, alice, body=f"Number {number}.")
    url = f"{LIST}{question.pk}/"
    answer = as_user(alice).post(f"{url}answer/", {"body": "The last."})
    last = Answer.objects.get(body="The last.")
    assert answer.headers["Location"] == f"{url}?page=2#answer-{last.pk}"
    assert "The last." not in html_of(as_user(None), url)
    assert "The last." in html_of(as_user(None), f"{url}?page=2")


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.example/pixel.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '[x](https://a.example "a\\" onmouseover=alert(1) style=x \\"")',
        "</div></main><form action=//evil.example>",
        "<style>body{display:none}</style>",
    ],
)
def test_hostile_words_are_words(
    challenge: Challenge, charlie: User, alice: User, as_user: AsUser, body: str
) -> None:
    asked = make_question(challenge, charlie, title=body[:160], body=body, is_faq=True)
    make_answer(asked, alice, body=body, by_organizer=True)
    hostile = re.compile(
        r"<script>|<img|<style|<form action=//|"
        r'<\w+(?:\s+[\w-]+(?:="[^"]*")?)*\s+(?:onerror|onmouseover|style)=|'
        r'href="(?:javascript|data):|src="https?:'
    )
    for url in ("/c/cup/", LIST, f"{LIST}{asked.pk}/"):
        html = html_of(as_user(None), url)
        assert not hostile.search(html)
        assert html.count("</main>") == 1


def test_a_link_gives_its_target_no_credit(
    challenge: Challenge, charlie: User, as_user: AsUser
) -> None:
    asked = make_question(challenge, charlie, body="[there](https://a.example/)")
    html = html_of(as_user(None), f"{LIST}{asked.pk}/")
    assert '<a href="https://a.example/" rel="noopener noreferrer nofollow">there</a>' in html


# Changing ----------------------------------------------------------------------------------------


def test_ones_words_are_changed_within_an_hour(
    question: Question, charlie: User, alice: User, as_user: AsUser
) -> None:
    mine, others = make_answer(question, charlie), make_answer(question, alice)
    url = f"{LIST}{question.pk}/"
    client = as_user(charlie)
    html = html_of(client, url)
    assert f'action="{url}edit/"' in html
    assert f'action="{url}answers/{mine.pk}/edit/"' in html
    assert f'action="{url}answers/{others.pk}/edit/"' not in html
    assert client.post(f"{url}edit/", {"title": "New?", "body": "New."}).status_code == 302
    answer = client.post(f"{url}answers/{mine.pk}/edit/", {"body": "Better."})
    assert answer.headers["Location"] == f"{url}#answer-{mine.pk}"
    html = html_of(as_user(None), url)
    assert "New?" in html
    assert "Better." in html
    assert html.count(", changed") == 2
    Question.objects.update(asked_at=timezone.now() - timedelta(hours=2))
    assert f'action="{url}edit/"' not in html_of(client, url)
    late = client.post(f"{url}edit/", {"title": "Late?", "body": "Late."})
    assert late.status_code == 422
    assert "can be changed for one hour" in late.content.decode()


def test_a_refused_change_stays_typed_in_its_own_form(
    question: Question, charlie: User, as_user: AsUser
) -> None:
    mine = make_answer(question, charlie)
    url = f"{LIST}{question.pk}/"
    client = as_user(charlie)
    html = client.post(f"{url}answers/{mine.pk}/edit/", {"body": "a\x08b typed"}).content.decode()
    assert f'id="edit_{mine.pk}_body_error"' in html
    assert "b typed" in html
    html = client.post(f"{url}edit/", {"title": "…", "body": "typed"}).content.decode()
    assert 'id="edit_title_error"' in html
    assert ">\ntyped</textarea>" in html


# Hidden ------------------------------------------------------------------------------------------


def test_what_is_hidden_is_seen_by_owners_and_managers_alone(
    question: Question, charlie: User, alice: User, olga: User, viktor: User, as_user: AsUser
) -> None:
    hidden = make_answer(question, alice, body="zebra-stripes")
    url = f"{LIST}{question.pk}/"
    client = as_user(olga)
    answer = client.post(f"{url}answers/{hidden.pk}/moderate/hide/")
    assert answer.headers["Location"] == f"{url}#answer-{hidden.pk}"
    for user in (None, charlie, alice, viktor):
        html = html_of(as_user(user), url)
        assert "zebra" not in html
        assert "/moderate/" not in html
    assert "hidden: only owners and managers" in html_of(client, url)
    assert as_user(alice).post(f"{url}answers/{hidden.pk}/edit/", {"body": "x"}).status_code == 404
    client.post(f"{url}answers/{hidden.pk}/moderate/show/")
    assert "zebra" in html_of(as_user(None), url)
    client.post(f"{url}moderate/hide/")
    for user in (None, charlie, alice, viktor):
        assert as_user(user).get(url).status_code == 404
        assert question.title not in html_of(as_user(user), LIST)
    assert as_user(charlie).post(f"{url}answer/", {"body": "x"}).status_code == 404
    assert "Only owners and managers of the challenge see this page" in html_of(client, url)
    assert question.title in html_of(client, LIST)


def test_an_organizer_marks_a_question_as_faq(
    question: Question, olga: User, as_user: AsUser
) -> None:
    url, client = f"{LIST}{question.pk}/", as_user(olga)
    for verb, other in (("mark", "unmark"), ("unmark", "mark")):
        assert f'action="{url}moderate/{verb}/"' in html_of(client, url)
        assert client.post(f"{url}moderate/{verb}/").status_code == 302
        assert f'action="{url}moderate/{other}/"' in html_of(client, url)
        assert ('id="faq"' in html_of(as_user(None), LIST)) is (verb == "mark")


@pytest.mark.parametrize("path", ["moderate/none/", "answers/{}/moderate/mark/"])
def test_there_are_no_other_verbs(
    question: Question, olga: User, as_user: AsUser, path: str
) -> None:
    given = make_answer(question, olga)
    url = f"{LIST}{question.pk}/{path.format(given.pk)}"
    assert as_user(olga).post(url).status_code == 404


def test_a_question_of_another_challenge_is_not_found_here(
    question: Question, olga: User, as_user: AsUser
) -> None:
    other = make_question(make_challenge("other"), olga)
    given = make_answer(other, olga)
    client = as_user(olga)
    assert client.get(f"{LIST}{other.pk}/").status_code == 404
    url = f"{LIST}{question.pk}/answers/{given.pk}/moderate/hide/"
    assert client.post(url).status_code == 404


# Archived challenges, deleted accounts -----------------------------------------------------------


def test_an_archive_is_for_reading(
    challenge: Challenge, question: Question, charlie: User, as_user: AsUser
) -> None:
    challenge.archived_at = timezone.now()
    challenge.save()
    client, url = as_user(charlie), f"{LIST}{question.pk}/"
    posts: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"{LIST}ask/", WORDS),
        (f"{url}answer/", {"body": "x"}),
        (f"{url}edit/", WORDS),
    )
    for address, data in posts:
        answer = client.post(address, data)
        assert answer.status_code == 422
        assert "This challenge is archived" in answer.content.decode()
    for address in (LIST, url):
        assert "<textarea" not in html_of(client, address)
        assert "This challenge is archived" in html_of(client, address)
    assert Question.objects.get().title == question.title


def test_the_words_of_a_former_participant_stay_without_the_name(
    team: Team, bob: User, as_user: AsUser
) -> None:
    asked = make_question(team.challenge, bob)
    make_answer(asked, bob)
    delete_account(by=bob)
    for url in (LIST, f"{LIST}{asked.pk}/"):
        html = html_of(as_user(None), url)
        assert FORMER in html
        assert "Bob" not in html
