"""Influence values are the derivative of a metric by the weight of a row."""

from __future__ import annotations

import numpy as np
import pytest

from scoring import metrics_of
from scoring.metrics import Form, View, needs
from scoring.spec import Kind
from tests.scoring.simulated import Choices, Pairs

ROWS, TIMES = 40, 400
PAIRS, CHOICES = Pairs(0.4, 1.2, 1.5), Choices((0.4, 0.3, 0.2, 0.1), 1.0, 1.5)
OTHER_SLOPES = {"recall_at_precision_80", "recall_at_precision_90", "recall_at_precision_95"}
"""A step function, whose slope is taken over a band of thresholds."""
OF_ROWS = (needs.DECISION, needs.SCORES, needs.UNIT_SCORES, needs.PROBABILITIES)


def cases(kind: Kind) -> list[tuple[Kind, str]]:
    forms = metrics_of(kind)
    usual = forms.keys() - OTHER_SLOPES
    return [(kind, name) for name in forms if name in usual and forms[name].needs in OF_ROWS]


@pytest.mark.parametrize(("kind", "name"), [*cases("matching"), *cases("classification")])
def test_influence_is_what_one_more_row_changes(kind: Kind, name: str) -> None:
    form: Form = metrics_of(kind)[name]
    few = (PAIRS if kind == "matching" else CHOICES).draw(np.random.default_rng(3), ROWS)
    # Many copies of the rows, so that one more is a small change of weights.
    view = few.only(np.tile(np.arange(ROWS), TIMES))
    measured = form.measure(view)
    assert measured.value is not None
    assert measured.influence is not None
    scale = np.abs(measured.influence).max()
    for row in range(0, ROWS, 7):
        value = form.measure(view.only(np.append(np.arange(view.n), row))).value
        assert value is not None
        change = (value - measured.value) * (view.n + 1)
        assert measured.influence[row] == pytest.approx(change, abs=0.02 * scale)


@pytest.mark.parametrize("name", sorted(OTHER_SLOPES))
def test_the_influence_of_the_recall_at_a_precision_predicts_resamples(name: str) -> None:
    form = metrics_of("matching")[name]
    random = np.random.default_rng(4)
    view = Pairs(0.5, 2.5).draw(random, 4000)
    measured = form.measure(view)
    assert measured.influence is not None
    assert abs(measured.influence.sum()) < 1e-6 * view.n
    moved, predicted = [], []
    for _ in range(200):
        rows = random.integers(view.n, size=view.n)
        value = form.measure(view.only(rows)).value
        assert value is not None
        assert measured.value is not None
        moved.append(value - measured.value)
        predicted.append(measured.influence[rows].mean())
    assert np.corrcoef(moved, predicted)[0, 1] > 0.8
    assert np.std(predicted) == pytest.approx(np.std(moved), rel=0.25)


def test_influence_of_cells_is_that_of_their_rows() -> None:
    view = CHOICES.draw(np.random.default_rng(5), 300)
    for form in metrics_of("classification").values():
        influence = form.measure(view).influence
        assert influence is not None
        cells = view.truth * view.classes + view.decided
        if form.needs is needs.DECISION:
            assert all(len(set(influence[cells == cell])) == 1 for cell in set(cells))


def test_a_part_of_a_ranking_has_the_curve_of_its_scores() -> None:
    view = PAIRS.draw(np.random.default_rng(6), 500)
    ranked = View(2, view.truth, None, None, view.scores, ranking=view.curve.ranking)
    for rows in (np.arange(0, 500, 2), np.array([7, 8, 9])):
        once, anew = ranked.only(rows).curve, view.only(rows).curve
        best = anew.gained > 0
        assert np.array_equal(once.thresholds[best], anew.thresholds[best])
        assert np.array_equal(once.hits, anew.hits)
        assert np.array_equal(once.accepted, anew.accepted)
        assert np.array_equal(once.place, anew.place)
