"""What figures are drawn from is what scikit-learn counts, and the same after a trip by JSON."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_curve

from scoring.diagnostics_figures import MOST_CLASSES, POINTS, FigureData
from scoring.metrics import METRICS, View
from scoring.metrics.bins import BINS
from tests.scoring.builders import CLASSES, MATCHING, text
from tests.scoring.test_diagnostics import (
    N,
    classes_solution,
    labels,
    pairs_solution,
    scored,
)

ABC = ("a", "b", "c")
Numbers = npt.NDArray[Any]


def figures(outcome: Any, part: str = "public") -> FigureData:
    every = [FigureData.from_json(each) for each in outcome.diagnostics["figures"]]
    return next(each for each in every if each.part == part)


def of_classes(truth: Numbers, decision: Numbers, classes: tuple[str, ...]) -> FigureData:
    view = View(len(classes), truth.astype(np.int32), decision.astype(np.int32))
    return FigureData.of("public", view, classes)


def of_pairs(truth: Numbers, scores: Numbers, *, unit: bool = False) -> FigureData:
    view = View(2, truth.astype(np.int32), scores=scores, unit_scores=unit)
    return FigureData.of("public", view, ())


@pytest.mark.parametrize("part", ["public", "private"])
def test_each_part_has_a_confusion_of_its_own_rows(part: str) -> None:
    table = classes_solution()
    outcome = scored(table, CLASSES, {"prediction": text(labels())}, "accuracy")
    rows = np.array(table["usage"]) == part
    found = figures(outcome, part)
    expected = confusion_matrix(np.array(table["label"])[rows], np.array(labels())[rows])
    assert found.confusion is not None
    assert found.confusion.classes == ABC
    assert np.array_equal(found.confusion.rows, expected)
    assert found.n == rows.sum() == expected.sum()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_confusion_is_that_of_scikit_learn(rows: list[tuple[int, int]]) -> None:
    truth, decision = np.array(rows).T
    found = of_classes(truth, decision, ("a", "b", "c", "never"))
    assert found.confusion is not None
    expected = confusion_matrix(truth, decision, labels=range(4))
    assert np.array_equal(found.confusion.rows, expected)


def test_many_classes_have_no_confusion() -> None:
    codes = np.arange(MOST_CLASSES + 1)
    names = tuple(map(str, codes))
    assert of_classes(codes, codes, names).confusion is None
    assert of_classes(codes[:-1], codes[:-1], names[:-1]).confusion is not None


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=1, max_size=250),
)
def test_points_lie_on_the_curve_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    truth, scores = np.array([row[0] for row in rows]), np.array([row[1] / 12 for row in rows])
    found = of_pairs(truth, scores).precision_recall
    if not truth.any():
        assert found is None
        return
    assert found is not None
    precision, recall, _ = precision_recall_curve(truth, scores)
    ours = [
        (hits / found.positives, hits / accepted)
        for hits, accepted in zip(found.hits, found.accepted, strict=True)
    ]
    # Of each step of recall the highest threshold that reaches it; theirs run downwards.
    expected = []
    for step in range(1, POINTS + 1):
        at = np.flatnonzero(recall * POINTS >= step - 1e-9)[-1]
        expected.append((recall[at], precision[at]))
    assert np.allclose(ours, sorted(set(expected)))
    assert found.hits[-1] == found.positives == truth.sum()


def test_equal_scores_are_one_point() -> None:
    found = of_pairs(np.array([1, 0, 0, 1]), np.full(4, 0.5)).precision_recall
    assert found is not None
    assert (found.accepted, found.hits) == ((4,), (2,))


def test_a_curve_has_at_most_its_number_of_points() -> None:
    truth = np.ones(1000, dtype=int)
    found = of_pairs(truth, np.linspace(0, 1, 1000)).precision_recall
    assert found is not None
    assert found.hits == found.accepted == tuple(range(10, 1001, 10))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), min_size=1, max_size=200))
def test_bins_are_those_of_scikit_learn_and_of_the_calibration_error(
    rows: list[tuple[bool, int]],
) -> None:
    # Thirtieths are on the edges of fifteen bins, where scikit-learn puts them on the other side.
    truth = np.array([row[0] for row in rows])
    chance = np.clip(np.array([row[1] / 30 for row in rows]) - 1e-6, 0, 1)
    found = of_pairs(truth, chance, unit=True).reliability
    assert found is not None
    share, confidence = calibration_curve(truth, chance, n_bins=BINS)
    used = np.array(found.rows) > 0
    ours = np.array(found.hits)[used] / np.array(found.rows)[used]
    assert np.allclose(ours, share)
    assert np.allclose(np.array(found.confidence)[used], confidence, atol=1e-6)
    assert sum(found.rows) == len(rows)
    gaps = np.abs(ours - np.array(found.confidence)[used])
    view = View(2, truth.astype(np.int32), scores=chance, unit_scores=True)
    error = METRICS["ece"].forms["matching"].measure(view).value
    assert error == pytest.approx(gaps @ np.array(found.rows)[used] / len(rows), abs=1e-5)


def test_probabilities_of_classes_are_binned_by_the_largest() -> None:
    chances = np.random.default_rng(2).dirichlet([1, 1, 1], N)
    table = classes_solution()
    columns = {name: chances[:, code] for code, name in enumerate("abc")}
    outcome = scored(table, CLASSES, columns, "accuracy")
    public = np.array(table["usage"]) == "public"
    top = chances.argmax(1)[public]
    right = np.array(list("abc"))[top] == np.array(table["label"])[public]
    share, confidence = calibration_curve(right, chances.max(1)[public], n_bins=BINS)
    found = figures(outcome)
    assert found.reliability is not None
    assert found.confusion is not None
    bins = [each for each in zip(*asdict(found.reliability).values(), strict=True) if each[0]]
    assert np.allclose([hits / rows for rows, hits, _ in bins], share)
    assert np.allclose([stated for _, _, stated in bins], confidence, atol=1e-6)
    assert found.precision_recall is None


def test_labels_alone_have_no_reliability_and_scores_beyond_one_neither() -> None:
    by_label = scored(classes_solution(), CLASSES, {"prediction": text(labels())}, "accuracy")
    assert figures(by_label).reliability is None
    scores = np.linspace(-3, 8, N)
    pairs = scored(pairs_solution(), MATCHING, {"score": scores}, "average_precision")
    assert figures(pairs).reliability is None
    assert figures(pairs).precision_recall is not None
    assert figures(pairs).confusion is None


def test_a_part_without_a_match_has_no_curve_and_one_of_matches_alone_has_one() -> None:
    zeros = of_pairs(np.zeros(5), np.linspace(0, 1, 5), unit=True)
    assert zeros.precision_recall is None
    assert zeros.reliability is not None
    ones = of_pairs(np.ones(5), np.linspace(0, 1, 5)).precision_recall
    assert ones is not None
    assert ones.hits == ones.accepted == (1, 2, 3, 4, 5)


def test_a_part_without_rows_has_no_figures() -> None:
    table = classes_solution(usage=text(["public"] * N))
    outcome = scored(table, CLASSES, {"prediction": text(labels())}, "accuracy")
    assert figures(outcome, "private") == FigureData("private", 0, None, None, None)


def test_figures_survive_json() -> None:
    outcome = scored(
        pairs_solution(), MATCHING, {"score": np.linspace(0, 1, N)}, "average_precision"
    )
    kept = json.loads(json.dumps(outcome.diagnostics))
    assert [FigureData.from_json(each) for each in kept["figures"]] == [
        figures(outcome, part) for part in ("public", "private")
    ]


def test_labels_of_one_part_do_not_show_in_the_figures_of_the_other() -> None:
    table = pairs_solution()
    usage, label = np.array(table["usage"]), np.array(table["label"]).copy()
    label[usage != "public"] = np.where(label[usage != "public"] == "1", "0", "1")
    other = pairs_solution(label=text(label.tolist()))
    columns = {"score": np.linspace(0, 1, N)}
    one, two = (scored(each, MATCHING, columns, "f1") for each in (table, other))
    assert figures(one) == figures(two)
    assert figures(one, "private") != figures(two, "private")


def test_fifty_classes_take_a_few_kilobytes() -> None:
    draw = np.random.default_rng(0)
    n, names = 100_000, tuple(f"class {code}" for code in range(MOST_CLASSES))
    truth, decision = draw.integers(0, MOST_CLASSES, (2, n))
    kept = json.dumps(asdict(of_classes(truth, decision, names)))
    assert len(kept) < 12_000
    pairs = json.dumps(asdict(of_pairs(truth < 5, draw.random(n), unit=True)))
    assert len(pairs) < 3_000
