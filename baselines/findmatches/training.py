"""Scores the pairs of a data set by forests, and decides which of them match."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from baselines.decisions import best_threshold
from baselines.features.tables import feature_tables
from baselines.findmatches import forest
from baselines.findmatches.closure import closed_scores
from baselines.folds import FOLDS, folds
from baselines.formulas.findmatches import MIDDLE, threshold
from baselines.method import BaselineError, Settings
from tabset import Loaded

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

Names = list[Hashable]

FEATURES, FITTING, PREDICTING = 0.05, 0.6, 0.9


@dataclass(frozen=True)
class Task:
    """The pairs of a data set as input of the forests.

    ``train`` (n, features), ``is_match`` and ``fold`` (n,), ``test`` (m, features).
    """

    train: Rows
    is_match: Mask
    fold: npt.NDArray[np.intp]
    test: Rows

    def of(self, kept: Mask) -> "Task":
        """The task with some of the training pairs."""
        return Task(self.train[kept], self.is_match[kept], self.fold[kept], self.test)


@dataclass(frozen=True)
class Scored:
    """Scores in [0, 1]: training pairs by forests that saw no pair of their left record."""

    unseen: Floats
    test: Floats


def train_and_predict(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions as `Method.run` describes them.

    Matches are closed transitively if that does not lower F1 of the training pairs.
    """
    dataset, task = data.dataset, task_of(data, settings)
    found = scored(task, settings, FITTING, PREDICTING)
    closed = closed_scores(*records_of(data, data.train), found.unseen)
    if _objective(task.is_match, closed) >= _objective(task.is_match, found.unseen):
        unseen, test = closed, closed_scores(*records_of(data, data.test), found.test)
        how = "after transitive closure"
    else:
        unseen, test, how = found.unseen, found.test, "as closure lowers F1, without it"
    value = best_threshold(unseen, task.is_match)
    settings.report(PREDICTING, f"{quality(task.is_match, unseen >= value)}, {how}")
    decided = np.where(test >= value, dataset.positive_label, dataset.negative_label)
    return pd.DataFrame({"id": data.test["id"], "score": found.test, "prediction": decided})


def task_of(data: Loaded, settings: Settings) -> Task:
    """The features of all pairs. Raises BaselineError unless some pairs match and some do not."""
    is_match = (data.train["label"] == data.dataset.positive_label).to_numpy(bool)
    if is_match.all() or not is_match.any():
        raise BaselineError("findmatches needs training pairs that match and some that do not.")
    train, test = (_rows(table) for table in feature_tables(data, settings, FEATURES, FITTING))
    return Task(train, is_match, folds(data, settings.seed), test)


def scored(task: Task, settings: Settings, begin: float, end: float) -> Scored:
    """The scores of all pairs; reports shares of the run from ``begin`` to ``end``.

    The time that is left before the share ``end`` of the limit is divided among the forests.
    """
    unseen = np.zeros(len(task.train))
    over = (1 - end) * settings.time_limit

    def grown(rows: Mask, forests_left: int) -> RandomForestClassifier:
        seconds = (settings.remaining - over) / forests_left
        train, is_match = task.train[rows], task.is_match[rows]
        return forest.grown(train, is_match, settings.seed, settings.cpus, seconds)

    for number in range(FOLDS):
        done = begin + (end - begin) * number / (FOLDS + 1)
        settings.report(done, f"Growing the forest of fold {number + 1} of {FOLDS}")
        held = task.fold == number
        if held.any():
            unseen[held] = forest.scores(grown(~held, FOLDS + 1 - number), task.train[held])
    everybody = np.ones(len(task.train), dtype=bool)
    last = grown(everybody, 1)
    settings.report(end, f"Scoring {len(task.test)} pairs with {last.n_estimators} trees")
    return Scored(unseen, forest.scores(last, task.test))


def records_of(data: Loaded, pairs: pd.DataFrame) -> tuple[Names, Names]:
    """The left and the right record of each pair; for two tables, with the table that it is in."""
    sides = ("left", "right") if len(data.records) > 1 else ("records", "records")
    left: Names = [(sides[0], record) for record in pairs["left_id"]]
    right: Names = [(sides[1], record) for record in pairs["right_id"]]
    return left, right


def quality(is_match: Mask, called: Mask) -> str:
    """Precision, recall and F1 of unseen pairs, in words."""
    hits = int((is_match & called).sum())
    precision = hits / max(int(called.sum()), 1)
    recall = hits / int(is_match.sum())
    f1 = 2 * hits / int(is_match.sum() + called.sum())
    return f"Out of fold: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}"


def _objective(is_match: Mask, scores: Floats) -> float:
    found = threshold(is_match, scores, MIDDLE)
    return found.objective if found else 0.0


def _rows(table: pd.DataFrame) -> Rows:
    """The features as a matrix; values that are not finite are missing."""
    rows = table.to_numpy(np.float32)
    return np.where(np.isfinite(rows), rows, np.float32(np.nan))
