"""Records matched as AWS Glue FindMatches does it, on given pairs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from baselines.method import Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The forest's scores of the pairs, with matches closed transitively where that helps."""
    training = import_module("baselines.findmatches.training")  # it loads scikit-learn
    predictions: pd.DataFrame = training.train_and_predict(data, settings)
    return predictions


METHOD = Method(
    name="findmatches",
    title="FindMatches",
    summary="Similarities of pairs, a random forest, a threshold and transitive closure, as in AWS "
    "Glue FindMatches; also groups the records of plain tables.",
    run=run,
    kinds=("matching",),
)
