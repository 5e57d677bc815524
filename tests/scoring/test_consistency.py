"""OPIS and its utility curves beyond their vectors."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.intervals import interval, standard_error
from scoring.metrics import Measured
from scoring.metrics.consistency import Consistency, calibration_range, consistency

NAMES = ("a", "b", "c", "d")
PAIRS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 3), st.integers(0, 3)),
    min_size=1,
    max_size=40,
)


def by_definition(rows: list[tuple[bool, int, int, int]], grid: int, epsilon: float) -> Any:
    """OPIS and both eps-OPIS by loops over thresholds, groups and pairs; None where undefined."""
    negatives = [score for positive, score, _, _ in rows if not positive]
    if not negatives:
        return None
    low, high = np.quantile(negatives, [0.9, 0.99])
    thresholds = [low + (high - low) * g / (grid - 1) for g in range(grid)]
    own = {
        code: [(positive, score) for positive, score, *ends in rows if code in ends]
        for code in range(len(NAMES))
    }
    used = [c for c, pairs in own.items() if len({positive for positive, _ in pairs}) == 2]
    if len(used) < 2:
        return None

    def utility(pairs: list[tuple[bool, int]], threshold: float) -> float:
        accepted = [[score >= threshold for positive, score in pairs if positive is side]
                    for side in (False, True)]  # fmt: skip
        phi, psi = 1 - np.mean(accepted[0]), np.mean(accepted[1])
        return float(2 * phi * psi / (phi + psi)) if phi + psi else 0.0

    curves = {c: np.array([utility(own[c], t) for t in thresholds]) for c in used}
    mean = np.mean(list(curves.values()), axis=0)
    order = sorted(used, key=lambda c: (-curves[c].mean(), NAMES[c]))
    size = max(1, int(epsilon * len(used)))
    ends = order[:size], order[-size:]
    pooled = [
        np.array([utility([pair for c in end for pair in own[c]], t) for t in thresholds])
        for end in ends
    ]
    means = [np.mean([curves[c] for c in end], axis=0) for end in ends]
    return (
        np.mean([(curve - mean) ** 2 for curve in curves.values()]),
        np.mean((pooled[0] - pooled[1]) ** 2),
        np.mean((means[0] - means[1]) ** 2),
        used,
    )


def found(rows: list[tuple[bool, int, int, int]], **options: Any) -> Consistency:
    positive, scores, left, right = (np.array(column) for column in zip(*rows, strict=True))
    return consistency(positive, scores.astype(np.float64), left, right, NAMES, **options)


@given(PAIRS, st.sampled_from([(101, 0.1), (11, 0.5), (5, 1.0)]))
def test_it_is_what_the_loops_of_the_definition_say(
    rows: list[tuple[bool, int, int, int]], options: tuple[int, float]
) -> None:
    grid, epsilon = options
    expected = by_definition(rows, grid, epsilon)
    result = found(rows, grid=grid, epsilon=epsilon)
    if expected is None:
        assert (result.opis, result.eps_opis, result.eps_opis_mean) == (None, None, None)
        assert (result.influence, result.eps_influence) == (None, None)
        assert result.reason
        return
    values = (result.opis, result.eps_opis, result.eps_opis_mean)
    assert values == pytest.approx(expected[:3], abs=1e-12)
    assert result.names == tuple(NAMES[code] for code in expected[3])
    assert result.utility.shape == (len(result.names), grid)


def test_why_it_is_undefined() -> None:
    no_negative = found([(True, 1, 0, 0), (True, 2, 1, 1)])
    assert (no_negative.reason, no_negative.thresholds) == ("no pair is negative", None)
    one_group = found([(True, 1, 0, 0), (False, 2, 0, 0), (True, 3, 1, 1)])
    assert one_group.reason == "fewer than two groups have positive and negative pairs"
    assert one_group.names == ("a",)
    assert one_group.thresholds is not None


def test_the_order_of_names_decides_ties_and_not_the_order_of_codes() -> None:
    """Two groups have one curve but not the same number of pairs: pooled, they differ."""
    good, poor = [(True, 5), (False, 1)], [(True, 1), (False, 4)]
    middle = [(True, 5), (True, 1), (False, 1), (False, 4)]
    groups = [good, middle, middle * 3, poor]
    rows = [(*pair, code, code) for code, pairs in enumerate(groups) for pair in pairs]
    plain = found(rows, epsilon=0.5, limits=(2.0, 6.0))
    assert plain.utility[1].tolist() == plain.utility[2].tolist()
    for order in permutations(range(4)):
        moved = [(*row[:2], order[row[2]], order[row[3]]) for row in rows]
        positive, scores, left, right = (np.array(column) for column in zip(*moved, strict=True))
        names = [NAMES[order.index(code)] for code in range(4)]
        again = consistency(
            positive, scores.astype(float), left, right, names, epsilon=0.5, limits=(2.0, 6.0)
        )
        assert again.eps_opis == pytest.approx(plain.eps_opis, abs=1e-12)


def test_a_higher_score_range_needs_no_unit_interval() -> None:
    rows = [(True, 5, 0, 0), (False, 1, 0, 1), (True, 3, 1, 1), (False, 4, 1, 0), (True, 2, 2, 0)]
    moved = [(positive, 1000 * score - 7, left, right) for positive, score, left, right in rows]
    assert found(rows).opis == pytest.approx(found(moved).opis, rel=1e-9)


def test_a_fixed_range_replaces_that_of_the_negatives() -> None:
    rows = [(True, 5, 0, 0), (False, 1, 0, 0), (True, 3, 1, 1), (False, 4, 1, 1)]
    result = found(rows, limits=(2.0, 4.5), grid=6)
    assert result.thresholds is not None
    assert result.thresholds.tolist() == pytest.approx([2.0, 2.5, 3.0, 3.5, 4.0, 4.5])
    assert calibration_range(np.array([True]), np.array([1.0])) is None


def test_lengths_that_differ_are_refused() -> None:
    ends = np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="differ in length"):
        consistency(np.array([True]), np.array([1.0, 2.0]), ends, ends, NAMES)


def drawn_pairs(n: int, random: np.random.Generator) -> list[Any]:
    """Pairs of four groups whose scores separate the less, the larger the group's code."""
    left = random.integers(0, 4, n)
    positive = random.random(n) < 0.5
    right = np.where(positive | (random.random(n) < 0.5), left, random.integers(0, 4, n))
    scores = random.normal(size=n) + positive * (3.0 - left)
    return [positive, scores, left, right]


