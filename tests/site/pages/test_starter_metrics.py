"""The metrics of starter notebooks: the same values as the scorer's, for every headline."""

from typing import cast

import numpy as np
import pytest

from podium.pages.starter import STAND_INS
from podium.pages.starters import metrics
from podium.pages.starters.render import cells
from scoring.metrics.measured import View
from scoring.metrics.registry import metrics_of
from scoring.spec import KINDS, Kind

VALUES = dict.fromkeys(
    (
        *("title", "task", "folder", "page", "archive", "description", "metric", "measured"),
        *("summary", "formula", "better", "note"),
    ),
    "",
)
OWN = [(kind, name) for kind in KINDS for name in metrics_of(kind) if name not in STAND_INS]
CASES = [(kind, name, seed) for kind, name in OWN for seed in range(4)]


def _measured(kind: Kind, name: str, view: View) -> float | None:
    return metrics_of(kind)[name].measure(view).value


def _own(kind: str, name: str, truth: np.ndarray, guess: np.ndarray) -> float:
    function = getattr(metrics, f"{name}_{kind}", None) or getattr(metrics, name)
    return cast(float, function(truth, guess))


def _pairs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores of 200 pairs, in half of the cases with many ties."""
    draw = np.random.default_rng(seed)
    truth = draw.random(200) < 0.3
    scores = np.clip(truth * 0.3 + draw.random(200) * 0.7, 0, 1)
    return truth, scores.round(1) if seed % 2 else scores


def _rows(seed: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and probabilities of 200 rows, of which none has the last of many classes."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, max(2, classes - 1), 200)
    guess = draw.random((200, classes)) + 0.8 * np.eye(classes)[truth]
    guess = guess.round(1) + 0.01 if seed % 2 else guess
    return truth, guess / guess.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("kind", "name", "seed"), CASES)
def test_a_hold_out_is_measured_as_the_site_measures(kind: Kind, name: str, seed: int) -> None:
    if kind == "matching":
        truth, guess = _pairs(seed)
        codes = truth.astype(np.int64)
        decision = (guess >= 0.5).astype(np.int64)
        view = View(2, codes, decision, scores=guess, unit_scores=True)
    else:
        classes = (2, 4, 7, 3)[seed]
        truth, guess = _rows(seed, classes)
        view = View(classes, truth, guess.argmax(axis=1), probabilities=guess)
    assert _own(kind, name, truth, guess) == pytest.approx(_measured(kind, name, view), abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_every_headline_has_cells(kind: Kind) -> None:
    for name in metrics_of(kind):
        found = cells(kind, STAND_INS.get(name, name), VALUES)
        code = "\n".join(cell.source for cell in found if not cell.is_text)
        compile(code, "starter", "exec")
        assert code.count("def headline(") == 1
        assert "podium.pages" not in code
        assert "# noqa" not in code
        assert "# type:" not in code


def test_what_has_a_stand_in_has_no_function_of_its_own() -> None:
    known = {name for kind in KINDS for name in metrics_of(kind)}
    assert set(STAND_INS) <= known
    assert not [name for name in STAND_INS if hasattr(metrics, name)]


def test_no_metric_is_taken_from_another_kind() -> None:
    with pytest.raises(KeyError):
        cells("matching", "brier_of_nothing", VALUES)
