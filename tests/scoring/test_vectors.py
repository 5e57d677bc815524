"""The reference vectors, made by independent code, agree with ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scoring.__main__ import main
from scoring.vectors import check_file, check_folder

VECTORS = Path(__file__).parent / "vectors"


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def test_every_case_of_a_vector_file_passes(path: Path) -> None:
    result = check_file(path)
    assert result.failures == ()
    assert result.passed == len(json.loads(path.read_bytes())["cases"]) > 0


def write(folder: Path, metric: str, expected: Any) -> Path:
    inputs = {"y_true": [1, 0], "score": [0.9, 0.1]}
    document = {
        "metric": metric,
        "tolerance": {"rtol": 1e-9, "atol": 1e-12},
        "cases": [{"name": "only", "inputs": inputs, "expected": expected}],
    }
    path = folder / f"{metric}.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("expected", [0.999999, None, {"f1": 1.0}, [1.0], "1.0"])
def test_a_wrong_expectation_fails(tmp_path: Path, expected: Any) -> None:
    assert len(check_file(write(tmp_path, "average_precision", expected)).failures) == 1


def test_a_right_expectation_passes(tmp_path: Path) -> None:
    assert check_file(write(tmp_path, "average_precision", 1.0)).failures == ()


def test_an_unknown_metric_fails(tmp_path: Path) -> None:
    result = check_file(write(tmp_path, "no_such_metric", 1.0))
    assert result.failures == ("no runner for the metric no_such_metric",)


def test_the_command_counts_and_its_exit_code_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "average_precision", 1.0)
    assert main(["check-vectors", str(tmp_path)]) == 0
    assert "total: 1 passed, 0 failed in 1 files" in capsys.readouterr().out
    write(tmp_path, "roc_auc", 0.25)
    assert main(["check-vectors", str(tmp_path)]) == 1
    assert "total: 1 passed, 1 failed in 2 files" in capsys.readouterr().out


def test_an_empty_folder_is_a_failure(tmp_path: Path) -> None:
    assert check_folder(tmp_path) == []
    assert main(["check-vectors", str(tmp_path)]) == 1
