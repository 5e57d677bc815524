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


BROKEN = {
    "no JSON": ("[1,", "cannot be read: JSONDecodeError"),
    "not UTF-8": (b"\xff\xfe\x00", "cannot be read: UnicodeDecodeError"),
    "too deep": ("[" * 200_000, "cannot be read: RecursionError"),
    "a list": ("[]", "is not a vector file: TypeError"),
    "no metric": ('{"tolerance": {}, "cases": [1]}', "is not a vector file: KeyError: 'metric'"),
    "no cases": (
        '{"metric": "roc_auc", "tolerance": {}}',
        "is not a vector file: KeyError: 'cases'",
    ),
    "no tolerance": ('{"metric": "roc_auc", "cases": [1]}', "KeyError: 'tolerance'"),
    "a number of cases": (
        '{"metric": "roc_auc", "tolerance": {}, "cases": 3}',
        "is not a vector file: TypeError",
    ),
    "a list as metric": (
        '{"metric": [], "tolerance": {}, "cases": [1]}',
        "is not a vector file: TypeError",
    ),
    "empty": ('{"metric": "roc_auc", "tolerance": {}, "cases": []}', "the file has no cases"),
    "a case that is none": (
        '{"metric": "roc_auc", "tolerance": {}, "cases": [7]}',
        "7: cannot be run: TypeError",
    ),
    "no inputs": (
        '{"metric": "roc_auc", "tolerance": {}, "cases": [{"name": "x", "expected": 1}]}',
        "x: cannot be run: KeyError: 'inputs'",
    ),
    "an unknown statistic": (
        '{"metric": "bootstrap_ci", "tolerance": {}, "cases": '
        '[{"name": "x", "inputs": {"metric": "mode"}, "expected": 1}]}',
        "x: cannot be run: ValueError: no statistic for the metric mode",
    ),
}


@pytest.mark.parametrize(("content", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_a_failure_with_the_reason(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = check_file(path)
    assert result.passed == 0
    assert len(result.failures) == 1
    assert reason in result.failures[0]


def test_a_folder_named_like_a_file_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    assert "cannot be read: IsADirectoryError" in check_folder(tmp_path)[0].failures[0]


def test_a_whole_number_may_be_written_without_a_point(tmp_path: Path) -> None:
    assert check_file(write(tmp_path, "average_precision", 1)).failures == ()
    assert len(check_file(write(tmp_path, "average_precision", True)).failures) == 1


def test_one_broken_case_leaves_the_others(tmp_path: Path) -> None:
    path = write(tmp_path, "roc_auc", 1.0)
    document = json.loads(path.read_text())
    document["cases"].insert(0, {"name": "torn", "inputs": {}, "expected": 1.0})
    path.write_text(json.dumps(document))
    result = check_file(path)
    assert (result.passed, len(result.failures)) == (1, 1)
    assert result.failures[0] == "torn: cannot be run: KeyError: 'y_true'"


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
