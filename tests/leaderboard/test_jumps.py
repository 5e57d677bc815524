"""A leak lands where nobody is; honest progress lands near others, however steep it was."""

import pytest

from leaderboard.jumps import Field, Reached, jump

ERROR = 0.01


def reached(*values: float) -> list[Reached]:
    return [Reached(value, ERROR) for value in values]


def field(*teams: float, baselines: tuple[float, ...] = (0.5, 0.82)) -> Field:
    return Field(reached(*teams), reached(*baselines), trivial=0.5, ceiling=1.0)


OTHERS = (0.8, 0.83, 0.79, 0.85, 0.84)


def test_a_file_far_beyond_everybody_is_a_jump() -> None:
    found = jump(reached(0.8, 0.81, 0.99), field(*OTHERS))
    assert found is not None
    assert found.place == 2
    assert found.rise == pytest.approx(0.18 / (ERROR * 2**0.5))
    assert found.beyond == pytest.approx(0.14 / (ERROR * 2**0.5))
    assert found.closed_beyond == pytest.approx(0.14 / 0.15)
    assert found.p < 1e-9


def test_it_is_found_in_whatever_way_the_team_began() -> None:
    assert jump(reached(0.3, 0.99), field(*OTHERS)) is not None


@pytest.mark.parametrize(
    "files",
    [
        (0.5, 0.86),  # from the trivial file to a good model at once
        (0.1, 0.9),  # from a broken file to the best model of all
        (0.6, 0.7, 0.8, 0.85, 0.88, 0.9),  # gradual progress
        (0.85, 0.88, 0.91, 0.94, 0.97, 0.99),  # and gradual progress to the very top
        (0.9, 0.3, 0.9),  # a bad file in between
        (0.99,),  # a first file has nothing to rise from
    ],
)
def test_honest_progress_is_no_jump(files: tuple[float, ...]) -> None:
    assert jump(reached(*files), field(*OTHERS)) is None


def test_where_nobody_has_a_model_yet_nothing_is_a_jump() -> None:
    assert jump(reached(0.5, 0.95), field(0.5, 0.51, 0.5, 0.49, 0.5, baselines=(0.5,))) is None
    assert jump(reached(0.5, 0.99), field(0.8, 0.8, 0.8)) is None


def test_once_others_are_there_too_it_is_no_jump() -> None:
    assert jump(reached(0.6, 0.95), field(*OTHERS)) is not None
    assert jump(reached(0.6, 0.95), field(*OTHERS, 0.93)) is None


def test_a_baseline_that_is_as_good_makes_it_no_jump() -> None:
    assert jump(reached(0.6, 0.95), field(*OTHERS, baselines=(0.5, 0.94))) is None


def test_noise_is_no_jump() -> None:
    wide = Field([Reached(0.8, 0.1)] * 9 + [Reached(0.9, 0.001)] * 4, [], trivial=0.5, ceiling=1.0)
    assert jump([Reached(0.8, 0.1), Reached(0.99, 0.1)], wide) is None


def test_losses_are_turned_so_that_higher_is_better() -> None:
    others = [Reached(-value, ERROR) for value in (0.6, 0.5, 0.55, 0.58)]
    found = jump(
        [Reached(-0.7, ERROR), Reached(-0.05, ERROR)], Field(others, [], -1.1, ceiling=0.0)
    )
    assert found is not None
    assert found.closed_beyond == pytest.approx(0.9)


def test_a_perfect_file_without_a_standard_error_is_measured() -> None:
    perfect = [Reached(0.8, 0.0), Reached(1.0, 0.0)]
    others = Field([Reached(value, 0.0) for value in OTHERS], [], 0.5, 1.0)
    found = jump(perfect, others)
    assert found is not None
    assert found.p == 0.0
