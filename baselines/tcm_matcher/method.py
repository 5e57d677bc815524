"""A two-tower text encoder with the threshold-consistent margin loss."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from baselines.method import Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions from the cosines of the records' embeddings."""
    training = import_module("baselines.tcm_matcher.training")  # it loads scikit-learn
    predictions: pd.DataFrame = training.train_and_predict(data, settings)
    return predictions


METHOD = Method(
    name="tcm-matcher",
    title="TCM matcher",
    summary="A two-tower text encoder of hashed character n-grams, trained with the "
    "threshold-consistent margin loss.",
    run=run,
    kinds=("matching",),
)
