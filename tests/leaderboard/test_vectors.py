import json
from pathlib import Path

import pytest

from leaderboard.__main__ import main

VECTORS = Path(__file__).parent / "vectors"


def write(folder: Path, **changes) -> None:
    vectors = json.loads((VECTORS / "skill.json").read_text(encoding="utf-8")) | changes
    (folder / "skill.json").write_text(json.dumps(vectors), encoding="utf-8")


def test_the_package_agrees_with_the_reference_vectors(capsys) -> None:
    assert main(["check-vectors", str(VECTORS)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "aggregate.json: 5 cases of mean_score",
        "skill.json: 4 cases of mean_skill, skills",
    ]


def test_an_unknown_metric_is_a_failure(tmp_path: Path, capsys) -> None:
    write(tmp_path, metric="sagacity")
    assert main(["check-vectors", str(tmp_path)]) == 1
    assert "skill.json: unknown metric 'sagacity'" in capsys.readouterr().out


@pytest.mark.parametrize("skills", [[0.5], [None], [0.6, 0.8]])
def test_a_value_that_differs_is_a_failure_that_names_the_case(
    tmp_path: Path, capsys, skills: list[float | None]
) -> None:
    inputs = {"tasks": [{"score": 0.6, "baseline": 0.0, "ceiling": 1.0}]}
    expected = {"skills": skills, "mean_skill": 0.6}
    write(tmp_path, cases=[{"name": "wrong", "inputs": inputs, "expected": expected}])
    assert main(["check-vectors", str(tmp_path)]) == 1
    assert "skill.json: wrong: skills is [0.6]" in capsys.readouterr().out


def test_a_folder_without_vectors_is_an_error(tmp_path: Path, capsys) -> None:
    assert main(["check-vectors", str(tmp_path)]) == 2
    assert "No vector file" in capsys.readouterr().err
