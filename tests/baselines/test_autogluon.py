from pathlib import Path

import pandas as pd
import pytest

from tests.baselines.folders import solution, write_classification
from tests.baselines.runs import run

LIMIT = 12.0
pytestmark = pytest.mark.slow


def test_autogluon_learns_classes_from_a_public_folder(classification, tmp_path) -> None:
    out, scratch = tmp_path / "p.parquet", tmp_path / "scratch"
    finished = run("autogluon", classification, out, scratch, "--time-limit", str(LIMIT))
    assert finished.code == 0, finished.errors
    assert list(scratch.iterdir()) == []
    messages = " ".join(line["message"] for line in finished.lines)
    assert "Making features of title" in messages
    assert "models done" in messages
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
