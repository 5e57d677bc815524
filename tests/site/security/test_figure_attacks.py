"""What leaks by figures: those of every file would tell far more than slices by class do."""

import numpy as np
import pytest

from benchmarks.figure_attacks import SHOWN, Site, gain, step_of
from podium.standings.feedback import step_of_rows

ROWS, SUBMISSIONS, REPEATS = 1000, 50, 2
ALONE, SLICES, EVERY, RAISED = SHOWN


@pytest.fixture(scope="module", params=[2, 10])
def gains(request: pytest.FixtureRequest) -> dict[str, float]:
    return {shown: gain(request.param, shown, ROWS, SUBMISSIONS, REPEATS) for shown in SHOWN}


def test_figures_of_every_file_would_tell_twice_as_much_as_slices(gains: dict[str, float]) -> None:
    assert gains[ALONE] > 0.02
    assert gains[EVERY] > 2 * gains[SLICES]


def test_figures_of_raised_files_tell_little_more_than_slices(gains: dict[str, float]) -> None:
    assert gains[RAISED] < 1.7 * gains[SLICES]
    assert gains[RAISED] < 0.7 * gains[EVERY]


def test_steps_are_those_of_the_site() -> None:
    assert [step_of(rows) for rows in (10, 100, 251, 5000)] == [
        step_of_rows(rows) for rows in (10, 100, 251, 5000)
    ]


def test_what_is_shown_of_a_file() -> None:
    truth = np.arange(400) % 2
    none = np.zeros(400, dtype=np.int64)
    halves = (np.arange(400) >= 200).astype(np.int64)
    for shown, first, second in ((ALONE, 1, 1), (SLICES, 3, 3), (EVERY, 3, 3), (RAISED, 3, 1)):
        site = Site(truth, 2, shown)
        found = [site.replies(none, halves) for _ in range(2)]
        assert [raised for raised, _ in found] == [True, False]
        assert [len(counts) for _, counts in found] == [first, second]
    count = Site(truth, 2, EVERY).replies(truth, halves)[1][1]
    assert (count.seen, count.step) == (pytest.approx(100), pytest.approx(4))
