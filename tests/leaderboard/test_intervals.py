import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import competition_ranks, mean_skill, skill
from leaderboard.intervals import (
    RankInterval,
    SkillTask,
    mean_skill_intervals,
    rank_intervals,
    resampled_scores,
)
from scoring.bootstrap import Resamples
from tests.leaderboard.evidences import drawn, evidence


@pytest.mark.parametrize("groups", [None, [5, 5, -3, 10**9, -3] * 8])
def test_a_resampled_score_is_that_of_the_drawn_rows(groups) -> None:
    board = drawn([0.9, 0.6, 0.3], 40, groups=groups)
    found = resampled_scores(board, "v1", "ranks", count=70)
    weights = np.array(list(Resamples(board.groups, "v1", "ranks", count=70)))
    assert found == pytest.approx(board.scores + weights @ board.influence.T / 40)
    if groups is None:
        assert found == pytest.approx(weights @ board.hit.T / 40)


def test_rank_intervals_are_quantiles_of_the_ranks_in_the_resamples() -> None:
    board = drawn([0.9, 0.89, 0.6, 0.59, 0.3], 300)
    sampled = resampled_scores(board, "v1", "rank intervals")
    ranks = np.array([competition_ranks(row.tolist(), True) for row in sampled])
    low = np.quantile(ranks, 0.025, axis=0, method="lower")
    high = np.quantile(ranks, 0.975, axis=0, method="higher")
    found = rank_intervals(board, True, "v1")
    assert found == [RankInterval(*ends) for ends in zip(low, high, strict=True)]
    assert found[0] == RankInterval(1, 2)
    assert found[-1] == RankInterval(5, 5)


def test_many_equal_scores_share_a_rank_that_no_single_resample_gives_them() -> None:
    hit = np.random.default_rng(0).random((100, 80)) < 0.5
    influence = hit - hit.mean(axis=1)[:, None]
    board = evidence(hit, scores=np.full(100, 0.5), influence=influence)
    assert {each.low for each in rank_intervals(board, True, "v1")} == {1}


def test_a_lower_is_better_metric_turns_the_ranks() -> None:
    board = drawn([0.9, 0.5], 300)
    assert rank_intervals(board, False, "v1") == [RankInterval(2, 2), RankInterval(1, 1)]


def test_an_entry_without_influence_values_has_no_interval_and_stands_still_for_others() -> None:
    influence = np.random.default_rng(0).normal(size=(2, 50))
    influence[1] = np.nan
    board = evidence(np.zeros((2, 50)), metric="mcc", scores=[0.5, 0.4], influence=influence)
    assert rank_intervals(board, True, "v1") == [RankInterval(1, 2), None]
    assert (resampled_scores(board, "v1", "ranks", count=5)[:, 1] == 0.4).all()


def test_the_draws_are_those_of_the_version_alone() -> None:
    boards = [drawn([0.7, 0.6, 0.5], 60), drawn([0.7, 0.6, 0.5, 0.4], 60)]
    boards[0] = evidence(boards[1].hit[:3])
    first, second = (resampled_scores(board, "v1", "ranks", count=9) for board in boards)
    assert first == pytest.approx(
        second[:, :3], abs=1e-12
    )  # a sum in another order rounds differently
    assert resampled_scores(boards[0], "v2", "ranks", count=9) != pytest.approx(first, abs=1e-12)


@given(st.lists(st.integers(0, 10).map(lambda n: n / 10), min_size=1, max_size=6), st.randoms())
def test_rank_intervals_hold_the_rank_and_do_not_depend_on_the_order(accuracies, random) -> None:
    board = drawn(accuracies, 30)
    found = rank_intervals(board, True, "v1", count=50)
    own = competition_ranks(board.scores.tolist(), True)
    assert all(each.low <= rank <= each.high for each, rank in zip(found, own, strict=True))
    order = list(range(len(accuracies)))
    random.shuffle(order)
    moved = rank_intervals(evidence(board.hit[order]), True, "v1", count=50)
    assert moved == [found[place] for place in order]


def track_task(accuracies, entries, base: float = 0.5, ceiling: float = 1.0, seed: int = 0):
    return SkillTask(drawn(accuracies, 200, seed), tuple(entries), base, ceiling, f"v{seed}")


def test_mean_skill_is_that_of_the_board_and_lies_in_its_interval() -> None:
    tasks = [
        track_task([0.9, 0.7, 0.4], [0, 1, 2], seed=1),
        track_task([0.8, 0.9], [0, 2], seed=2),
        track_task([0.8], [1], base=1.0, seed=3),  # base is the ceiling: left out
    ]
    found = mean_skill_intervals(tasks, 4)
    scores = [dict(zip(task.entries, task.evidence.scores, strict=True)) for task in tasks]
    expected = [
        mean_skill([skill(s.get(n), t.base, t.ceiling) for s, t in zip(scores, tasks, strict=True)])
        for n in range(4)
    ]
    assert found.value == pytest.approx(expected)
    assert (found.low[:3] < found.value[:3]).all()
    assert (found.value[:3] < found.high[:3]).all()
    assert (found.value[3], found.low[3], found.high[3]) == (0, 0, 0)
    assert not found.over_tasks
    assert found.ranks[0] == RankInterval(1, 1)


def test_the_interval_of_a_mean_over_tasks_is_that_of_independent_tasks() -> None:
    tasks = [track_task([0.75], [0], base=0.0, seed=seed) for seed in range(4)]
    found = mean_skill_intervals(tasks, 1, count=2000)
    variance = sum(task.evidence.influence.var() / 200 for task in tasks) / 16
    assert found.high[0] - found.low[0] == pytest.approx(2 * 1.96 * np.sqrt(variance), rel=0.1)


def test_from_eight_tasks_on_tasks_are_drawn_too() -> None:
    accuracies = [0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.95]
    tasks = [track_task([p], [0], seed=seed) for seed, p in enumerate(accuracies)]
    seven, eight = (mean_skill_intervals(tasks[:count], 1) for count in (7, 8))
    assert (seven.over_tasks, eight.over_tasks) == (False, True)
    assert eight.high[0] - eight.low[0] > 2 * (seven.high[0] - seven.low[0])


def test_skills_are_clipped_in_every_resample() -> None:
    found = mean_skill_intervals([track_task([0.02], [0], base=0.9)], 1)
    assert (found.value[0], found.low[0], found.high[0]) == (-1, -1, -1)


def test_a_lower_is_better_task_has_its_ceiling_below_its_base() -> None:
    found = mean_skill_intervals([track_task([0.2, 0.4], [0, 1], base=0.5, ceiling=0.0)], 2)
    assert found.value[0] > found.value[1]
    assert found.ranks == (RankInterval(1, 1), RankInterval(2, 2))


@pytest.mark.parametrize("tasks", [[], [track_task([0.5], [0], base=1.0)]])
def test_a_track_without_a_task_that_counts_is_refused(tasks) -> None:
    with pytest.raises(ValueError, match="No task"):
        mean_skill_intervals(tasks, 1)


def test_results_have_twelve_digits() -> None:
    found = mean_skill_intervals([track_task([0.77], [0], base=0.3)], 1)
    assert [float(f"{end:.11e}") for end in (*found.low, *found.high)] == [*found.low, *found.high]


def test_a_baseline_takes_no_rank_on_a_track() -> None:
    tasks = [track_task([0.6, 0.8, 0.95], [0, 1, 2])]
    found = mean_skill_intervals(tasks, 3, unranked=[2])
    assert found.ranks == (RankInterval(2, 2), RankInterval(1, 1), None)
    assert found.value[2] > found.value[1]
