"""The organizers' page of a task: who opens it, what it tells, and what can be done there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from podium import workers
from podium.accounts.models import User
from podium.audit.models import Event
from podium.catalog.models import Solution
from podium.challenges.models import Task
from podium.standings.actions import refresh
from podium.standings.visible import visible_board
from podium.submissions.jobs import rescoring
from podium.submissions.models import (
    Evaluation,
    Part,
    Rescore,
    RescoreState,
    Score,
    State,
    Submission,
    Unscored,
)
from podium.teams.models import Team
from tests.site import factories

AsUser = Callable[[User | None], Client]
SCORER = workers.Worker("scoring@here", ("control", "rescoring", "scoring"), pid=7, concurrency=2)
READERS = ("anonymous", "alice", "bob", "charlie", "sam", "viktor", "olga")
PAGE = (302, 404, 404, 404, 404, 200, 200)
ACTS = (302, 404, 404, 404, 404, 403, 302)


@pytest.fixture(autouse=True)
def _workers_are_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "workers_alive", lambda: [SCORER])


@pytest.fixture
def solution(matching_task: Task) -> Solution:
    version = matching_task.dataset_version
    return factories.make_solution(version, number=2, file="solutions/secret-2.parquet")


@pytest.fixture
def submission(team: Team, matching_task: Task) -> Submission:
    scored = factories.make_submission(team, matching_task)
    factories.make_evaluation(scored, public=0.812345, private=0.654321)
    refresh(matching_task, team)
    return scored


@pytest.fixture
def rescore(matching_task: Task, submission: Submission, solution: Solution) -> Rescore:
    return rescoring.start(task=matching_task, solution=solution)


@pytest.fixture
def ready(rescore: Rescore, submission: Submission) -> Rescore:
    evaluation = Evaluation.objects.create(
        submission=submission,
        solution=rescore.solution,
        scorer_version=rescore.scorer_version,
        seconds=0.1,
        counts=False,
    )
    for part, value in ((Part.PUBLIC, 0.731234), (Part.PRIVATE, 0.594321)):
        Score.objects.create(
            evaluation=evaluation, part=part, metric="average_precision", value=value, n=3
        )
    assert rescoring.finish_if_done(rescore)
    rescore.refresh_from_db()
    return rescore


def page_of(task: Task) -> str:
    return reverse("console-task", args=[task.challenge.slug, task.slug])


def act_on(task: Task, verb: str) -> str:
    return reverse("console-rescore", args=[task.challenge.slug, task.slug, verb])


def html(client: Client, task: Task, **headers: str) -> str:
    answer = client.get(page_of(task), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def person(request: pytest.FixtureRequest, name: str) -> User | None:
    return None if name == "anonymous" else request.getfixturevalue(name)


# Who -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [*zip(READERS, PAGE, strict=True)])
def test_organizers_alone_see_the_page(
    ready: Rescore, as_user: AsUser, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    client = as_user(person(request, who))
    assert client.get(page_of(ready.task)).status_code == status


@pytest.mark.parametrize(("who", "status"), [*zip(READERS, ACTS, strict=True)])
@pytest.mark.parametrize("verb", ["cancel", "publish"])
def test_owners_and_managers_alone_may_act(
    ready: Rescore,
    as_user: AsUser,
    who: str,
    status: int,
    verb: str,
    request: pytest.FixtureRequest,
) -> None:
    form = {"rescore": ready.pk, "confirm": "yes", "why": "Wrong labels."}
    answer = as_user(person(request, who)).post(act_on(ready.task, verb), form)
    assert answer.status_code == status
    ready.refresh_from_db()
    assert (ready.state == RescoreState.READY) is (who != "olga")


@pytest.mark.parametrize(("who", "status"), [*zip(READERS, ACTS, strict=True)])
def test_owners_and_managers_alone_may_start(
    matching_task: Task,
    solution: Solution,
    team: Team,
    as_user: AsUser,
    who: str,
    status: int,
    request: pytest.FixtureRequest,
) -> None:
    client = as_user(person(request, who))
    answer = client.post(act_on(matching_task, "start"), {"solution": solution.pk})
    assert answer.status_code == status
    assert Rescore.objects.exists() is (who == "olga")


def test_nothing_is_done_by_following_a_link(ready: Rescore, as_user: AsUser, olga: User) -> None:
    for verb in ("start", "cancel", "resume", "publish"):
        assert as_user(olga).get(act_on(ready.task, verb)).status_code == 405
    assert as_user(olga).post(page_of(ready.task)).status_code == 405


def test_another_word_is_no_verb(ready: Rescore, as_user: AsUser, olga: User) -> None:
    answer = as_user(olga).post(act_on(ready.task, "destroy"), {"rescore": ready.pk})
    assert answer.status_code == 404


@pytest.mark.parametrize("number", ["", "x", "0", "²"])
def test_a_rescore_that_is_none_is_not_found(
    ready: Rescore, as_user: AsUser, olga: User, number: str
) -> None:
    answer = as_user(olga).post(act_on(ready.task, "cancel"), {"rescore": number})
    assert answer.status_code == 404


def test_a_rescore_of_another_task_is_out_of_reach(
    ready: Rescore, as_user: AsUser, classification_task: Task
) -> None:
    other = factories.make_challenge("other")
    dora = factories.make_user("dora")
    factories.make_organizer(other, dora)
    task = factories.make_task(other, "matching")
    client = as_user(dora)
    assert client.get(page_of(ready.task)).status_code == 404
    for target in (ready.task, task):
        answer = client.post(act_on(target, "cancel"), {"rescore": ready.pk})
        assert answer.status_code == 404
    ready.refresh_from_db()
    assert ready.state == RescoreState.READY


# What ------------------------------------------------------------------------------------------


def test_the_console_leads_to_the_page(
    matching_task: Task, as_user: AsUser, viktor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = as_user(viktor).get(reverse("console", args=[matching_task.challenge.slug]))
    assert f'href="{page_of(matching_task)}"' in answer.content.decode()


def test_starting_begins_a_rescore(
    matching_task: Task, solution: Solution, submission: Submission, as_user: AsUser, olga: User
) -> None:
    client = as_user(olga)
    client.post(act_on(matching_task, "start"), {"solution": solution.pk})
    rescore = Rescore.objects.get()
    assert (rescore.started_by, rescore.solution) == (olga, solution)
    page = html(client, matching_task)
    assert "0 of 1 submissions" in page
    assert 'hx-trigger="every 1s"' in page
    assert "Publish" not in page


@pytest.mark.parametrize(
    ("which", "said"),
    [("own", "a rescore would change nothing"), ("other", "not one of the available choices")],
)
def test_a_refused_start_says_why(
    matching_task: Task,
    submission: Submission,
    as_user: AsUser,
    olga: User,
    which: str,
    said: str,
) -> None:
    other = factories.make_solution(factories.make_dataset_version("matching"))
    chosen = matching_task.solution if which == "own" else other
    answer = as_user(olga).post(act_on(matching_task, "start"), {"solution": chosen.pk})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Rescore.objects.exists()


def test_the_live_part_comes_alone(rescore: Rescore, as_user: AsUser, viktor: User) -> None:
    page = html(as_user(viktor), rescore.task, **{"HX-Request": "true"})
    assert page.lstrip().startswith('<div id="live"')
    assert "0 of 1 submissions" in page
    assert "<form" not in page, "a viewer gets nothing to press"


def test_what_is_done_shows_what_would_change_and_asks_no_more(
    ready: Rescore, as_user: AsUser, olga: User, viktor: User
) -> None:
    page = html(as_user(olga), ready.task)
    assert "hx-trigger" not in page.split('id="live"')[1].split(">")[0]
    assert "1 of 1 row would change" in page
    for number in ("0.81", "0.73", "0.812345", "0.731234"):
        assert number in page, number
    assert "0.594321" not in page
    assert "0.654321" not in page
    assert "Publish" in page
    assert "Publish" not in html(as_user(viktor), ready.task)


def test_what_could_not_be_scored_is_shown(
    ready: Rescore, team: Team, as_user: AsUser, olga: User
) -> None:
    other = factories.make_submission(team, ready.task)
    factories.make_evaluation(other, public=0.3, private=0.3)
    Unscored.objects.create(
        rescore=ready,
        submission=other,
        state=State.REJECTED,
        is_final=True,
        problems=[{"code": "odd", "message": "Row 3 is odd."}],
    )
    page = html(as_user(olga), ready.task)
    assert "1 submission would keep the earlier score" in page
    assert "Row 3 is odd." in page


@pytest.mark.parametrize(
    ("alive", "said"),
    [
        (None, "The queue does not answer"),
        ([workers.Worker("a@b", ("scoring",), 1, 1)], "No scoring worker takes from the queue"),
    ],
)
def test_a_rescore_that_nobody_does_is_told(
    rescore: Rescore,
    as_user: AsUser,
    olga: User,
    alive: Any,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "workers_alive", lambda: alive)
    assert said in html(as_user(olga), rescore.task)


def test_a_rescore_by_an_older_scorer_is_told(
    rescore: Rescore, as_user: AsUser, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium.challenges.models.SCORER_VERSION", "next")
    assert "another scorer version by now" in html(as_user(olga), rescore.task)


def test_publishing_changes_the_board(ready: Rescore, as_user: AsUser, olga: User) -> None:
    client = as_user(olga)
    said = {"rescore": ready.pk, "why": "Seven <labels> were wrong."}
    client.post(act_on(ready.task, "publish"), {**said, "confirm": "yes"})
    ready.refresh_from_db()
    assert ready.state == RescoreState.PUBLISHED
    (row,) = visible_board(AnonymousUser(), ready.task).rows
    assert row.score == pytest.approx(0.73)
    event = Event.objects.get(verb="published rescore")
    assert (event.actor, event.facts["why"]) == ("Olga", said["why"])
    assert event.facts["before"]["solution"] != event.facts["solution"]
    assert "Publish</button>" not in html(client, ready.task)
    page = as_user(None).get(ready.task.challenge.get_absolute_url()).content.decode()
    assert "was scored again" in page
    assert "Seven &lt;labels&gt; were wrong." in page


@pytest.mark.parametrize(
    ("left_out", "message"),
    [("why", "Say why the scores of the teams change."), ("confirm", "Tick the box to confirm.")],
)
def test_nothing_is_published_without_a_note_and_a_confirmation(
    ready: Rescore, as_user: AsUser, olga: User, left_out: str, message: str
) -> None:
    said = {"rescore": ready.pk, "why": "Seven labels were wrong.", "confirm": "yes"}
    said.pop(left_out)
    answer = as_user(olga).post(act_on(ready.task, "publish"), said)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert ("Seven labels were wrong." in answer.content.decode()) is (left_out == "confirm")
    ready.refresh_from_db()
    assert ready.state == RescoreState.READY


def test_the_part_that_renews_itself_asks_for_the_note_too(
    ready: Rescore, as_user: AsUser, olga: User
) -> None:
    page = html(as_user(olga), ready.task, **{"HX-Request": "true"})
    assert 'name="why"' in page
    assert 'name="confirm"' in page


def test_what_is_cancelled_can_go_on(rescore: Rescore, as_user: AsUser, olga: User) -> None:
    client = as_user(olga)
    client.post(act_on(rescore.task, "cancel"), {"rescore": rescore.pk})
    assert "Go on" in html(client, rescore.task)
    client.post(act_on(rescore.task, "resume"), {"rescore": rescore.pk})
    rescore.refresh_from_db()
    assert rescore.state == RescoreState.RUNNING


def test_a_refusal_is_told(rescore: Rescore, as_user: AsUser, olga: User) -> None:
    form = {"rescore": rescore.pk, "confirm": "yes", "why": "Wrong labels."}
    answer = as_user(olga).post(act_on(rescore.task, "publish"), form, follow=True)
    assert "1 submission is still to be rescored" in answer.content.decode()
