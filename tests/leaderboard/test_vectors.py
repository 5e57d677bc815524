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
        "aggregate.json: 5 cases of elo_prior_tie, elo_tabarena, mean_rank, mean_score,"
        " rescaled_score, win_rate",
        "friedman_nemenyi.json: 6 cases of cd, chi2, cliques, iman_davenport_f, mean_ranks,"
        " nemenyi_p, p_chi2, p_f, q_alpha",
        "ladder.json: 14 cases of accepted_paper, reported_paper",
        "skill.json: 4 cases of mean_skill, skills",
    ]


@pytest.mark.parametrize("name", ["aggregate", "friedman_nemenyi", "ladder"])
def test_every_output_of_a_vector_file_is_compared(tmp_path: Path, capsys, name: str) -> None:
    vectors = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    assert main(["check-vectors", str(VECTORS)]) == 0
    compared = capsys.readouterr().out
    (case, *_) = vectors["cases"]
    for output in [each for each in case["expected"] if each in compared]:
        wrong = case | {"expected": case["expected"] | {output: 7.5}}
        changed = json.dumps(vectors | {"cases": [wrong]})
        (tmp_path / "one.json").write_text(changed, encoding="utf-8")
        assert main(["check-vectors", str(tmp_path)]) == 1
        assert f"{case['name']}: {output} is" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not a vector file: JSONDecodeError"),
        ("[]", "is not a vector file: TypeError"),
        ("{}", "is not a vector file: KeyError: 'metric'"),
        ('{"metric": "skill", "tolerance": {}, "cases": []}', "KeyError: 'atol'"),
        ('{"metric": [], "tolerance": {"atol": 0, "rtol": 0}, "cases": []}', "TypeError"),
        ('{"metric": "skill", "tolerance": {"atol": 0, "rtol": 0}, "cases": []}', "has no cases"),
        (
            '{"metric": "skill", "tolerance": {"atol": 0, "rtol": 0}, "cases": [{"name": "odd"}]}',
            "odd: cannot be run: KeyError: 'inputs'",
        ),
        (
            '{"metric": "ladder", "tolerance": {"atol": 0, "rtol": 0}, "cases": [3]}',
            "3: cannot be run: TypeError",
        ),
    ],
)
def test_a_malformed_file_is_a_failure(tmp_path: Path, capsys, text: str, problem: str) -> None:
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    assert main(["check-vectors", str(tmp_path)]) == 1
    assert problem in capsys.readouterr().out


def test_bytes_that_are_no_text_are_a_failure(tmp_path: Path, capsys) -> None:
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{}")
    assert main(["check-vectors", str(tmp_path)]) == 1
    assert "bad.json: is not a vector file: UnicodeDecodeError" in capsys.readouterr().out


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
