"""What is displayed before the reveal, so that no file can single out a row."""

import pytest

from leaderboard import round_to_step
from podium.accounts.models import User
from podium.challenges.models import Challenge, Feedback, Task
from podium.standings.feedback import AFTER_THE_REVEAL, feedback, step_of, step_of_rows
from podium.submissions.models import Part, Score
from podium.teams.models import Team
from scoring import METRICS
from scoring.intervals import wilson
from tests.site import factories


def _every(kind: str) -> list[str]:
    return [name for name, metric in METRICS.items() if kind in metric.kinds]


@pytest.mark.parametrize("mode", Feedback.values)
@pytest.mark.parametrize("kind", ["matching", "classification"])
def test_nothing_is_displayed_that_one_row_decides(
    kind: str, mode: str, challenge: Challenge, team: Team, alice: User
) -> None:
    task = factories.make_task(challenge, kind, feedback=mode)
    task.solution.public_counts = [90, 10]
    task.solution.save()
    evaluation = factories.make_evaluation(
        factories.make_submission(team, task), public=0.5, private=0.5
    )
    for metric in _every(kind):
        Score.objects.get_or_create(
            evaluation=evaluation,
            part=Part.PUBLIC,
            metric=metric,
            defaults={
                "value": 0.512,
                "low": 0.412,
                "high": 0.612,
                "standard_error": 0.05,
                "n": 100,
            },
        )
    found = {each.metric.name: each for each in feedback(task, alice, evaluation)}
    assert set(found) == ({*_every(kind)} if mode == "rounded" else {task.headline})
    for name, shown in found.items():
        form = METRICS[name].forms[task.dataset_version.kind]
        if form.withheld == "all":
            assert (shown.value, shown.low, shown.high) == (None, None, None)
            assert shown.reason == AFTER_THE_REVEAL
            continue
        if mode == "exact":
            continue
        rows = form.rows([90, 10])
        is_coarser = name != task.headline and rows < 100
        step = max(step_of(task), step_of_rows(int(rows)) if is_coarser else 0.0)
        assert shown.value == round_to_step(shown.value, step, *form.range), name
        if form.withheld == "interval":
            ends = wilson(shown.value, rows)
            assert shown.low == pytest.approx(ends[0], abs=step)
            assert shown.high == pytest.approx(ends[1], abs=step)


def test_until_it_is_fixed_the_step_is_for_the_rows_of_the_headline(matching_task: Task) -> None:
    matching_task.solution.public_counts = [900, 25]
    matching_task.solution.public_rows = 925
    assert step_of(matching_task) == 0.01
    matching_task.step = None
    assert step_of(matching_task) == 0.1
    matching_task.feedback = "ladder"
    assert step_of(matching_task) == 0.5


@pytest.mark.parametrize("part", ["public", "private"])
def test_a_precision_of_one_claimed_row_tells_neither_its_label_nor_its_part(
    part: str, challenge: Challenge, team: Team, alice: User
) -> None:
    task = factories.make_task(challenge, "matching")
    evaluation = factories.make_evaluation(
        factories.make_submission(team, task), public=0.5, private=0.5
    )
    reason = "" if part == "public" else "no match is claimed"
    Score.objects.create(
        evaluation=evaluation,
        part=Part.PUBLIC,
        metric="precision",
        value=None if reason else 1.0,
        n=100,
        reason=reason,
    )
    found = {each.metric.name: each for each in feedback(task, alice, evaluation)}["precision"]
    assert (found.value, found.reason) == (None, AFTER_THE_REVEAL)
