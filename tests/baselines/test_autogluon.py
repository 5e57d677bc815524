from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from autogluon.tabular import TabularPredictor

from baselines import predictions
from baselines.autogluon import training
from baselines.method import Settings
from tabset import load
from tabset.schema import ColumnType
from tests.baselines.folders import solution, write_classification
from tests.baselines.runs import run

LIMIT = 20.0
pytestmark = pytest.mark.slow


def test_autogluon_learns_classes_from_a_public_folder(classification, tmp_path) -> None:
    out, scratch = tmp_path / "p.parquet", tmp_path / "scratch"
    finished = run("autogluon", classification, out, scratch, "--time-limit", str(LIMIT))
    assert finished.code == 0, finished.errors
    assert list(scratch.iterdir()) == []
    messages = " ".join(line["message"] for line in finished.lines)
    assert "Making features of title" in messages
    assert "models done" in messages
    facts = finished.facts
    assert facts["version"].startswith("AutoGluon 1.")
    assert facts["validation"].keys() == {"metric", "score", "how"}
    assert 0.8 < facts["validation"]["score"] <= 1
    assert set(facts["reads"]) <= set(ColumnType) - {"id"}
    table = pd.read_parquet(out)
    assert list(table.columns) == ["id", "fruit", "tool", "it's, odd"]
    assert table.iloc[:, 1:].sum(axis=1).tolist() == pytest.approx([1.0] * len(table), abs=1e-9)
    assert accuracy(table.set_index("id").idxmax(axis=1), classification) > 0.9


def test_autogluon_learns_matches_from_a_public_folder(matching, tmp_path) -> None:
    out = tmp_path / "p.parquet"
    finished = run("autogluon", matching, out, tmp_path / "scratch", "--time-limit", str(LIMIT))
    assert finished.code == 0, finished.errors
    table = pd.read_parquet(out)
    assert list(table.columns) == ["id", "score", "prediction"]
    assert table["score"].between(0, 1).all()
    assert accuracy(table.set_index("id")["prediction"], matching) > 0.9


def test_a_time_limit_that_is_over_before_training_is_an_input_error(matching, tmp_path) -> None:
    scratch = tmp_path / "scratch"
    finished = run("autogluon", matching, tmp_path / "p.parquet", scratch, "--time-limit", "0.5")
    assert finished.code == 2
    assert finished.last_line == "0.5 s are too few to make the features."
    assert list(scratch.iterdir()) == []


def test_too_few_training_rows_are_an_input_error(tmp_path) -> None:
    public = write_classification(tmp_path, train=9)
    finished = run("autogluon", public, tmp_path / "p.parquet", tmp_path / "scratch")
    assert finished.code == 2
    assert "at least five training rows" in finished.last_line


def accuracy(predicted: "pd.Series[str]", public: Path) -> float:
    truth = solution(public).set_index("id")["label"]
    return float((predicted.reindex(truth.index) == truth).mean())


def test_a_run_in_which_no_model_gets_done_in_time_falls_back_on_a_few_trees(
    matching, tmp_path, monkeypatch
) -> None:
    data = load(matching)
    how = Settings(60.0, seed=0, cpus=1, scratch=tmp_path, report=lambda *_: None)
    monkeypatch.setattr(training, "LEAST", 0.01)
    monkeypatch.setattr(training, "SEARCH", 0.0)
    monkeypatch.setattr(training, "BAGGING", 0.0)
    table = training.train_and_predict(data, how)
    predictions.check(table, data.dataset, data.test["id"])
    assert accuracy(table.set_index("id")["prediction"], matching) > 0.8


def test_few_rows_get_a_linear_model_first_and_many_only_where_there_is_time() -> None:
    few = training.hyperparameters(0, 10.0, 200, both=False)
    priority = {kind: each["ag_args"]["priority"] for kind, (each, *_) in few.items()}
    assert max(priority, key=priority.__getitem__) == "LR"
    assert "LR" not in training.hyperparameters(0, 10.0, 50_000, both=False)
    assert "LR" in training.hyperparameters(0, 500.0, 50_000, both=False)


def test_with_components_beside_plain_features_the_first_models_come_without_them_too() -> None:
    models = training.hyperparameters(0, 500.0, 50_000, both=True)
    for kind in ("XT", "GBM", "CAT"):
        whole, *others = models[kind]
        (plain,) = [each for each in others if each["ag_args"]["name_suffix"] == "Plain"]
        assert plain["ag_args_fit"]["ignored_type_group_special"] == ["c"]
        assert "ignored_type_group_special" not in whole.get("ag_args_fit", {})
        assert plain["ag_args"]["priority"] > whole["ag_args"]["priority"]
    assert len(models["RF"]) == len(models["LR"]) == 1


def test_a_model_of_plain_features_sees_no_component(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(60, 3)), columns=["f0", "c0", "c1"])
    rows["label"] = np.where(rows["f0"] > 0, "a", "b")
    settings = Settings(time_limit=60.0, seed=0, cpus=1, scratch=tmp_path, report=lambda *_: None)
    predictor = training._predictor(rows["label"], None, settings, None)
    assert training._fit(predictor, rows, settings, 20.0)
    trainer = predictor._trainer
    assert trainer.load_model("ExtraTreesPlain").features == ["f0"]
    assert trainer.load_model("ExtraTrees").features == ["f0", "c0", "c1"]


@pytest.mark.parametrize(("limit", "told"), [(None, "auto"), (3 * 2**30, 3.0)])
def test_autogluon_is_told_the_memory_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None, told: object
) -> None:
    asked: dict[str, object] = {}
    monkeypatch.setattr(TabularPredictor, "fit", lambda self, rows, **how: asked.update(how))
    rows = pd.DataFrame({"f0": [0.0, 1.0], "label": ["a", "b"]})
    settings = Settings(
        time_limit=60.0,
        seed=0,
        cpus=1,
        scratch=tmp_path,
        report=lambda *_: None,
        memory_limit=limit,
    )
    training._fit(training._predictor(rows["label"], None, settings, None), rows, settings, 20.0)
    assert asked["memory_limit"] == told
