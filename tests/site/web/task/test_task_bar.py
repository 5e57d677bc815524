"""The tabs of every page of a task: its other pages, its neighbours, the way to submit."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from podium.accounts.models import User
from podium.challenges.models import Challenge, Task
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
        "Leaderboard": reverse("task-board", args=[slug, task]),
        "Questions": f"{questions}?task={task}",
    }
    for label, address in pages.items():
        shown = bar(as_user, address)
        assert CURRENT.findall(shown) == [label]
        assert all(f'href="{each}"' in shown for each in pages.values())
        assert matching_task.dataset_version.get_absolute_url() in shown
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
