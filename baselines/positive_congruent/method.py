"""A forest under focal distillation: few rows that an earlier method predicts correctly become
wrong."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from baselines.method import Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of the forest with the fewest negative flips and no loss of accuracy."""
    training = import_module("baselines.positive_congruent.training")  # it loads scikit-learn
    predictions: pd.DataFrame = training.train_and_predict(data, settings)
    return predictions


METHOD = Method(
    name="positive-congruent",
    title="Positive-congruent",
    summary="Extremely randomized trees under focal distillation of an earlier method, so that "
    "few of its correct rows become wrong.",
    run=run,
    needs_reference=True,
)
