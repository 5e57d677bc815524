"""Baselines by the organizers' API: started on tasks, one run restarted or cancelled."""

from typing import Any

import pytest

from podium.accounts.models import User
from podium.audit.verbs import Verb
from podium.baseline_runs.models import BaselineRun, RunState
from tests.site.api.callers import problem
from tests.site.api.conftest import As, World
from tests.site.api.test_host import CARRY, CUP, TASK, carried, happened, planned


def test_a_baseline_starts_once_for_one_plan_and_is_cancelled(
    world: World, calls: As, olga: User
) -> None:
    caller, body = calls(olga), {"act": "start", "tasks": [TASK], "method": "trivial"}
    version = world.task.dataset_version
    version.facts["rows"] = {"train": 100}
    version.save()
    plan = carried(caller, "baselines", body)["plan"]
    problem(caller.post(CARRY, {"plan": plan}), 409, "moved")
    second = planned(caller, "baselines", body)
    assert second["lines"] == []
    assert "already ran with this limit" in second["skipped"][0]
    problem(caller.post(CARRY, {"plan": second["plan"]}), 409, "nothing_to_run")
    carried(caller, "baselines", {"act": "cancel", "task": TASK, "method": "trivial"})
    assert BaselineRun.objects.get().state == RunState.CANCELLED
    assert happened(Verb.CANCELLED_BASELINE, olga)


def test_baselines_start_on_all_tasks_with_limit_and_seeds(
    world: World, calls: As, olga: User
) -> None:
    caller, body = calls(olga), {"act": "start", "method": "linear", "seconds": 60, "seeds": [2, 3]}
    plan = planned(caller, "baselines", body)
    count = 2 * world.task.challenge.tasks.count()
    assert plan["lines"][0].startswith(f"Linear (LQF head): {count} runs of at most 60 s")
    assert "The boards show only seed 2." in plan["lines"]
    carried(caller, "baselines", body)
    runs = BaselineRun.objects.filter(method="linear", seconds=60)
    assert runs.count() == count
    assert happened(Verb.QUEUED_BASELINES, olga)
    odd = {"act": "restart", "method": "linear", "task": TASK}
    problem(caller.post(f"{CUP}/baselines/plan", {**odd, "seed": 9}), 409, "no_run")
    carried(caller, "baselines", {**odd, "act": "cancel", "seed": 2})
    assert list(runs.filter(state=RunState.CANCELLED).values_list("seed", flat=True)) == [2]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "magic"}, "no_method"),
        ({"seconds": 3001}, "bad_seconds"),
        ({"seeds": list(range(11))}, "bad_seeds"),
        ({"tasks": ["elsewhere"]}, "no_tasks"),
        ({"tasks": []}, "no_tasks"),
    ],
)
def test_baselines_that_cannot_start_are_refused(
    world: World, calls: As, olga: User, changes: Any, code: str
) -> None:
    body = {"act": "start", "method": "linear", **changes}
    problem(calls(olga).post(f"{CUP}/baselines/plan", body), 409, code)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"act": "start", "task": TASK}, "task"),
        ({"act": "start", "seed": 2}, "seed"),
        ({"act": "restart", "task": TASK, "seeds": [2]}, "seeds"),
        ({"act": "cancel", "task": TASK, "tasks": [TASK]}, "tasks"),
        ({"act": "restart", "task": TASK, "seconds": 60}, "seconds"),
        ({"act": "restart"}, "task"),
    ],
)
def test_what_an_act_on_baselines_does_not_take_is_refused_and_not_passed_over(
    world: World, calls: As, olga: User, body: Any, field: str
) -> None:
    answer = calls(olga).post(f"{CUP}/baselines/plan", {"method": "linear", **body})
    problem(answer, 422, "invalid")
    assert answer.json()["errors"][0]["where"] == f"body.{field}"
    assert not BaselineRun.objects.exists()