def of_columns(
    columns: list[Any], limits: tuple[float, float] | None, epsilon: float = 0.1
) -> Consistency:
    positive, scores, left, right = columns
    return consistency(positive, scores, left, right, NAMES, limits=limits, epsilon=epsilon)


@pytest.mark.parametrize("epsilon", [0.1, 0.75])  # the two sets of groups are apart, or overlap
def test_influence_is_what_one_more_pair_changes(epsilon: float) -> None:
    """A pair added to 500 copies of all pairs moves the value by influence / n, to first order."""
    columns = drawn_pairs(60, np.random.default_rng(2))
    limits = calibration_range(columns[0], columns[1])
    copies = 500
    base = of_columns(columns, limits, epsilon)
    values = np.array([base.opis, base.eps_opis], dtype=np.float64)
    influence = np.stack([np.asarray(base.influence), np.asarray(base.eps_influence)])
    assert np.abs(influence.sum(axis=1)).max() < 1e-9
    for row in range(60):
        many = [np.append(np.tile(column, copies), column[row]) for column in columns]
        moved = of_columns(many, limits, epsilon)
        change = (np.array([moved.opis, moved.eps_opis]) - values) * 60 * copies
        off = np.abs(change - influence[:, row]) / np.ptp(influence, axis=1)
        assert off.max() < 0.005


def test_the_standard_error_from_influence_is_that_of_the_bootstrap() -> None:
    random = np.random.default_rng(4)
    columns = drawn_pairs(3000, random)
    limits = calibration_range(columns[0], columns[1])
    base = of_columns(columns, limits)
    values = []
    for _ in range(300):
        rows = random.integers(3000, size=3000)
        again = of_columns([column[rows] for column in columns], limits)
        values.append((again.opis, again.eps_opis))
    spreads = np.std(np.array(values, dtype=np.float64), axis=0)
    for influence, spread in zip((base.influence, base.eps_influence), spreads, strict=True):
        assert standard_error(np.asarray(influence), 3000) == pytest.approx(spread, rel=0.15)


def test_sets_that_hold_all_groups_leave_nothing_to_move() -> None:
    positive, scores, left, right = drawn_pairs(200, np.random.default_rng(7))
    result = consistency(positive, scores, left, right, NAMES, epsilon=1.0)
    assert result.eps_opis == 0.0
    assert result.eps_influence is not None
    assert not result.eps_influence.any()


def test_the_intervals_cover_what_many_pairs_show() -> None:
    """Also with the calibration range drawn again each time, as it is for a real test set."""
    random = np.random.default_rng(8)
    true = of_columns(drawn_pairs(400_000, random), None)
    covered = []
    for _ in range(200):
        result = of_columns(drawn_pairs(1500, random), None)
        for value, influence, most, aim in (
            (result.opis, result.influence, 0.25, true.opis),
            (result.eps_opis, result.eps_influence, 1.0, true.eps_opis),
        ):
            ends = interval(Measured(value, "", influence), np.arange(1500), (0.0, most))
            assert ends.low is not None
            assert ends.high is not None
            assert aim is not None
            covered.append(ends.low <= aim <= ends.high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.03)
