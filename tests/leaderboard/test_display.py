from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leaderboard import decimals, feedback_step, noise_decimals, round_to_step

steps = st.sampled_from([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
unit_scores = st.floats(0, 1)


@pytest.mark.parametrize(
    ("standard_error", "step"),
    [
        (0.0134, 0.01),
        (0.02, 0.02),
        (0.0499, 0.02),
        (0.05, 0.05),
        (0.1 + 0.2 - 0.25, 0.05),  # 0.04999999999999999 in floats
        (0.00099, 0.0005),
        (1.0, 1.0),
        (3.7, 2.0),
        (36.0, 20.0),
    ],
)
def test_the_step_is_the_largest_round_number_not_above_the_error(
    standard_error: float, step: float
) -> None:
    assert feedback_step(standard_error) == step


@pytest.mark.parametrize("standard_error", [0.0, -0.1, float("nan"), float("inf")])
def test_an_error_without_a_step_is_refused(standard_error: float) -> None:
    with pytest.raises(ValueError, match="standard error above 0"):
        feedback_step(standard_error)


@given(st.floats(1e-9, 1e3))
def test_a_step_is_above_forty_percent_of_the_error(standard_error: float) -> None:
    step = feedback_step(standard_error)
    assert 0.4 * standard_error < step * (1 + 1e-9)
    assert step <= standard_error * (1 + 1e-9)


@pytest.mark.parametrize(
    ("value", "step", "printed"),
    [
        (0.8149, 0.005, "0.815"),
        (0.8150000001, 0.005, "0.815"),
        (0.3, 0.1, "0.3"),
        (0.1 + 0.2, 0.1, "0.3"),
        (0.8125, 0.005, "0.815"),  # half way: away from 0
        (-0.8125, 0.005, "-0.815"),
        (0.285, 0.01, "0.29"),  # 0.284999999999999975 in binary
        (-0.001, 0.01, "0.0"),
        (0.99, 0.05, "1.0"),
    ],
)
def test_a_rounded_score_prints_without_noise(value: float, step: float, printed: str) -> None:
    assert str(round_to_step(value, step)) == printed


def test_a_score_is_never_rounded_out_of_the_metrics_range() -> None:
    assert round_to_step(0.95, 0.3, high=1.0) == 0.9
    assert round_to_step(36.0437, 0.01, low=0, high=36.0437) == 36.04
    assert round_to_step(36.0437, 0.1, low=0, high=36.0437) == 36.0
    assert round_to_step(0.05, 0.3, low=0.04) == 0.3
    with pytest.raises(ValueError, match="No multiple"):
        round_to_step(0.5, 1.0, low=0.4, high=0.6)


@pytest.mark.parametrize(("value", "step"), [(float("nan"), 0.1), (0.5, 0.0), (0.5, -0.1)])
def test_what_cannot_be_rounded_is_refused(value: float, step: float) -> None:
    with pytest.raises(ValueError, match="Cannot round"):
        round_to_step(value, step)


@given(unit_scores, steps)
def test_a_rounded_score_is_a_near_multiple_in_range(value: float, step: float) -> None:
    rounded = round_to_step(value, step)
    assert Decimal(str(rounded)) % Decimal(str(step)) == 0
    assert abs(rounded - value) <= step / 2 + 1e-9
    assert 0 <= rounded <= 1
    assert round_to_step(rounded, step) == rounded


@given(unit_scores, unit_scores, steps)
def test_rounding_keeps_the_order(a: float, b: float, step: float) -> None:
    assume(a <= b)
    assert round_to_step(a, step) <= round_to_step(b, step)


@pytest.mark.parametrize(("step", "digits"), [(0.05, 2), (0.1, 1), (1.0, 0), (20.0, 0), (2e-7, 7)])
def test_a_step_tells_how_many_decimals_to_print(step: float, digits: int) -> None:
    assert decimals(step) == digits


@pytest.mark.parametrize("step", [0.0, -0.1, float("inf")])
def test_a_step_that_is_no_step_has_no_decimals(step: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        decimals(step)


@given(unit_scores, steps)
def test_the_decimals_of_the_step_are_enough_to_print_a_score(value: float, step: float) -> None:
    rounded = round_to_step(value, step)
    assert float(f"{rounded:.{decimals(step)}f}") == rounded


@pytest.mark.parametrize(
    ("standard_error", "shown"),
    [(0.0123, 3), (0.01, 3), (0.0099, 4), (0.2, 2), (1.5, 1), (36.0, 0), (1e-9, 5)],
)
def test_no_more_decimals_than_the_noise_allows(standard_error: float, shown: int) -> None:
    assert noise_decimals(standard_error) == shown


@pytest.mark.parametrize("standard_error", [0.0, -1.0, float("nan"), float("inf")])
def test_noise_is_an_error_above_zero(standard_error: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        noise_decimals(standard_error)
