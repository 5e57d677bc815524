"""The metrics of starter notebooks: scikit-learn's, with the same values as the scorer's."""

import contextlib
import io
import json
from typing import Any

import numpy as np
import pytest

from podium.web.task.starter import STARTERS
from scoring.metrics.measured import View
from scoring.metrics.registry import metrics_of
from scoring.spec import KINDS, Kind

CLASSES = (2, 4, 7, 3)


def _cell(kind: Kind) -> str:
    """The code of the notebook's cell with the metrics."""
    notebook = json.loads((STARTERS / f"{kind}.ipynb").read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    return next(source for source in sources if "MEASURES = {" in source)


def _run(kind: Kind, headline: str, classes: int) -> tuple[dict[str, Any], str]:
    """What the cell defines for a headline, and what it prints."""
    before = (
        "import numpy as np\nfrom sklearn import metrics\n"
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "from sklearn.linear_model import LogisticRegression\n"
    )
    code = before + _cell(kind).replace("$headline", headline)
    names: dict[str, Any] = {"classes": list(range(classes))}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, names)  # noqa: S102  # the notebook's own code
    return names, printed.getvalue()


def _covered(kind: Kind) -> list[str]:
    """The metrics that the notebook computes."""
    return list(_run(kind, "f1", 3)[0]["MEASURES"])


def _pairs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores of 200 pairs, in half of the cases with many ties."""
    draw = np.random.default_rng(seed)
    truth = draw.random(200) < 0.3
    scores = np.clip(truth * 0.3 + draw.random(200) * 0.7, 0, 1)
    return truth, scores.round(1) if seed % 2 else scores


def _rows(seed: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and probabilities of 200 rows; none has the last of many classes."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, max(2, classes - 1), 200)
    guess = draw.random((200, classes)) + 0.8 * np.eye(classes)[truth]
    return truth, guess / guess.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in KINDS for name in _covered(kind)],
)
def test_a_hold_out_is_measured_as_the_site_measures(kind: Kind, name: str, seed: int) -> None:
    classes = 2 if kind == "matching" else CLASSES[seed]
    if kind == "matching":
        truth, scores = _pairs(seed)
        codes, guess = truth.astype(np.int64), np.column_stack([1 - scores, scores])
        decision = (scores >= 0.5).astype(np.int64)
        view = View(2, codes, decision, scores=scores, unit_scores=True)
    else:
        codes, guess = _rows(seed, classes)
        view = View(classes, codes, guess.argmax(axis=1), probabilities=guess)
    names, printed = _run(kind, name, classes)
    assert printed == ""
    expected = metrics_of(kind)[name].measure(view).value
    assert names["score"](codes, guess) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_metric_that_scikit_learn_lacks_is_named(kind: Kind) -> None:
    lacking = set(metrics_of(kind)) - set(_covered(kind))
    assert {"ece", "mce"} <= lacking
    for name in lacking:
        names, printed = _run(kind, name, 3)
        assert names["MEASURED"] in {"average_precision", "accuracy"}
        assert f"Only the site computes {name}" in printed
        assert names["MEASURED"] in printed
