"""AutoGluon's tabular predictor on features of the public files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from baselines.method import Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of AutoGluon's weighted ensemble, trained within the time limit."""
    # By name, because the site imports this module and must not import AutoGluon, even indirectly.
    training = import_module("baselines.autogluon.training")
    predictions: pd.DataFrame = training.train_and_predict(data, settings)
    return predictions


METHOD = Method(
    name="autogluon",
    title="AutoGluon",
    summary="AutoGluon tabular (gradient boosting and random trees, ensembled) on text, image "
    "and pair similarity features.",
    run=run,
)
