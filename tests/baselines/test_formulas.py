"""The formulas of methods and diagnostics: reference vectors, and what they promise beyond."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.metrics import f1_score

from baselines.__main__ import main
from baselines.formulas.double_descent import sweep
from baselines.formulas.findmatches import candidates_per_record, threshold
from baselines.formulas.lqf import change_of_weights, preconditioned_step, scaled_targets
from baselines.formulas.ntk import ntk

VECTORS = Path(__file__).parent / "vectors"


def test_the_formulas_agree_with_the_reference_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-vectors", str(VECTORS)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "double_descent.json: 3 passed, 0 failed",
        "findmatches_labels.json: 3 passed, 0 failed",
        "findmatches_threshold.json: 11 passed, 0 failed",
        "focal_distillation.json: 3 passed, 0 failed",
        "lqf.json: 3 passed, 0 failed",
        "ntk.json: 30 passed, 0 failed",
        "tcm.json: 5 passed, 0 failed",
        "text_ngram.json: 3 passed, 0 failed",
    ]


@pytest.mark.parametrize("name", sorted(path.stem for path in VECTORS.glob("*.json")))
def test_every_expected_output_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    document = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    case = document["cases"][0]
    outputs = list(case["expected"]) if isinstance(case["expected"], dict) else [None]
    for output in outputs:
        wrong: Any = "wrong" if output is None else {**case["expected"], output: "wrong"}
        changed = {**document, "cases": [{**case, "expected": wrong}]}
        (tmp_path / f"{name}.json").write_text(json.dumps(changed), encoding="utf-8")
        assert main(["check-vectors", str(tmp_path)]) == 1
        assert f"{name}.json: {case['name']}: found" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not a vector file: JSONDecodeError"),
        ("[]", "is not a vector file: TypeError"),
        ("{}", "is not a vector file: KeyError: 'metric'"),
        ('{"metric": "tcm", "tolerance": {}, "cases": []}', "KeyError: 'rtol'"),
        ('{"metric": "tcm", "tolerance": {"rtol": 0, "atol": 0}, "cases": []}', "has no cases"),
        ('{"metric": "x", "tolerance": {"rtol": 0, "atol": 0}, "cases": [1]}', "unknown formula"),
        (
            '{"metric": "tcm", "tolerance": {"rtol": 0, "atol": 0}, "cases": [{"name": "odd"}]}',
            "odd: cannot be run: KeyError",
        ),
        (
            '{"metric": "tcm", "tolerance": {"rtol": 0, "atol": 0}, "cases": [3]}',
            "3: cannot be run: TypeError",
        ),
    ],
)
def test_a_file_that_is_no_vector_file_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    (tmp_path / "odd.json").write_text(text, encoding="utf-8")
    assert main(["check-vectors", str(tmp_path)]) == 1
    assert problem in capsys.readouterr().out


def test_a_folder_without_vector_files_is_said_to_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-vectors", str(tmp_path)]) == 2
    assert "No vector file" in capsys.readouterr().err


def test_the_ridge_solution_is_that_of_scikit_learn_in_both_shapes() -> None:
    rng = np.random.default_rng(3)
    for rows, features in ((40, 7), (7, 40)):
        x, y = rng.normal(size=(rows, features)), rng.normal(size=(rows, 3))
        reference = Ridge(alpha=0.3 * rows, fit_intercept=False).fit(x, y)
        np.testing.assert_allclose(change_of_weights(x, y, 0.3), reference.coef_.T, atol=1e-9)


def test_one_preconditioned_step_is_the_solution_from_any_weights() -> None:
    rng = np.random.default_rng(4)
    x, targets = rng.normal(size=(30, 5)), scaled_targets(rng.integers(0, 4, 30), 4)
    step = preconditioned_step(x, targets, rng.normal(size=(5, 4)), 0.1)
    np.testing.assert_allclose(step, change_of_weights(x, targets, 0.1), atol=1e-9)


def test_the_kernel_with_other_rows_is_a_part_of_the_kernel_of_all() -> None:
    x = np.random.default_rng(5).normal(size=(9, 4))
    x[3] = 0
    for depth, fixed in ((1, 0), (2, 1), (5, 0), (5, 3)):
        whole = ntk(x, depth, fixed)
        np.testing.assert_allclose(ntk(x[:5], depth, fixed, x[5:]), whole[:5, 5:], atol=1e-12)
        assert np.linalg.eigvalsh(whole).min() > -1e-9


@pytest.mark.parametrize(("depth", "fixed"), [(0, 0), (2, 2), (3, -1)])
def test_a_network_needs_a_layer_that_is_trained(depth: int, fixed: int) -> None:
    with pytest.raises(ValueError, match="layers cannot have"):
        ntk(np.eye(2), depth, fixed)


def test_a_sweep_without_a_size_near_the_rows_has_no_peak() -> None:
    rng = np.random.default_rng(6)
    train, test = ((rng.normal(size=(20, 3)), rng.normal(size=20)) for _ in range(2))
    found = sweep(train, test, rng.normal(size=(4, 3)), [2, 4])
    assert (found.peak, found.is_double, found.threshold) == (None, False, None)


scores = st.lists(
    st.tuples(st.booleans(), st.integers(0, 8).map(lambda k: k / 8)), min_size=1, max_size=30
)


@given(scores, st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]))
def test_the_threshold_is_the_best_of_all_scores(rows: list[Any], tau: float) -> None:
    is_match, score = np.array([m for m, _ in rows]), np.array([s for _, s in rows])
    found = threshold(is_match, score, tau)
    if not is_match.any():
        assert found is None
        return
    assert found is not None
    tried = {}
    for value in sorted(set(score)):
        accepted = score >= value
        p, r = is_match[accepted].mean(), is_match[accepted].sum() / is_match.sum()
        tried[value] = 0.0 if p * r == 0 else p * r / (tau * r + (1 - tau) * p)
    best = max(tried.values())
    ties = [value for value, objective in tried.items() if np.isclose(objective, best, rtol=1e-9)]
    assert found.objective == pytest.approx(best)
    assert found.value == (max(ties) if tau >= 0.5 else min(ties))
    if tau == 0.5:
        assert best == pytest.approx(f1_score(is_match, score >= found.value, zero_division=0))


def test_candidates_double_with_every_seventh_of_accuracy() -> None:
    assert [candidates_per_record(a) for a in (0, 1 / 7, 0.5, 1)] == [2, 4, 23, 256]
