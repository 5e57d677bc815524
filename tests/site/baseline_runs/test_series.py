"""Series of baseline runs: several tasks, a time limit and seeds, planned and then queued."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from pytest_django import Settings

from podium.accounts.models import User
from podium.audit.models import Event
from podium.baseline_runs import series, training
from podium.baseline_runs.actions import board_seeds, pair_of, restart, start
from podium.baseline_runs.models import BaselineRun, RunState
from podium.baseline_runs.series import Wish, carry_out, plan, seeds_of
from podium.challenges.models import Challenge, Feedback, Task
from podium.refusals import Refused
from podium.standings.actions import rebuild
from podium.standings.models import Standing
from podium.submissions.actions import set_aside
from podium.submissions.models import Part, State, Submission
from tests.site import factories
from tests.site.pets import make_pets_task


@pytest.fixture
def tasks(challenge: Challenge) -> list[Task]:
    """Two classification tasks and one of pairs."""
    return [
        factories.make_task(challenge, "classification", "animals"),
        factories.make_task(challenge, "classification", "plants"),
        factories.make_task(challenge, "matching", "offers"),
    ]


@pytest.fixture
def wish(challenge: Challenge, tasks: list[Task]) -> Wish:
    return Wish(challenge=challenge, method="linear", seeds=[1, 2], seconds=300)


def queue(wish: Wish, **changes: Any) -> series.Series:
    """Plan the wish and carry the plan out."""
    wish = replace(wish, **changes)
    return carry_out(wish, fingerprint=plan(wish).fingerprint)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("1", (1,)), ("1, 2,3", (1, 2, 3)), ("2-4, 9", (2, 3, 4, 9)), ("3,1,3", (3, 1)), ("0", (0,))],
)
def test_seeds_are_read_in_their_order(text: str, seeds: tuple[int, ...]) -> None:
    assert seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "one", "1.5", "-1", "1,,2", "4-2", "1;2", "٣", "9" * 12])
def test_what_is_not_a_seed_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        seeds_of(text)
    assert refused.value.code == "bad_seeds"


def test_a_long_range_is_not_counted_out_before_it_is_refused(wish: Wish) -> None:
    with pytest.raises(Refused, match="at most 10 seeds"):
        plan(replace(wish, seeds=seeds_of("1-999999999")))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "magic"}, "no_method"),
        ({"method": "autogluon-multimodal"}, "no_method"),
        ({"seconds": 0}, "bad_seconds"),
        ({"seconds": 3001}, "bad_seconds"),
        ({"seeds": []}, "bad_seeds"),
        ({"seeds": range(11)}, "bad_seeds"),
        ({"seeds": [-1]}, "bad_seeds"),
        ({"seeds": [1_000_001]}, "bad_seeds"),
        ({"tasks": []}, "no_tasks"),
        ({"tasks": ["animals", "of-others"]}, "no_tasks"),
    ],
)
def test_a_bad_wish_is_refused(wish: Wish, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(replace(wish, **changes))
    assert refused.value.code == code
    assert not BaselineRun.objects.exists()


def test_a_task_of_another_challenge_is_none_of_this_one(wish: Wish) -> None:
    factories.make_task(factories.make_challenge("other"), "matching", "elsewhere")
    with pytest.raises(Refused, match="There is no task `elsewhere` here"):
        plan(replace(wish, tasks=["elsewhere"]))


def test_a_challenge_without_tasks_has_none_to_run(db: None) -> None:
    empty = factories.make_challenge("empty")
    with pytest.raises(Refused, match="Choose at least one task"):
        plan(Wish(challenge=empty, method="linear", seeds=[1]))


def test_the_plan_says_what_runs_how_long_and_what_boards_show(wish: Wish) -> None:
    planned = plan(wish)
    assert [(run.task.slug, run.seed, run.is_on_board) for run in planned.runs] == [
        *((slug, 1, True) for slug in ("animals", "plants", "offers")),
        *((slug, 2, False) for slug in ("animals", "plants", "offers")),
    ]
    assert planned.lines == [
        "Linear (LQF head): 6 runs of at most 300 s, 30 min in total.",
        "Animals: seeds 1, 2",
        "Plants: seeds 1, 2",
        "Offers: seeds 1, 2",
        "A baseline worker takes them one after another.",
        "The boards show only seed 1.",
        "What the other seeds reach is shown here, to organizers only.",
    ]
    assert not planned.left_out
    assert not BaselineRun.objects.exists()


def test_what_suits_no_task_is_left_out_with_the_reason(wish: Wish) -> None:
    planned = plan(replace(wish, method="findmatches"))
    assert {run.task.slug for run in planned.runs} == {"offers"}
    said = "FindMatches serves matching tasks, not classification."
    assert planned.left_out == [f"Animals: {said}", f"Plants: {said}"]


def test_equal_runs_are_left_out_and_failed_or_other_ones_are_not(
    wish: Wish, tasks: list[Task]
) -> None:
    team = factories.make_team(wish.challenge, "Linear", baseline="linear")
    sent = factories.make_submission(team, tasks[0])
    runs = (
        {"task": tasks[0], "seed": 1, "state": RunState.FINISHED, "submission": sent},
        {"task": tasks[0], "seed": 2, "state": RunState.FAILED},
        {"task": tasks[1], "seed": 1, "state": RunState.QUEUED},
        {"task": tasks[1], "seed": 2, "state": RunState.FINISHED},  # its file is gone
        {"task": tasks[2], "seed": 1, "state": RunState.CANCELLED},
        {"task": tasks[2], "seed": 2, "state": RunState.QUEUED, "seconds": 60},
    )
    for fields in runs:
        BaselineRun.objects.create(**{"method": "linear", "seconds": 300, **fields})
    planned = plan(wish)
    assert [(run.task.slug, run.seed) for run in planned.runs] == [
        ("offers", 1), ("animals", 2), ("plants", 2), ("offers", 2),
    ]  # fmt: skip
    assert planned.left_out == [
        "Animals: seed 1 already ran with this limit, or will.",
        "Plants: seed 1 already ran with this limit, or will.",
    ]
    assert "2 more are queued or running already." in " ".join(planned.lines)


def test_all_are_queued_by_one_act_with_one_event(wish: Wish, olga: User) -> None:
    done = carry_out(wish, fingerprint=plan(wish).fingerprint, by=olga)
    rows = BaselineRun.objects.order_by("pk")
    queued = list(rows.values_list("task__slug", "seconds", "seed", "is_on_board", "state"))
    assert queued == [
        (run.task.slug, 300, run.seed, run.is_on_board, RunState.QUEUED) for run in done.runs
    ]
    event = Event.objects.get()
    assert (event.verb, event.actor, event.challenge) == ("queued baselines", olga.name, "cup")
    assert event.facts == {
        "method": "linear",
        "tasks": "animals, plants, offers",
        "seconds": 300,
        "seeds": "1, 2",
        "runs": 6,
    }


def test_it_is_refused_once_something_else_would_be_queued(wish: Wish, tasks: list[Task]) -> None:
    read = plan(wish).fingerprint
    start(task=tasks[0], method="linear", seconds=300)
    with pytest.raises(Refused, match="Read again") as refused:
        carry_out(wish, fingerprint=read)
    assert refused.value.code == "moved"
    assert BaselineRun.objects.count() == 1


def test_a_run_that_is_started_at_the_same_moment_is_refused(
    wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collide(*_: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(series, "_queue", collide)
    with pytest.raises(Refused, match="Read again"):
        queue(wish)


def test_a_plan_is_carried_out_once_and_then_has_nothing_to_run(wish: Wish) -> None:
    queue(wish)
    assert plan(wish).runs == []
    with pytest.raises(Refused) as refused:
        queue(wish)
    assert refused.value.code == "nothing_to_run"
    assert BaselineRun.objects.count() == 6


def test_boards_go_on_showing_the_seed_of_the_first_run(wish: Wish, tasks: list[Task]) -> None:
    queue(wish, tasks=["animals"])
    later = plan(replace(wish, seeds=[7, 1], seconds=60))
    assert [(run.task.slug, run.seed) for run in later.runs if run.is_on_board] == [
        ("plants", 7), ("offers", 7), ("animals", 1),
    ]  # fmt: skip
    aside = plan(replace(wish, seeds=[7], tasks=["animals"]))
    assert "Animals: the board keeps the seed of earlier runs." in aside.lines
    BaselineRun.objects.filter(seed=1).update(state=RunState.FAILED)
    assert board_seeds(tasks, "linear") == {}
    assert all(run.is_on_board for run in plan(replace(wish, seeds=[7])).runs)


def test_without_a_limit_a_run_gets_what_its_method_gets(wish: Wish, settings: Settings) -> None:
    settings.BASELINE_SECONDS = 40
    assert plan(replace(wish, seconds=None)).seconds == 40
    queue(wish)
    assert plan(replace(wish, method="positive-congruent", seconds=None)).seconds == 160


def test_a_run_again_keeps_its_limit_seed_and_place(wish: Wish, olga: User) -> None:
    queue(wish, tasks=["animals"])
    for seed, is_shown in ((1, True), (2, False)):
        run = BaselineRun.objects.get(seed=seed)
        BaselineRun.objects.filter(pk=run.pk).update(state=RunState.FAILED)
        run.refresh_from_db()
        again = restart(run=run, by=olga)
        assert (again.seconds, again.seed, again.is_on_board) == (300, seed, is_shown)


def test_seeds_wait_at_the_same_time_and_the_same_one_does_not(tasks: list[Task]) -> None:
    for seed in (1, 2):
        start(task=tasks[0], method="linear", seed=seed)
    assert list(BaselineRun.objects.order_by("pk").values_list("is_on_board", flat=True)) == [
        True, False,
    ]  # fmt: skip
    with pytest.raises(IntegrityError):
        BaselineRun.objects.create(
            task=tasks[0], method="linear", seconds=BaselineRun.objects.first().seconds, seed=1
        )  # type: ignore[union-attr]


# What a run does with them -----------------------------------------------------------------------


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


def test_a_method_gets_the_limit_and_seed_of_its_run(pets: Task) -> None:
    run = start(task=pets, method="linear", seconds=77, seed=5)
    command = training._command(run, Path("out"))
    assert command[command.index("--time-limit") + 1] == "77"
    assert command[command.index("--seed") + 1] == "5"


def test_the_second_seed_is_scored_but_off_the_boards(pets: Task) -> None:
    queue(Wish(challenge=pets.challenge, method="trivial", seeds=[1, 2], seconds=20))
    for pk in BaselineRun.objects.order_by("pk").values_list("pk", flat=True):
        run = BaselineRun.claim(pk)
        assert run is not None
        training.train(run)
    first, second = Submission.objects.order_by("pk")
    assert (first.withdrawn_at, first.state) == (None, State.QUEUED)
    assert (second.withdrawn_reason, second.state) == (training.ASIDE, State.QUEUED)
    event = Event.objects.get(verb="withdrew submission")
    assert (event.subject, event.facts["why"]) == (f"submission:{second.pk}", training.ASIDE)


@pytest.mark.parametrize("feedback", [Feedback.ROUNDED, Feedback.LADDER])
def test_a_better_second_seed_changes_no_board(challenge: Challenge, feedback: str) -> None:
    task = factories.make_task(challenge, "classification", feedback=feedback)
    team = factories.make_team(challenge, "Linear", baseline="linear")
    for public in (0.6, 0.9):
        sent = factories.make_submission(team, task, quota_day=None)
        factories.make_evaluation(sent, public=public, private=0.5)
    set_aside(submission=sent, why=training.ASIDE)
    rebuild(task)
    row = Standing.objects.get(board__task=task, board__part=Part.PUBLIC, valid_until=None)
    assert (row.score, row.attempts) == (0.6, 1)


def test_a_pair_is_of_what_boards_show(tasks: list[Task]) -> None:
    first = BaselineRun.objects.create(task=tasks[0], method="linear", state=RunState.FINISHED)
    for is_on_board in (True, False):
        BaselineRun.objects.create(
            task=tasks[0],
            method="positive-congruent",
            state=RunState.FINISHED,
            seed=2 - is_on_board,
            is_on_board=is_on_board,
            reference=first,
        )
    pair = pair_of(tasks[0])
    assert pair is not None
    assert pair.seed == 1


# From a shell ------------------------------------------------------------------------------------


def test_the_command_queues_chosen_runs(wish: Wish, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = {"methods": ["linear"], "tasks": ["animals"], "seconds": 60, "seeds": "4,5"}
    call_command("run_baselines", challenge="cup", **chosen)
    assert capsys.readouterr().out == "2 baseline runs are queued.\n"
    found = BaselineRun.objects.order_by("pk").values_list("task__slug", "seconds", "seed")
    assert list(found) == [("animals", 60, 4), ("animals", 60, 5)]
    call_command("run_baselines", challenge="cup", **chosen)
    assert capsys.readouterr().out.splitlines() == [
        "Left out. Animals: seeds 4, 5 already ran with this limit, or will.",
        "0 baseline runs are queued.",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": "1"}, "Name a method"),
        ({"methods": ["linear"], "seeds": "one"}, "Write seeds as whole numbers"),
        ({"methods": ["linear"], "tasks": ["nowhere"]}, "There is no task `nowhere`"),
        ({"methods": ["linear"], "seconds": 9999}, "Give a time limit"),
    ],
)
def test_the_command_refuses_in_words(wish: Wish, options: dict[str, Any], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("run_baselines", challenge="cup", **options)
    assert not BaselineRun.objects.exists()
