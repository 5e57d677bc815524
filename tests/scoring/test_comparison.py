"""Flips, McNemar's test and the difference of two submissions beyond their vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from scoring.comparison import Comparison, compare, flips, holm, mcnemar, paired_difference
from scoring.metrics import View
from scoring.metrics.ranking import average_precision

HITS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(HITS)
def test_flips_explain_the_change_of_the_error_rate(rows: list[tuple[bool, bool]]) -> None:
    found = flips(*np.array(rows).T)
    assert found.er_new == pytest.approx(found.er_old - found.pfr + found.nfr)


@given(HITS)
def test_mcnemar_is_exact_and_symmetric(rows: list[tuple[bool, bool]]) -> None:
    a, b = np.array(rows).T
    found = mcnemar(a, b)
    if found.b + found.c:
        assert found.p_exact == pytest.approx(binomtest(found.b, found.b + found.c).pvalue)
    assert mcnemar(b, a).p_exact == pytest.approx(found.p_exact)


def artefact(hits: Any, influence: Any = None) -> dict[str, Any]:
    """What rows.npz holds of these hits, -1 without a decision, with the influence of accuracy."""
    hit = np.array(hits, dtype=np.int8)
    shares = (hit == 1) - np.mean(hit == 1) if influence is None else influence
    return {"hit": hit, "influence": np.array(shares, dtype=np.float64)}


def compared(old: Any, new: Any, groups: Any = None, **others: Any) -> Comparison:
    rows = np.arange(len(old))
    values = tuple(float(np.mean(np.array(hits) == 1)) for hits in (old, new))
    found = others.get("values", values)
    codes = rows if groups is None else np.array(groups)
    return compare(artefact(old), artefact(new), found, codes, others.get("rows", rows))


def test_a_comparison_has_flips_mcnemar_and_a_difference() -> None:
    old, new = [1, 1, 1, 0, 0, 0, 1, 0], [1, 1, 0, 1, 1, 1, 1, 1]
    found = compared(old, new)
    assert (found.n, found.grouped, found.no_flips) == (8, False, "")
    assert found.flips is not None
    assert (found.flips.nfr, found.flips.pfr) == (1 / 8, 4 / 8)
    assert found.mcnemar is not None
    assert (found.mcnemar.b, found.mcnemar.c) == (1, 4)
    gaps = np.array(new) - np.array(old)
    z = gaps.mean() / (gaps.std(ddof=1) / np.sqrt(8))
    assert found.difference.delta == 3 / 8
    assert found.difference.z == pytest.approx(z)
    assert found.difference.p == pytest.approx(2 * norm.sf(abs(z)))


def test_only_the_rows_of_the_part_count() -> None:
    old, new = [1, 0, 1, 1, 0, -1], [0, 1, 1, 0, 0, -1]
    found = compared(old, new, rows=np.array([1, 2]), values=(0.5, 1.0))
    assert (found.n, found.no_flips) == (2, "")
    assert found.flips is not None
    assert (found.flips.nfr, found.flips.pfr) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ([-1, -1], [1, 0], "the old submission has no decision"),
        ([1, 0], [-1, -1], "the new submission has no decision"),
        ([-1, -1], [-1, -1], "the old and the new submission has no decision"),
    ],
)
def test_without_a_decision_there_are_no_flips(old: Any, new: Any, reason: str) -> None:
    found = compared(old, new)
    assert (found.flips, found.mcnemar, found.no_flips) == (None, None, reason)


def test_the_headline_decides_which_test_separates() -> None:
    old, new = [1, 0, 0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 1, 1, 1, 0]
    alone, together = compared(old, new), compared(old, new, [0, 0, 1, 1, 2, 2, 3, 3])
    assert alone.mcnemar is not None
    assert alone.p_value("accuracy") == alone.mcnemar.p_exact
    assert alone.p_value("macro_f1") == alone.difference.p
    assert together.grouped
    assert together.p_value("accuracy") == together.difference.p != alone.difference.p


def test_rows_of_one_group_vary_together() -> None:
    old, new = [1, 1, 0, 0, 0, 0] * 10, [0, 0, 1, 1, 1, 1] * 10
    single = compared(old, new).difference.standard_error
    doubled = compared(old, new, np.arange(60) // 2).difference.standard_error
    assert single is not None
    assert doubled == pytest.approx(single * np.sqrt(2 * (30 / 29) / (60 / 59)))


def difference(values: Any, influence: Any, groups: Any = None) -> Any:
    n = len(influence)
    moved = (np.zeros(n), np.array(influence, dtype=np.float64))
    return paired_difference(values, moved, np.arange(n) if groups is None else groups)


@pytest.mark.parametrize(
    ("values", "influence", "groups", "reason"),
    [
        ((None, 0.5), [1, -1], None, "the metric is undefined"),
        ((0.5, None), [1, -1], None, "the metric is undefined"),
        ((0.5, 0.6), [1, np.nan], None, "no closed-form standard error"),
        ((0.5, 0.6), [1, -1], np.zeros(2, dtype=np.int64), "all rows belong to one group"),
        ((0.0, 1.0), [0, 0], None, "the rows do not vary"),
    ],
)
def test_a_difference_that_cannot_be_tested_says_why(
    values: Any, influence: Any, groups: Any, reason: str
) -> None:
    found = difference(values, influence, groups)
    assert (found.z, found.p) == (None, None)
    assert reason in found.reason


def test_equals_are_not_separated() -> None:
    found = difference((0.5, 0.5), [0.0, 0.0])
    assert (found.delta, found.standard_error, found.z, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_the_error_of_a_difference_of_average_precision_is_that_of_the_bootstrap() -> None:
    random = np.random.default_rng(6)
    truth = (random.random(1500) < 0.3).astype(np.int32)
    old = random.normal(size=1500) + truth
    views = [
        View(2, truth, scores=scores) for scores in (old, old + 0.5 * random.normal(size=1500))
    ]
    measured = [average_precision(view) for view in views]
    influences = tuple(np.asarray(each.influence) for each in measured)
    values = tuple(each.value for each in measured)
    found = paired_difference(values, influences, np.arange(1500))  # type: ignore[arg-type]
    gaps = []
    for _ in range(300):
        rows = random.integers(1500, size=1500)
        one, other = (average_precision(view.only(rows)).value or 0.0 for view in views)
        gaps.append(other - one)
    assert found.standard_error == pytest.approx(np.std(gaps), rel=0.15)


def test_artefacts_that_do_not_fit_are_refused() -> None:
    one, two = artefact([1]), artefact([1, 0])
    groups = np.arange(2)
    for old, new in ((one, two), (two, one), (one, one)):
        with pytest.raises(ValueError, match="differ in their number of rows"):
            compare(old, new, (0.5, 0.5), groups, groups)
    with pytest.raises(ValueError, match="the part has no rows"):
        compare(two, two, (0.5, 0.5), groups, groups[:0])


def test_holms_steps() -> None:
    assert holm([0.01, 0.04, None, 0.03, 0.005]) == pytest.approx([0.03, 0.06, None, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.7, 0.6]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.5))
def test_holm_rejects_what_stepping_down_rejects(p_values: list[float], level: float) -> None:
    rejected = set()
    for step, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        if p_values[place] * (len(p_values) - step) > level:
            break
        rejected.add(place)
    adjusted = holm(p_values)
    assert {place for place, p in enumerate(adjusted) if p is not None and p <= level} == rejected
