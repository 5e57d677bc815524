"""The methods in closed form: what they learn, refuse, and do the same way every time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from baselines.features.dense import dense
from baselines.folds import folds
from baselines.formulas.lqf import change_of_weights, weights_by_ridge
from baselines.method import BaselineError, Method, Settings
from baselines.outputs import log_loss, temperature
from baselines.predictions import check
from baselines.registry import METHODS
from tabset import load
from tests.baselines.folders import solution, write_classification

QUICK = [METHODS["linear"], METHODS["ntk-svm"]]


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(seconds: float = 60.0, seed: int = 0) -> Settings:
        return Settings(seconds, seed, 1, tmp_path, lambda share, message: None)

    return make


@pytest.mark.slow
@pytest.mark.parametrize("method", QUICK, ids=lambda method: method.name)
def test_it_learns_classes(
    classification: Path, settings: Callable[..., Settings], method: Method
) -> None:
    data = load(classification)
    table = method.run(data, settings(8.0))
    check(table, data.dataset, data.test["id"])
    truth = solution(classification).set_index("id")["label"]
    assert (table.set_index("id").idxmax(axis=1) == truth).mean() > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("method", QUICK, ids=lambda method: method.name)
def test_it_learns_matches(
    matching: Path, settings: Callable[..., Settings], method: Method
) -> None:
    data = load(matching)
    table = method.run(data, settings(8.0))
    check(table, data.dataset, data.test["id"])
    truth = solution(matching).set_index("id")["label"]
    assert (table.set_index("id")["prediction"] == truth).mean() > 0.9


@pytest.mark.slow
def test_the_linear_head_is_the_same_every_time(
    matching: Path, settings: Callable[..., Settings]
) -> None:
    first, second = (METHODS["linear"].run(load(matching), settings()) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.slow
def test_a_class_without_training_rows_gets_hardly_any_probability(
    tmp_path: Path, settings: Callable[..., Settings]
) -> None:
    data = load(write_classification(tmp_path, train=60))
    kept = data.train[data.train["label"] != "tool"].reset_index(drop=True)
    fewer = type(data)(**{**vars(data), "train": kept})
    for method in QUICK:
        table = method.run(fewer, settings(5.0))
        check(table, data.dataset, data.test["id"])
        assert table["tool"].max() < 0.5


def test_too_many_rows_for_the_kernel_are_refused_with_what_to_use(
    classification: Path, settings: Callable[..., Settings]
) -> None:
    data = load(classification)
    many = pd.concat([data.train] * 34, ignore_index=True)
    with pytest.raises(BaselineError, match=r"5,100 training rows.*Use linear or autogluon"):
        METHODS["ntk-svm"].run(type(data)(**{**vars(data), "train": many}), settings())


@pytest.mark.parametrize("method", QUICK, ids=lambda method: method.name)
def test_a_time_limit_that_is_over_is_said(
    matching: Path, settings: Callable[..., Settings], method: Method
) -> None:
    with pytest.raises(BaselineError, match="0 s are too few"):
        method.run(load(matching), settings(0.0))


def test_rows_become_standardised_numbers_without_gaps() -> None:
    train = pd.DataFrame(
        {
            "number": [1.0, np.nan, 3.0, 5.0],
            "kind": pd.Series(["a", "b", "a", None], dtype="object"),
            "always": [2.0] * 4,
            "never": [np.nan] * 4,
        }
    )
    test = pd.DataFrame(
        {
            "number": [np.inf, 3.0],
            "kind": pd.Series([None, "new"], dtype="object"),
            "always": [2.0, 9.0],
            "never": [1.0, np.nan],
        }
    )
    x, unseen = dense(train, test)
    assert x.shape == (4, 4)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(x.std(axis=0), 1)
    assert np.isfinite(unseen).all()
    assert unseen[0, 0] == unseen[1, 0] == x[2, 0]  # the median is 3


def test_the_pairs_of_a_record_share_a_fold_and_classes_are_spread(
    matching: Path, classification: Path
) -> None:
    pairs = load(matching)
    found = pd.Series(folds(pairs, 1)).groupby(pairs.train["left_id"].to_numpy()).nunique()
    assert found.max() == 1
    rows = load(classification)
    sizes = pd.crosstab(folds(rows, 1), rows.train["label"].to_numpy())
    assert sizes.to_numpy().max() - sizes.to_numpy().min() <= 1


def test_every_ridge_is_solved_at_once_as_it_is_alone() -> None:
    rng = np.random.default_rng(2)
    for shape in ((30, 6), (6, 30)):
        x, targets = rng.normal(size=shape), rng.normal(size=(shape[0], 2))
        for ridge, found in zip(
            (0.1, 10.0), weights_by_ridge(x, targets, (0.1, 10.0)), strict=True
        ):
            np.testing.assert_allclose(found, change_of_weights(x, targets, ridge), atol=1e-9)


def test_the_temperature_mends_what_is_too_sure() -> None:
    rng = np.random.default_rng(7)
    outputs = rng.normal(size=(4000, 3))
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    codes = np.array([rng.choice(3, p=row) for row in shares])
    assert temperature(outputs * 20, codes) == pytest.approx(20, rel=0.1)
    assert log_loss(outputs * 20, codes) == pytest.approx(log_loss(outputs, codes), abs=1e-6)
