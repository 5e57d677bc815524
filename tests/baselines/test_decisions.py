import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from baselines import holdout
from baselines.decisions import best_threshold, eval_metric
from tabset import Kind

labelled_scores = st.lists(
    st.tuples(st.integers(0, 8).map(lambda n: n / 8), st.booleans()), min_size=2, max_size=30
).filter(lambda rows: any(match for _, match in rows))


@given(labelled_scores)
def test_the_threshold_has_the_best_f1_of_all_with_the_fewest_pairs(rows) -> None:
    scores = np.array([score for score, _ in rows])
    matches = np.array([match for _, match in rows])
    f1 = {t: f1_score(matches, scores >= t) for t in set(scores)}
    best = max(f1.values())
    fewest = max(t for t in f1 if f1[t] >= best - 1e-12)
    threshold = best_threshold(scores, matches)
    assert ((scores >= threshold) == (scores >= fewest)).all()


def test_the_threshold_lies_half_way_to_the_next_lower_score() -> None:
    assert best_threshold(np.array([0.9, 0.2]), np.array([True, False])) == pytest.approx(0.55)
    assert best_threshold(np.array([0.9, 0.2]), np.array([True, True])) == pytest.approx(0.2)
    assert best_threshold(np.array([0.9, 0.2]), np.array([False, False])) == pytest.approx(0.55)


@pytest.mark.parametrize(
    ("counts", "metric"), [({"a": 20, "b": 2}, "accuracy"), ({"a": 21, "b": 2}, "f1_macro")]
)
def test_macro_f1_is_optimised_where_one_class_is_ten_times_another(counts, metric) -> None:
    labels = pd.Series([label for label, count in counts.items() for _ in range(count)])
    assert eval_metric(labels, Kind.CLASSIFICATION) == metric
    assert eval_metric(labels, Kind.MATCHING) == "average_precision"


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.integers(0, 5))
def test_every_label_keeps_most_of_its_rows_for_training(labels: list[str], seed: int) -> None:
    held = holdout.stratified(pd.Series(labels), seed)
    for label in set(labels):
        rows = np.array(labels) == label
        assert (held & rows).sum() == int(rows.sum() * 0.2)


def test_a_group_is_never_on_both_sides() -> None:
    labels = pd.Series(["yes", "no"] * 50)
    groups = pd.Series([f"g{index // 4}" for index in range(100)])
    held = holdout.by_group(labels, groups, seed=3)
    assert held.sum() == 20
    assert not set(groups[held]) & set(groups[~held])


def test_groups_that_hold_a_label_apart_are_given_up() -> None:
    labels = pd.Series(["yes"] * 10 + ["no"] * 10)
    held = holdout.by_group(labels, labels, seed=0)
    assert held[:10].sum() == held[10:].sum() == 2
