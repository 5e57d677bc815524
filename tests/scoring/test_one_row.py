"""How much one row can move a metric, over files that try to single it out."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest

from scoring.intervals import interval
from scoring.metrics import METRICS, Form, Records, View, metrics_of
from scoring.metrics.measured import Endpoints
from scoring.spec import Kind

CASES = [(name, cast(Kind, kind)) for name, metric in METRICS.items() for kind in metric.kinds]
N, CLASSES = 400, 4
# The precision at every later match changes by a row at the front: 1 + 1/2 + ... of P rows.
MOST = 2 + np.log(N)
Floats = npt.NDArray[np.float64]


def truths(kind: Kind) -> Iterator[npt.NDArray[np.int32]]:
    """Labels: about equally frequent, and with one that is rare."""
    draw = np.random.default_rng(5)
    classes = 2 if kind == "matching" else CLASSES
    for rare in (1 / classes, 0.03):
        shares = np.full(classes, (1 - rare) / (classes - 1))
        shares[-1] = rare
        yield draw.choice(classes, N, p=shares).astype(np.int32)


def scores_of_pairs(truth: npt.NDArray[np.int32]) -> Iterator[Floats]:
    """Scores in which row 0 stands out: the only match, the first, or the only one of its bin."""
    draw = np.random.default_rng(6)
    known = truth * 0.2 + 0.3 + draw.random(N) * 0.01
    for others in (np.full(N, 0.3), draw.random(N) * 0.49, known):
        for own in (0.9, 0.4, 0.0):
            scores = others.copy()
            scores[0] = own
            yield scores
    # With row 0 the share of matches among all claimed rows is just reached, without it just not.
    matches, rest = np.flatnonzero(truth[1:]) + 1, np.flatnonzero(truth[1:] == 0) + 1
    for share in (0.8, 0.9, 0.95):
        wrong = rest[: int((1 - share) / share * (len(matches) + 1))]
        scores = np.zeros(N)
        scores[[0, *matches]], scores[wrong] = 0.9, 0.95
        yield scores


def chain(truth: npt.NDArray[np.int32]) -> Records:
    """Records whose matches make one chain with row 0 in its middle."""
    matches = np.flatnonzero(truth[1:]) + 1
    half = len(matches) // 2
    left = np.arange(N, dtype=np.int32) * 2 + 2 * N
    right = left + 1
    for place, row in enumerate([*matches[:half], 0, *matches[half:]]):
        left[row], right[row] = place, place + 1
    return Records(left, right)


def ends() -> Endpoints:
    """Four groups; the first has row 0 and one other."""
    groups = (np.arange(N) * 3 // N + 1).astype(np.int32)
    groups[:2] = 0
    return Endpoints(groups, groups, tuple("abcd"))


def views(kind: Kind, truth: npt.NDArray[np.int32]) -> Iterator[View]:
    """Views of files that single out row 0."""
    if kind == "matching":
        for scores in scores_of_pairs(truth):
            decision = (scores > 0.5).astype(np.int32)
            yield View(2, truth, decision, None, scores, True, chain(truth), ends())
        known = truth.copy()
        known[0] = 1
        yield View(2, truth, known, None, known * 0.9, True, chain(truth), ends())
        return
    draw = np.random.default_rng(7)
    for others in (np.zeros(N, np.int32), truth, draw.integers(0, CLASSES, N).astype(np.int32)):
        for own in range(CLASSES):
            decision = others.copy()
            decision[0] = own
            chances = np.full((N, CLASSES), 0.2 / (CLASSES - 1))
            chances[np.arange(N), decision] = 0.8
            chances[0] = 0.0
            chances[0, own] = 1.0
            yield View(CLASSES, truth, decision, chances)


def moved(form: Form, view: View, shown: int) -> float:
    """The most that the label of row 0 moves the value or an end of its interval.

    Infinite where it decides whether there is a value. Leaving the row out, as if it were of the
    other part, counts as well.
    """
    found = []
    for label in range(view.classes):
        truth = view.truth.copy()
        truth[0] = label
        found.append(numbers(form, _with(view, truth)))
    found.append(numbers(form, view.only(np.arange(1, N))))
    there = [each for each in found if each is not None]
    if len(there) < len(found):
        return np.inf if there else 0.0
    return float(np.ptp(there, axis=0)[:shown].max())


def numbers(form: Form, view: View) -> list[float] | None:
    """The value and the ends of its interval, where there are any."""
    measured = form.measure(view)
    if measured.value is None:
        return None
    found = interval(measured, np.arange(view.n), form.range)
    return [measured.value, *(end for end in (found.low, found.high) if end is not None)]


def _with(view: View, truth: npt.NDArray[np.int32]) -> View:
    given = (view.decision, view.probabilities, view.scores, view.unit_scores)
    return View(view.classes, truth, *given, view.records, view.endpoints)


def largest(name: str, kind: Kind, shown: int = 3) -> float:
    """How many times one over the rows of its denominator row 0 moves the metric, at most.

    Of the value and the two ends the first `shown` count.
    """
    form = METRICS[name].forms[kind]
    return max(
        moved(form, view, shown) * form.rows(np.bincount(truth[1:]).tolist())
        for truth in truths(kind)
        for view in views(kind, truth)
    )


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_what_one_row_can_move_by_far_more_than_one_over_the_rows_is_withheld(
    name: str, kind: Kind
) -> None:
    value, with_ends = largest(name, kind, shown=1), largest(name, kind)
    width = METRICS[name].forms[kind].range[1] - METRICS[name].forms[kind].range[0]
    match METRICS[name].forms[kind].withheld:
        case "nothing":
            assert with_ends <= MOST
        case "interval":
            assert value <= MOST < with_ends
        case "all":
            assert value * max(1.0, width) > MOST


def test_the_rows_of_a_denominator_are_those_that_the_metric_divides_by() -> None:
    pairs, classes = metrics_of("matching"), metrics_of("classification")
    assert pairs["recall"].rows([900, 100]) == 100
    assert pairs["brier"].rows([900, 100]) == 1000
    assert classes["accuracy"].rows([10, 0, 40]) == 50
    assert classes["macro_f1"].rows([10, 0, 40]) == 20
    assert classes["brier"].rows([10, 0, 40]) == 25
    assert classes["log_loss_clipped"].rows([345, 346]) == pytest.approx(100, rel=0.01)
    assert classes["macro_f1"].rows([]) == 0
