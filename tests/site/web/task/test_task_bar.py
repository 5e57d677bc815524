"""The tabs of every page of a task: its other pages, its neighbours, the way to submit."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from podium.accounts.models import User
from podium.challenges.models import Challenge, Phase, Task
from podium.submissions.models import Validation
from podium.teams.models import Team
from podium.web.base.context import SWITCHER
from tests.site import factories

Clients = Callable[[User | None], Client]
BAR = re.compile(r'<ul class="tabs small">\s*<li><a [^>]+>Overview.*?</ul>', re.DOTALL)
CURRENT = re.compile(r'aria-current="page">([^<]+)')


def bar(as_user: Clients, address: str, user: User | None = None) -> str:
    """Return the HTML of a page's task bar, or an empty text."""
    found = BAR.search(as_user(user).get(address).content.decode())
    return found.group() if found else ""


def test_each_page_of_a_task_has_its_tabs(as_user: Clients, matching_task: Task) -> None:
    slug, task = matching_task.challenge.slug, matching_task.slug
    questions = reverse("questions", args=[slug])
    pages = {
        "Overview": matching_task.get_absolute_url(),
        "Data": f"{matching_task.dataset_version.get_absolute_url()}?task={slug}/{task}",
        "Leaderboard": reverse("task-board", args=[slug, task]),
        "Questions": f"{questions}?task={task}",
    }
    for label, address in pages.items():
        shown = bar(as_user, address)
        assert CURRENT.findall(shown) == [label]
        assert all(f'href="{each}"' in shown for each in pages.values())
        assert f'href="{matching_task.get_absolute_url()}#submit">Submit<' in shown
    for address in (questions, reverse("challenge", args=[slug])):
        assert bar(as_user, address) == ""


def test_what_concerns_one_task_has_its_tabs(
    as_user: Clients, matching_task: Task, team: Team, alice: User
) -> None:
    submission = factories.make_submission(team, matching_task)
    words = {"original_name": "a.csv", "size": 1, "created_at": timezone.now()}
    check = Validation.objects.create(task=matching_task, user=alice, **words)
    question = factories.make_question(matching_task.challenge, alice, task=matching_task)
    for page in (submission, check, question):
        shown = bar(as_user, page.get_absolute_url(), alice)
        assert matching_task.get_absolute_url() in shown
        assert CURRENT.findall(shown) == []


def test_the_bar_is_that_of_the_task_however_many_challenges_are_newer(
    as_user: Clients, matching_task: Task
) -> None:
    now = timezone.now()
    for number in range(SWITCHER + 1):
        factories.make_challenge(f"newer-{number}", opens_at=now - timedelta(days=number))
    html = as_user(None).get(matching_task.get_absolute_url()).content.decode()
    assert matching_task.title in html.partition("<main")[2].partition("</nav>")[0]
    topbar = html.partition("</header>")[0]
    assert f'<summary class="challenge">{matching_task.challenge.title}' in topbar


def test_it_leads_to_the_tasks_before_and_after(
    as_user: Clients, matching_task: Task, classification_task: Task
) -> None:
    first = bar(as_user, matching_task.get_absolute_url())
    last = bar(as_user, classification_task.get_absolute_url())
    assert f'href="{classification_task.get_absolute_url()}" rel="next"' in first
    assert 'rel="prev"' not in first
    assert f'href="{matching_task.get_absolute_url()}" rel="prev"' in last
    assert 'rel="next"' not in last


def test_no_button_promises_a_submission_that_cannot_be_made(
    as_user: Clients, matching_task: Task
) -> None:
    now = timezone.now()
    Challenge.objects.update(team_freeze_at=now, closes_at=now)
    shown = bar(as_user, matching_task.get_absolute_url())
    assert "Overview" in shown
    assert "#submit" not in shown
    assert "rel=" not in shown


def second_task(task: Task, slug: str = "autumn", **times: datetime) -> Task:
    """Return a task of another challenge with the same data set version."""
    version = {"dataset_version": task.dataset_version, "solution": task.solution}
    challenge = factories.make_challenge(slug, **times)
    return factories.make_task(challenge, task.track.kind, f"{slug}-task", **version)


def test_a_data_set_has_the_tabs_of_the_task_that_it_was_reached_from(
    as_user: Clients, matching_task: Task
) -> None:
    other = second_task(matching_task)
    address = matching_task.dataset_version.get_absolute_url()
    for task in (matching_task, other):
        asked = f"{address}?task={task.challenge.slug}/{task.slug}"
        shown = bar(as_user, asked)
        assert CURRENT.findall(shown) == ["Data"]
        assert f'href="{task.get_absolute_url()}"' in shown
    for asked in ("", "?task=", "?task=autumn/nothing", f"?task={matching_task.slug}"):
        html = as_user(None).get(address + asked).content.decode()
        assert not BAR.search(html)
        for task in (matching_task, other):
            assert f'href="{task.get_absolute_url()}#submit">Submit to {task.title}<' in html


def test_the_tabs_of_a_data_set_are_those_of_its_only_open_task(
    as_user: Clients, matching_task: Task
) -> None:
    now = timezone.now()
    over = second_task(matching_task, team_freeze_at=now, closes_at=now)
    later = now + timedelta(days=9)
    hidden = second_task(matching_task, "hidden", announced_at=later, opens_at=later)
    assert hidden.challenge.phase() == Phase.DRAFT
    html = as_user(None).get(matching_task.dataset_version.get_absolute_url()).content.decode()
    shown = BAR.search(html)
    assert shown
    assert f'href="{matching_task.get_absolute_url()}#submit">Submit<' in shown.group()
    assert over.get_absolute_url() in html
    assert "Submit to" not in html
    asked = f"?task={hidden.challenge.slug}/{hidden.slug}"
    html = as_user(None).get(matching_task.dataset_version.get_absolute_url() + asked).content
    assert hidden.get_absolute_url() not in html.decode()


def test_the_tabs_cost_a_data_set_two_queries_at_most(
    as_user: Clients, matching_task: Task, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address = matching_task.dataset_version.get_absolute_url()
    client = as_user(None)
    second_task(matching_task)
    client.get(address)
    with django_assert_max_num_queries(50) as without:
        client.get(address)
    asked = f"{address}?task={matching_task.challenge.slug}/{matching_task.slug}"
    with django_assert_max_num_queries(len(without) + 2):
        client.get(asked)
