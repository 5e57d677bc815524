"""The probabilities are those of scipy."""

import pytest
from scipy import stats

from leaderboard.tails import binomial_tail, normal_tail, poisson_tail


@pytest.mark.parametrize(
    ("count", "mean"), [(0, 3.0), (1, 3.0), (3, 3.0), (10, 3.0), (60, 12.5), (900, 300.0), (5, 0.0)]
)
def test_poisson(count: int, mean: float) -> None:
    expected = stats.poisson.sf(count - 1, mean)
    assert poisson_tail(count, mean) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("count", "tries", "share"), [(0, 5, 0.2), (5, 6, 0.02), (5, 200, 0.02)])
def test_binomial(count: int, tries: int, share: float) -> None:
    expected = stats.binom.sf(count - 1, tries, share)
    assert binomial_tail(count, tries, share) == pytest.approx(expected, rel=1e-9)


def test_normal() -> None:
    assert normal_tail(5.0) == pytest.approx(stats.norm.sf(5.0), rel=1e-9)
