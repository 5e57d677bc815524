"""The console page of baselines: what a form queues, what runs reached, and its readers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.audit.models import Event
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Challenge, Role, Task
from tests.site import factories

AsUser = Callable[[User | None], Client]


@pytest.fixture
def url(challenge: Challenge, matching_task: Task, classification_task: Task) -> str:
    return reverse("console-baselines", args=[challenge.slug])


@pytest.fixture
def form(matching_task: Task, classification_task: Task) -> dict[str, Any]:
    """What an organizer chooses."""
    tasks = [matching_task.slug, classification_task.slug]
    return {"method": "linear", "tasks": tasks, "seconds": "300", "seeds": "1-2"}


def make_run(task: Task, score: float | None = None, **fields: Any) -> BaselineRun:
    """Return a finished run of the linear baseline, with its public score."""
    team = task.challenge.teams.filter(baseline="linear").first()
    team = team or factories.make_team(task.challenge, "Linear", baseline="linear")
    sent = factories.make_submission(team, task, withdrawn_at=fields.pop("withdrawn_at", None))
    if score is not None:
        factories.make_evaluation(sent, public=score, private=0.123456)
    given = {"state": RunState.FINISHED, "seconds": 300, "submission": sent, **fields}
    return BaselineRun.objects.create(task=task, method="linear", **given)


def test_all_tasks_are_chosen_at_first(url: str, as_user: AsUser, olga: User) -> None:
    page = as_user(olga).get(url).content.decode()
    assert page.count('name="tasks"') == page.count(" checked") == 2
    assert "No baseline has run yet." in page
    assert "Queue" not in page


def test_a_manager_reads_the_plan_and_queues_it(
    url: str, form: dict[str, Any], as_user: AsUser, challenge: Challenge
) -> None:
    mia = factories.make_user("mia")
    factories.make_organizer(challenge, mia, Role.MANAGER)
    client = as_user(mia)
    answer = client.post(url, form)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Linear (LQF head): 4 runs of at most 300 s, 20 min in total." in page
    assert "The boards show only seed 1." in page
    assert "Queue 4 runs" in page
    assert not BaselineRun.objects.exists()
    read = {**form, "fingerprint": answer.context["series"].fingerprint}
    page = client.post(url, read, follow=True).content.decode()
    assert "4 runs of Linear (LQF head) queued." in page
    assert page.count("Cancel<span") == 4
    assert Event.objects.get().verb == "queued baselines"
    again = client.post(url, read)
    assert again.status_code == 422
    assert "Read again what would happen now." in again.content.decode()
    assert BaselineRun.objects.count() == 4


def test_what_changes_after_the_plan_is_planned_again(
    url: str, form: dict[str, Any], as_user: AsUser, olga: User
) -> None:
    client = as_user(olga)
    read = client.post(url, form).context["series"].fingerprint
    answer = client.post(url, {**form, "seeds": "1-3", "fingerprint": read})
    assert answer.status_code == 422
    assert "Queue 6 runs" in answer.content.decode()
    assert not BaselineRun.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tasks": []}, "Choose at least one task."),
        ({"tasks": ["elsewhere"]}, "Select a valid choice"),
        ({"method": "magic"}, "Select a valid choice"),
        ({"method": "autogluon-multimodal"}, "Select a valid choice"),
        ({"seconds": "0"}, "greater than or equal to 1"),
        ({"seconds": "3001"}, "Give a time limit from 1 to 3,000 seconds."),
        ({"seconds": "soon"}, "Enter a whole number."),
        ({"seeds": "one"}, "Write seeds as whole numbers"),
        ({"seeds": "1-40"}, "Give at most 10 seeds at a time."),
        ({"seeds": ""}, "This field is required."),
    ],
)
def test_a_bad_choice_is_refused_in_words(
    url: str,
    form: dict[str, Any],
    as_user: AsUser,
    olga: User,
    changes: dict[str, Any],
    said: str,
) -> None:
    answer = as_user(olga).post(url, {**form, **changes})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not BaselineRun.objects.exists()


def test_a_plan_with_nothing_to_run_offers_no_button(
    url: str, form: dict[str, Any], as_user: AsUser, olga: User, matching_task: Task
) -> None:
    make_run(matching_task)
    chosen = {**form, "tasks": [matching_task.slug], "seeds": "1"}
    page = as_user(olga).post(url, chosen).content.decode()
    assert "Nothing: no run is left to queue." in page
    assert "seed 1 already ran with this limit, or will." in page
    assert 'name="fingerprint"' not in page


def test_runs_and_the_spread_of_their_seeds_are_shown(
    url: str, as_user: AsUser, viktor: User, matching_task: Task
) -> None:
    make_run(matching_task, 0.61)
    make_run(matching_task, 0.65, seed=2, is_on_board=False, withdrawn_at="2026-01-01T00:00Z")
    make_run(matching_task, 0.9, seed=3, seconds=60)
    make_run(matching_task, seed=4, state=RunState.FAILED, submission=None, message="No room.")
    page = as_user(viktor).get(url).content.decode()
    for score in ("0.6100", "0.6500", "0.9000"):
        assert f">{score}</a>" in page
    assert page.count("not shown") == 1
    assert "No room." in page
    spread = page[page.index("How much the seed matters") :]
    assert spread.count("<tr>") == 2, "one row, of the two with the same limit"
    for figure in ("0.6100", "0.6300", "0.6500", "0.0283"):
        assert figure in spread
    assert "0.123" not in page, "private scores are not shown"
    assert "<form" not in page[page.index("<main") :]


def test_the_live_part_comes_by_itself_while_a_run_waits(
    url: str, as_user: AsUser, olga: User, matching_task: Task
) -> None:
    assert "hx-get" not in as_user(olga).get(url).content.decode()
    BaselineRun.objects.create(task=matching_task, method="linear")
    page = as_user(olga).get(url).content.decode()
    assert f'hx-get="{url}"' in page
    part = as_user(olga).get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "queued" in part


def test_a_run_is_cancelled_and_started_again_on_the_page(
    url: str, as_user: AsUser, olga: User, challenge: Challenge, matching_task: Task
) -> None:
    run = BaselineRun.objects.create(task=matching_task, method="linear", seed=3, seconds=9)
    client = as_user(olga)
    for verb in ("cancel", "restart"):
        act = reverse(f"console-{verb}", args=[challenge.slug, run.pk])
        assert client.post(act, {"list": ""})["Location"] == url
        assert client.post(act)["Location"] == reverse("console", args=[challenge.slug])
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    again = BaselineRun.objects.latest("pk")
    assert (again.seed, again.seconds, again.state) == (3, 9, RunState.QUEUED)


def test_more_runs_take_no_more_queries(
    url: str,
    as_user: AsUser,
    olga: User,
    matching_task: Task,
    django_assert_max_num_queries: Any,
) -> None:
    for seed in range(30):
        make_run(matching_task, 0.6, seed=seed)
    client = as_user(olga)
    with django_assert_max_num_queries(14):
        assert client.get(url).content.decode().count("0.6000</a>") == 30


def test_the_console_lists_other_seeds_only_while_they_matter(
    as_user: AsUser, olga: User, challenge: Challenge, matching_task: Task
) -> None:
    make_run(matching_task, 0.6)
    make_run(matching_task, 0.6, seed=2, is_on_board=False)
    make_run(matching_task, seed=3, is_on_board=False, state=RunState.FAILED)
    page = as_user(olga).get(reverse("console", args=[challenge.slug])).content.decode()
    assert "seed 2" not in page
    assert "Linear (LQF head), Matching Task, seed 3" in page
    assert "The baseline Linear (LQF head) failed on Matching Task." in page
