"""The figures of one submission for its page: drawn, as a table, or why they are not there."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from figures import Stated, confusion, precision_recall, reliability, similar_order
from figures.words import number, plural
from podium.analysis.figures import (
    OTHERS,
    DisplayedConfusion,
    DisplayedFigures,
    DisplayedPrecisionRecall,
    DisplayedReliability,
)
from podium.web.base.drawn_figures import Figure, figure

N = TypeVar("N", int, float)
CALIBRATION = "Confidence and how often it is right"
TABLE_CLASSES = 12  # with more, the table lists only the most frequent confusions
MOST_CONFUSIONS = 20
FEWEST_BINS = 3  # a verdict on fewer would rest on one of them
TITLES = {
    "confusion": "Confusion matrix",
    "precision_recall": "Precision and recall",
    "reliability": "Calibration",
}


def submission_figures(shown: DisplayedFigures) -> dict[str, object] | None:
    """Return the figures with their tables, and notes on those that are not there.

    None where nothing is said of the submission.
    """
    found: list[Figure] = []
    if shown.confusion:
        found.append(_confusion(shown.confusion))
    if shown.precision_recall:
        found.append(_precision_recall(shown.precision_recall))
    if shown.reliability:
        found.append(_reliability(shown.reliability))
    notes = [
        f"{' and '.join(TITLES[name] for name, _ in same)}: {reason}."
        for reason, same in groupby(shown.reasons.items(), key=lambda each: each[1])
    ]
    return {"drawn": found, "notes": notes} if found or notes else None


def _confusion(shown: DisplayedConfusion) -> Figure:
    left_out = f"{plural(shown.left_out, 'class', 'classes')} left out: too few public rows."
    note = left_out if shown.left_out else ""
    head, rows = ["True class", *shown.decided], _all_cells(shown)
    if len(shown.classes) > TABLE_CLASSES:
        shown = _by_similarity(shown)
        head, rows = ["True class", "Predicted", "Share of class"], _most_frequent(shown)
    said = _most_confused(shown)
    return figure(
        "confusion",
        TITLES["confusion"],
        lambda name, width: confusion(
            name, said, shown.classes, shown.decided, shown.shares, width=width
        ),
        head,
        rows,
        note=note,
        said=said,
    )


def _all_cells(shown: DisplayedConfusion) -> list[list[str]]:
    cells = _cells(shown)
    return [[each, *row] for each, row in zip(shown.classes, cells, strict=True)]


def _most_frequent(shown: DisplayedConfusion) -> list[list[str]]:
    """Return the most frequent confusions as rows of a table."""
    cells = _cells(shown)
    wrong = _wrong(shown)[:MOST_CONFUSIONS]
    return [
        [shown.classes[row], shown.decided[column], cells[row][column]] for _, row, column in wrong
    ]


def _by_similarity(shown: DisplayedConfusion) -> DisplayedConfusion:
    """Return the matrix with classes that are confused next to each other."""
    order = similar_order(shown.shares)
    rest = range(len(shown.classes), len(shown.decided))
    columns = [*order, *rest]

    def moved(rows: Sequence[Sequence[N]]) -> tuple[tuple[N, ...], ...]:
        return tuple(tuple(rows[row][column] for column in columns) for row in order)

    return replace(
        shown,
        classes=tuple(shown.classes[each] for each in order),
        decided=tuple(shown.decided[each] for each in columns),
        shares=moved(shown.shares),
        rows=None if shown.rows is None else moved(shown.rows),
    )


def _cells(shown: DisplayedConfusion) -> list[list[str]]:
    """Return every share as text, with its count of rows where that is shown."""
    places = min(shown.decimals, 3)
    if shown.rows is None:
        return [[number(share, places) for share in row] for row in shown.shares]
    return [
        [f"{number(share, places)} ({rows:,})" for share, rows in zip(line, counts, strict=True)]
        for line, counts in zip(shown.shares, shown.rows, strict=True)
    ]


def _wrong(shown: DisplayedConfusion) -> list[tuple[float, int, int]]:
    """Return the confusions with their share and place, the most frequent first.

    By counts of rows where these are shown, otherwise by the share of the true class.
    """
    weights: Sequence[Sequence[float]] = shown.rows or shown.shares
    found = [
        (share, row, column)
        for row, line in enumerate(weights)
        for column, share in enumerate(line)
        if share > 0 and shown.classes[row] != shown.decided[column]
    ]
    return sorted(found, key=lambda each: -each[0])


def _most_confused(shown: DisplayedConfusion) -> str:
    wrong = [each for each in _wrong(shown) if shown.decided[each[2]] != OTHERS]
    if not wrong:
        return "No class is confused with another"
    _, row, column = wrong[0]
    return f"Most often confused: {shown.classes[row]} predicted as {shown.decided[column]}"


def _precision_recall(shown: DisplayedPrecisionRecall) -> Figure:
    points = [(each.recall, each.precision) for each in shown.points]
    half = next((each for each in shown.points if each.recall >= 0.5), shown.points[-1])
    places = min(shown.decimals, 3)
    said = f"Precision {number(half.precision, 2)} at recall {number(half.recall, 2)}"
    return figure(
        "precision_recall",
        TITLES["precision_recall"],
        lambda name, width: precision_recall(name, said, points, shown.matches, width=width),
        ["Recall", "Precision"],
        [[number(each, places) for each in point] for point in points],
        said=said,
    )


def _reliability(shown: DisplayedReliability) -> Figure:
    bins = [Stated(each.confidence, each.accuracy, each.share) for each in shown.bins]
    places = min(shown.decimals, 3)
    verdict = _calibrated(shown)
    rows = [
        [
            f"{number(each.low, 2)} to {number(each.high, 2)}",
            *(number(n, places) for n in (each.confidence, each.accuracy, each.share)),
        ]
        for each in shown.bins
    ]
    return figure(
        "reliability",
        TITLES["reliability"],
        lambda name, width: reliability(name, verdict or CALIBRATION, bins, width=width),
        ["Confidence", "Mean confidence", "Right", "Share of the rows"],
        rows,
        said=verdict,
    )


def _calibrated(shown: DisplayedReliability) -> str:
    """Return a verdict on the stated confidence; no verdict on fewer than three bins."""
    if len(shown.bins) < FEWEST_BINS:
        return ""
    worst = max(shown.bins, key=lambda each: each.share * abs(each.confidence - each.accuracy))
    if worst.confidence == worst.accuracy:
        return "Well calibrated"
    much = "Underconfident" if worst.accuracy > worst.confidence else "Overconfident"
    stated, came = (number(100 * each, 0) for each in (worst.confidence, worst.accuracy))
    return f"{much}: at {stated} % confidence, {came} % are right"
