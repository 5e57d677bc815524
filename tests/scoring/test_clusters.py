"""Clusters of records beyond their vectors."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.cluster import pair_confusion_matrix

from scoring.intervals import standard_error
from scoring.metrics.clusters import (
    UnknownItem,
    cluster_codes,
    cluster_scores,
    components,
    independent_units,
    item_codes,
    match_ids,
)

ITEMS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=14)
EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12)


def closure(n: int, edges: list[tuple[int, int]]) -> list[set[int]]:
    """The items that each item reaches, by joining sets until nothing changes."""
    reached = [{item} for item in range(n)]
    for _ in range(n):
        for left, right in edges:
            joined = reached[left] | reached[right]
            for item in joined:
                reached[item] = joined
    return reached


@given(EDGES)
def test_match_ids_are_the_smallest_ids_that_are_reached(edges: list[tuple[int, int]]) -> None:
    items = [f"i{(7 * index) % 10}" for index in range(10)]
    left, right = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    expected = [min(items[place] for place in found) for found in closure(10, edges)]
    assert match_ids(items, left, right) == expected


def test_the_same_pair_many_times_is_one_link() -> None:
    ends = np.zeros(300, dtype=np.int64)
    codes = components(3, ends, ends + 1)
    assert codes[0] == codes[1] != codes[2]


def test_smallest_is_by_code_point() -> None:
    assert match_ids(["é", "z", "Z"], np.array([0, 1]), np.array([1, 2])) == ["Z", "Z", "Z"]


@given(ITEMS)
def test_pairs_are_counted_as_scikit_learn_does(rows: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(rows).T
    found = cluster_scores(truth, predicted)
    halved = pair_confusion_matrix(truth, predicted) // 2
    assert (found.tp, found.fp, found.fn) == (halved[1, 1], halved[0, 1], halved[1, 0])


@given(ITEMS)
def test_scores_agree_with_counting_all_pairs_of_items(rows: list[tuple[int, int]]) -> None:
    n = len(rows)
    found = cluster_scores(*np.array(rows).T)
    same = [
        (rows[i][0] == rows[j][0], rows[i][1] == rows[j][1]) for i, j in combinations(range(n), 2)
    ]
    tp, claimed, true = (
        sum(a and b for a, b in same),
        sum(b for _, b in same),
        sum(a for a, _ in same),
    )
    assert (found.tp, found.fp, found.fn) == (tp, claimed - tp, true - tp)
    if claimed or true:
        assert found.pairwise_precision == (tp / claimed if claimed else 0)
        assert found.pairwise_recall == (tp / true if true else 0)
        assert found.pairwise_f1 == pytest.approx(2 * tp / (claimed + true))
    else:
        assert found.pairwise_precision == found.pairwise_recall == found.pairwise_f1 == 1
    shares = []
    for t, p in rows:
        both = sum(other == (t, p) for other in rows)
        shares.append((both / sum(o[1] == p for o in rows), both / sum(o[0] == t for o in rows)))
    precision, recall = np.mean(shares, axis=0)
    assert found.bcubed_precision == pytest.approx(precision)
    assert found.bcubed_recall == pytest.approx(recall)
    assert found.bcubed_f1 == pytest.approx(2 * precision * recall / (precision + recall))


@given(ITEMS)
def test_units_join_what_shares_a_true_or_a_predicted_cluster(rows: list[tuple[int, int]]) -> None:
    n = len(rows)
    edges = [
        (i, j)
        for i, j in combinations(range(n), 2)
        if rows[i][0] == rows[j][0] or rows[i][1] == rows[j][1]
    ]
    units = independent_units(*np.array(rows).T)
    expected = closure(n, edges)
    assert [set(np.flatnonzero(units == unit)) for unit in units] == expected


@given(ITEMS)
def test_influence_sums_to_nothing(rows: list[tuple[int, int]]) -> None:
    found = cluster_scores(*np.array(rows).T)
    for influence in (found.pairwise_influence, found.bcubed_influence):
        assert len(influence) == len(rows)
        assert abs(influence.sum()) < 1e-9


def records(entities: int, random: np.random.Generator) -> tuple[Any, Any]:
    """Entities of 1 to 4 records; some records go astray, some neighbouring entities are merged."""
    truth = np.repeat(np.arange(entities), random.integers(1, 5, entities))
    predicted = truth - truth % 2 * (random.random(entities) < 0.8)[truth // 2]
    astray = random.random(len(truth)) < 0.03
    return truth, np.where(astray, entities + np.arange(len(truth)), predicted)


def test_the_standard_error_from_influence_is_that_of_the_bootstrap() -> None:
    """Units are drawn with replacement; a unit that is drawn twice is two units."""
    random = np.random.default_rng(5)
    truth, predicted = records(600, random)
    units = independent_units(truth, predicted)
    order = np.argsort(units, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(units))[:-1])
    values = []
    for _ in range(300):
        drawn = random.integers(len(members), size=len(members))
        rows = np.concatenate([members[unit] for unit in drawn])
        copy = np.repeat(np.arange(len(drawn)), [len(members[unit]) for unit in drawn]) * 10**5
        again = cluster_scores(truth[rows] + copy, predicted[rows] + copy)
        values.append((again.pairwise_f1, again.bcubed_f1))
    scores = cluster_scores(truth, predicted)
    for place, influence in enumerate((scores.pairwise_influence, scores.bcubed_influence)):
        closed = standard_error(np.bincount(units, influence).astype(float), len(truth))
        assert closed == pytest.approx(np.std([value[place] for value in values]), rel=0.15)


def test_absent_and_null_items_are_alone_and_the_text_none_is_a_name() -> None:
    codes = cluster_codes(list("abcdef"), {"a": "None", "b": "None", "c": None, "d": None, "e": ""})
    assert codes[0] == codes[1]
    assert len({*codes.tolist()}) == 5


def test_unknown_items_are_refused_by_name() -> None:
    with pytest.raises(UnknownItem, match="2 unknown items, the first is 'zz'"):
        cluster_codes(["a"], {"a": "1", "zz": "1", "y": None})
    with pytest.raises(UnknownItem):
        item_codes(["a", "b"], ["b", "c"])
    assert issubclass(UnknownItem, ValueError)


@pytest.mark.parametrize(("truth", "predicted"), [([], []), ([1, 2], [1])])
def test_clusterings_of_other_items_are_refused(truth: list[int], predicted: list[int]) -> None:
    with pytest.raises(ValueError, match="the same items, at least one"):
        cluster_scores(np.array(truth, dtype=np.int64), np.array(predicted, dtype=np.int64))


def test_codes_may_have_gaps_and_be_large() -> None:
    truth, predicted = np.array([0, 0, 1, 1, 2]), np.array([3, 3, 3, 4, 4])
    plain = cluster_scores(truth, predicted)
    odd = cluster_scores(truth * 10**12 - 5, predicted * -(10**12))
    np.testing.assert_array_equal(plain.bcubed_influence, odd.bcubed_influence)
    assert (plain.tp, plain.fp, plain.fn) == (odd.tp, odd.fp, odd.fn) == (1, 3, 1)
