"""The support vector machine with the neural tangent kernel, for small tables."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from baselines.method import Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded

MOST_ROWS = 5_000  # memory and time grow with their square and more


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of the machine whose kernel and penalty were best on held-out rows."""
    training = import_module("baselines.ntk_svm.training")  # it loads scikit-learn
    predictions: pd.DataFrame = training.train_and_predict(data, settings)
    return predictions


METHOD = Method(
    name="ntk-svm",
    title="NTK support vector machine",
    summary="Support vectors with the neural tangent kernel, for tables of at most 5,000 rows.",
    run=run,
    most_rows=MOST_ROWS,
)
