"""The page of a baseline says how it was made, from what its runs reported."""

from typing import Any

import pytest
from django.test import Client

from podium.baseline_runs.actions import baseline_team
from podium.baseline_runs.models import BaselineRun, RunState
from podium.challenges.models import Task
from podium.teams.models import Team
from tests.site import factories

FACTS = {
    "version": "AutoGluon 1.6.0",
    "reads": ["image", "text"],
    "cpus": 2,
    "seconds": 23.4,
    "memory": 1_500_000_000,
    "validation": {
        "metric": "macro_f1",
        "score": 0.71234,
        "how": "out-of-fold predictions, 5 folds",
    },
}


@pytest.fixture
def autogluon(matching_task: Task) -> Team:
    return baseline_team(matching_task.challenge, "autogluon")


def make_run(team: Team, task: Task, **fields: Any) -> BaselineRun:
    return BaselineRun.objects.create(
        task=task,
        method="autogluon",
        submission=factories.make_submission(team, task),
        **{"seconds": 30, "state": RunState.FINISHED, **fields},
    )


def card(client: Client, team: Team) -> str:
    html = " ".join(client.get(team.get_absolute_url()).content.decode().split())
    return html.partition('aria-labelledby="method"')[2]


def test_the_card_says_what_was_used_and_reached(
    client: Client, autogluon: Team, matching_task: Task
) -> None:
    make_run(autogluon, matching_task, facts=FACTS, seed=7)
    html = card(client, autogluon)
    assert "AutoGluon tabular (gradient boosting and random trees, ensembled)" in html
    assert "<dd>AutoGluon 1.6.0</dd>" in html
    assert "baselines run autogluon --data DIR" in html
    assert "--time-limit 30 --seed 7 --cpus 2</code>" in html
    for cell in (">image, text<", ">30 s<", ">23 s<", ">1.5 GB<", ">2<", ">7<", ">0.712 <br>"):
        assert cell in html, cell
    assert "Macro F1, out-of-fold predictions, 5 folds" in html


def test_of_several_runs_the_newest_on_the_boards_counts(
    client: Client, autogluon: Team, matching_task: Task
) -> None:
    make_run(autogluon, matching_task, facts=FACTS, seconds=31)
    make_run(autogluon, matching_task, facts=FACTS, seconds=600)
    make_run(autogluon, matching_task, facts=FACTS, seconds=601, is_on_board=False)
    make_run(autogluon, matching_task, facts=FACTS, seconds=602, state=RunState.FAILED)
    html = card(client, autogluon)
    assert ">600 s<" in html
    assert not any(f">{seconds} s<" in html for seconds in (31, 601, 602))


def test_an_earlier_run_that_reported_nothing_says_so(
    client: Client, autogluon: Team, matching_task: Task
) -> None:
    make_run(autogluon, matching_task)
    html = card(client, autogluon)
    assert ">30 s<" in html
    assert "are recorded by newer runs only" in html
    assert "Version" not in html


def test_only_baselines_with_a_run_have_a_card(
    client: Client, autogluon: Team, matching_task: Task, team: Team
) -> None:
    assert not card(client, autogluon)
    make_run(autogluon, matching_task, facts=FACTS)
    assert not card(client, team)
