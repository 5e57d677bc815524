"""FindMatches on data sets: candidates, forests, closure, predictions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.decisions import best_threshold
from baselines.findmatches import forest
from baselines.findmatches.blocking import candidates
from baselines.findmatches.closure import closed_scores, groups
from baselines.findmatches.training import records_of
from baselines.method import BaselineError, Settings
from baselines.predictions import check
from baselines.registry import METHODS
from tabset import load
from tests.baselines.folders import solution

METHOD = METHODS["findmatches"]

edges = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 6).map(lambda k: k / 6)),
    min_size=1,
    max_size=20,
)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(seconds: float = 60.0, told: list[str] | None = None) -> Settings:
        def report(share: float, message: str) -> None:
            if told is not None:
                told.append(message)

        return Settings(seconds, 0, 1, tmp_path, report)

    return make


@given(edges)
def test_closed_scores_are_the_closure_at_every_threshold(rows: list[tuple]) -> None:
    left, right, scores = (np.array(column) for column in zip(*rows, strict=True))
    closed = closed_scores(left.tolist(), right.tolist(), scores)
    for value in set(scores.tolist()):
        reached = np.column_stack([left, right])[scores >= value].reshape(-1, 2)
        group = groups(8, reached)
        other = left != right
        assert ((group[left] == group[right])[other] == (closed >= value)[other]).all()
    assert (closed[left == right] == scores[left == right]).all()


def test_a_chain_is_as_strong_as_its_weakest_pair() -> None:
    closed = closed_scores("aab", "bcc", np.array([0.9, 0.1, 0.6]))
    assert closed.tolist() == [0.9, 0.6, 0.6]


def test_records_are_paired_with_their_nearest_and_each_pair_is_there_once() -> None:
    left = ["red running shoe", "blue desk lamp", "steel kettle"]
    right = ["kettle of steel", "shoe for running, red", "lamp for a desk", "garden hose"]
    found = candidates(left, right, 1)
    assert {(0, 1), (1, 2), (2, 0)} <= set(map(tuple, found.tolist()))
    assert len(np.unique(found, axis=0)) == len(found)
    alone = candidates([*left, *right], None, 1)
    assert {(0, 4), (1, 5), (2, 3)} <= set(map(tuple, alone.tolist()))
    assert (alone[:, 0] < alone[:, 1]).all()


def test_many_equal_records_come_together_without_all_their_pairs() -> None:
    texts = ["the same text"] * 900 + ["another text altogether"] * 900
    found = candidates(texts, None, 2)
    assert len(found) < 5 * len(texts)
    group = groups(len(texts), found[[texts[a] == texts[b] for a, b in found]])
    assert len(set(group)) == 2
    across = candidates(texts, texts, 2)
    same = across[[texts[a] == texts[b] for a, b in across]] + np.array([0, len(texts)])
    assert len(set(groups(2 * len(texts), same))) == 2


def test_texts_without_a_term_in_common_have_their_neighbours_alone() -> None:
    assert candidates(["aaaa", "bbbb", "cccc"], None, 5).tolist() == [[0, 1], [1, 2]]
    assert candidates(["x"], None, 5).shape == (0, 2)


@pytest.mark.parametrize("count", [500, 2_000])
def test_the_pairs_grow_in_proportion_to_the_records(count: int) -> None:
    rng = np.random.default_rng(0)
    words = [f"w{number:04}x" for number in range(count)]
    texts = [" ".join(rng.choice(words, 4)) for _ in range(count)]
    assert len(candidates(texts, None, 4)) <= 5 * count


def test_it_learns_matches_of_two_tables_and_says_how_well(
    matching: Path, settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forest, "TREES", 2 * forest.STEP)
    data, told = load(matching), []
    table = METHOD.run(data, settings(told=told))
    check(table, data.dataset, data.test["id"])
    truth = solution(matching).set_index("id")["label"]
    assert (table.set_index("id")["prediction"] == truth).mean() > 0.9
    assert told[-1].startswith("Out of fold: precision ")
    assert "closure" in told[-1]
    pd.testing.assert_frame_equal(table, METHOD.run(data, settings()))


def test_little_time_grows_small_forests(matching: Path, settings: Callable[..., Settings]) -> None:
    rng = np.random.default_rng(0)
    rows = rng.random((300, 5)).astype(np.float32)
    rows[::7, 2] = np.nan
    small = forest.grown(rows, rows[:, 0] > 0.5, 0, 1, 0.0)
    assert small.n_estimators == forest.STEP
    assert forest.grown(rows, rows[:, 0] > 0.5, 0, 1, 60.0).n_estimators == forest.TREES
    scores = forest.scores(small, rows)
    assert scores[rows[:, 0] > 0.5].min() > scores[rows[:, 0] <= 0.5].max()


def test_a_forest_that_saw_no_match_gives_no_score() -> None:
    rows = np.zeros((30, 2), np.float32)
    for label, score in ((False, 0.0), (True, 1.0)):
        grown = forest.grown(rows, np.full(30, label), 0, 1, 0.0)
        assert set(forest.scores(grown, rows)) == {score}


def test_the_time_limit_holds_from_the_features_on(
    matching: Path, settings: Callable[..., Settings]
) -> None:
    with pytest.raises(BaselineError, match="too few"):
        METHOD.run(load(matching), settings(0.0))


@pytest.mark.parametrize("label", ["yes", "no"])
def test_pairs_of_one_label_are_refused(
    matching: Path, settings: Callable[..., Settings], label: str
) -> None:
    data = load(matching)
    kept = data.train[data.train["label"] == label].reset_index(drop=True)
    with pytest.raises(BaselineError, match="that match and some that do not"):
        METHOD.run(type(data)(**{**vars(data), "train": kept}), settings())


def test_records_of_two_tables_are_not_one_for_having_one_id(matching: Path) -> None:
    data = load(matching)
    left, right = records_of(data, data.train.assign(right_id=data.train["left_id"]))
    assert not set(left) & set(right)
    one = type(data)(**{**vars(data), "records": {"records": data.records["left"]}})
    left, right = records_of(one, data.train.assign(right_id=data.train["left_id"]))
    assert left == right


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=30))
def test_precision_asks_for_no_lower_threshold_than_recall(rows: list[tuple]) -> None:
    is_match, scores = (np.array(column) for column in zip(*rows, strict=True))
    is_match[0] = True
    values = [best_threshold(scores / 10, is_match, tau) for tau in (0.0, 0.5, 1.0)]
    assert values == sorted(values)


def test_a_classification_data_set_is_refused_with_a_sentence() -> None:
    for method in (METHOD, METHODS["tcm-matcher"]):
        assert "serves matching tasks, not classification" in method.unsuited("classification", 9)
