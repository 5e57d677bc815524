"""AutoGluon's tabular predictor on features of the public files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baselines.method import Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of AutoGluon's weighted ensemble, trained within the time limit."""
    from baselines.autogluon.training import train_and_predict

    return train_and_predict(data, settings)


METHOD = Method(
    name="autogluon",
    title="AutoGluon",
    summary="AutoGluon tabular (gradient boosting and random trees, ensembled) on text, image "
    "and pair similarity features.",
    run=run,
)
