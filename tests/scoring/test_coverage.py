"""Closed-form intervals hold the true value of a metric about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from scoring import metrics_of
from scoring.intervals import Units, interval
from tests.scoring.simulated import Choices, Pairs

NOMINAL, POINTS = 0.95, 0.02
MANY = 400_000
CONSERVATIVE = {"ece", "mce", "recall_at_precision_90", "recall_at_precision_95"}
"""These may cover more often, and say so."""

REGIMES = {
    "pairs": (Pairs(0.2, 2.0), 500, 1, 1500),
    "rare positives": (Pairs(0.05, 2.0), 2000, 1, 1000),
    "grouped pairs, overconfident": (Pairs(0.5, 1.5, 2.0), 2000, 4, 1000),
    "three classes": (Choices((0.5, 0.3, 0.2), 1.5), 500, 1, 800),
    "three classes, overconfident, grouped": (Choices((0.5, 0.3, 0.2), 1.5, 2.0), 2000, 4, 800),
    "ten classes": (
        Choices((0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.04, 0.03, 0.02, 0.02), 2.0),
        2000,
        1,
        400,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIMES)
def test_intervals_cover_within_two_points_of_nominal(name: str) -> None:
    population, n, size, rounds = REGIMES[name]
    forms = metrics_of(population.kind)
    whole = population.draw(np.random.default_rng(99), MANY)
    truth = {name: form.measure(whole).value for name, form in forms.items()}
    units = Units.of(np.arange(n) // size)
    random = np.random.default_rng(7)
    covered: dict[str, list[bool]] = {}
    for _ in range(rounds):
        view = population.draw(random, n, size)
        for metric, form in forms.items():
            target, measured = truth[metric], form.measure(view)
            if target is None or 1 - target < 1e-9 or measured.value is None:
                continue
            found = interval(measured, units, form.range)
            assert found.low is not None
            assert found.high is not None
            covered.setdefault(metric, []).append(found.low <= target <= found.high)
    noise = 2.5 * np.sqrt(NOMINAL * (1 - NOMINAL) / rounds)
    shares = {metric: float(np.mean(held)) for metric, held in covered.items()}
    short = {m: share for m, share in shares.items() if share < NOMINAL - POINTS - noise}
    long = {m: share for m, share in shares.items() if share > NOMINAL + POINTS + noise}
    assert not short
    assert not long.keys() - CONSERVATIVE, long
    assert len(shares) >= 13
