"""Ridge regression on frozen features with scaled one-hot targets: the LQF head."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from baselines.method import Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of the ridge solution whose penalty was best on unseen rows."""
    training = import_module("baselines.linear.training")  # it loads scikit-learn
    predictions: pd.DataFrame = training.train_and_predict(data, settings)
    return predictions


METHOD = Method(
    name="linear",
    title="Linear (LQF head)",
    summary="Ridge regression on frozen features with scaled one-hot targets, in closed form.",
    run=run,
)
