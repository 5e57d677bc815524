import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import mean_score, mean_skill, skill


@pytest.mark.parametrize(
    ("score", "base", "ceiling", "expected"),
    [
        (0.5, 0.5, 1.0, 0.0),
        (1.0, 0.5, 1.0, 1.0),
        (0.75, 0.5, 1.0, 0.5),
        (0.25, 0.5, 1.0, -0.5),
        (0.0, 0.9, 1.0, -1.0),
        (0.25, 0.5, 0.0, 0.5),  # lower is better
        (None, 0.5, 1.0, 0.0),
        (0.7, 1.0, 1.0, None),
        (None, 1.0, 1.0, None),
    ],
)
def test_skill_is_the_share_of_the_way_from_base_to_ceiling(
    score: float | None, base: float, ceiling: float, expected: float | None
) -> None:
    assert skill(score, base, ceiling) == pytest.approx(expected)


def test_a_task_without_a_skill_is_left_out_of_the_mean() -> None:
    assert mean_skill([0.5, None, 0.0]) == 0.25
    assert mean_skill([None]) is None


def test_a_task_not_entered_counts_zero_in_the_mean_score() -> None:
    assert mean_score([0.8, None]) == 0.4
    assert mean_score([]) is None


@given(st.floats(0, 1), st.floats(0, 0.99))
def test_skill_stays_between_minus_one_and_one(score: float, base: float) -> None:
    value = skill(score, base, 1.0)
    assert value is not None
    assert -1 <= value <= 1
