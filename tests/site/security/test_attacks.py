"""What leaks by design: a freer feedback mode tells an attacker no less than a stricter one."""

import numpy as np
import pytest

from benchmarks.attacks import ATTACKS, MODES, NEVER_SHOWN, PAIRS, Exact, Ladder, Rounded, gain
from benchmarks.comparison_attacks import PAIRS_A_DAY, Comparisons
from podium.analysis.comparisons import MOST_A_DAY

ROWS, SUBMISSIONS, REPEATS = 400, 100, 8
STRICTER = ("exact", "rounded", "ladder", "ladder, 1 step", "ladder, 5 steps")
NOISE = 0.5 / (ROWS * REPEATS) ** 0.5
"""The standard error of the mean gain of a team that knows nothing."""


@pytest.fixture(scope="module")
def gains() -> dict[tuple[str, str], float]:
    return {
        (attack, mode): gain(attack, mode, ROWS, SUBMISSIONS, REPEATS)
        for attack in ATTACKS
        for mode in MODES
    }


@pytest.mark.parametrize("attack", ATTACKS)
def test_exact_tells_no_less_than_rounded_and_that_no_less_than_a_ladder(
    gains: dict[tuple[str, str], float], attack: str
) -> None:
    exact, rounded, *ladders = (gains[attack, mode] for mode in STRICTER)
    assert exact >= rounded - NOISE
    assert all(rounded >= ladder - NOISE for ladder in ladders)


def test_the_attacks_work_where_nothing_is_in_their_way(
    gains: dict[tuple[str, str], float],
) -> None:
    assert gain("log loss", NEVER_SHOWN, ROWS, SUBMISSIONS, 2) == 0.5
    assert gain("brier", NEVER_SHOWN, ROWS, SUBMISSIONS, 2) == 0.5
    assert gain("precision", NEVER_SHOWN, ROWS, SUBMISSIONS, 2) > 0.2
    assert all(gains[attack, "exact"] > 0.05 for attack in ATTACKS)


def test_comparisons_would_tell_every_label_and_those_of_raised_files_tell_none() -> None:
    as_they_are, in_steps, raised = (
        gain("comparisons", pairs, ROWS, SUBMISSIONS, REPEATS) for pairs in PAIRS
    )
    assert as_they_are == 0.5
    assert in_steps > 0.45
    assert abs(raised) < 3 * NOISE


def test_what_is_shown_of_two_files() -> None:
    truth = np.arange(100) < 50
    rising = [np.arange(100) < wanted for wanted in (10, 20, 21, 40)]
    free, gated = (Comparisons(truth, 0.05, gated=gated) for gated in (False, True))
    for site in (free, gated):
        assert [site.send(chosen) for chosen in rising] == [0, 1, 2, 3]
    assert [free.both(0, 3), free.both(1, 2)] == [0.1, 0.2]
    assert [gated.both(0, 3), gated.both(1, 2), gated.both(1, 3)] == [0.1, None, 0.2]
    assert [gated.both(0, 1) for _ in range(MOST_A_DAY - 3)] == [0.1] * (MOST_A_DAY - 3)
    assert gated.both(0, 1) is None
    assert PAIRS_A_DAY == MOST_A_DAY


def test_rounding_stops_the_log_loss_alone(gains: dict[tuple[str, str], float]) -> None:
    assert abs(gains["log loss", "rounded"]) < 3 * NOISE
    assert gains["flips", "rounded"] > 10 * NOISE
    assert gains["boosting", "rounded"] > 5 * NOISE


def test_a_ladder_of_large_steps_tells_nothing(gains: dict[tuple[str, str], float]) -> None:
    assert all(gains[attack, "ladder, 5 steps"] < 3 * NOISE for attack in ATTACKS)


def test_what_the_modes_show() -> None:
    truth = np.arange(100) % 2 == 0
    guesses = [truth.copy() for _ in range(3)]
    for guess, wrong in zip(guesses, (40, 41, 38), strict=True):
        guess[:wrong] ^= True
    assert [Exact(truth).reply(guess) for guess in guesses] == [0.6, 0.59, 0.62]
    assert [Rounded(truth).reply(guess) for guess in guesses] == [0.6, 0.6, 0.6]
    # Two rows better of 100: more than the error of the difference, 0.014, but not than 0.05.
    ladder = Ladder(truth)
    shown = [ladder.reply(guess) for guess in guesses]
    assert shown == pytest.approx([0.6, 0.6, 0.62])
    coarse = Ladder(truth, 0.05)
    assert [coarse.reply(guess) for guess in guesses] == pytest.approx([0.6, 0.6, 0.6])


def test_one_row_better_is_no_improvement_for_a_ladder() -> None:
    truth = np.ones(100, bool)
    guess = np.arange(100) >= 40
    ladder = Ladder(truth)
    assert ladder.reply(guess) == pytest.approx(0.6)
    guess[0] = True
    assert ladder.reply(guess) == pytest.approx(0.6)
    guess[1] = True
    assert ladder.reply(guess) == pytest.approx(0.62)
