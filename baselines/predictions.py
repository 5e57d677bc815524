"""The form of complete predictions."""

import numpy as np
import pandas as pd

from tabset import Dataset, Kind


def columns(dataset: Dataset) -> list[str]:
    """The columns of a complete predictions file in order."""
    if dataset.kind is Kind.MATCHING:
        return ["id", "score", "prediction"]
    return ["id", *dataset.classes]


def normalised(probabilities: "pd.DataFrame", classes: tuple[str, ...]) -> "pd.DataFrame":
    """One column per declared class in order, rows summing to 1; a class never seen gets 0."""
    table = probabilities.reindex(columns=list(classes), fill_value=0.0).astype("float64")
    return table.div(table.sum(axis=1), axis=0)


def check(predictions: "pd.DataFrame", dataset: Dataset, ids: "pd.Series[str]") -> None:
    """Nothing if the predictions are complete; otherwise AssertionError: the method has a bug."""
    if list(predictions.columns) != columns(dataset):
        raise AssertionError(f"columns {list(predictions.columns)}, not {columns(dataset)}")
    if list(predictions["id"]) != list(ids):
        raise AssertionError("the ids are not the test ids in file order")
    if dataset.kind is Kind.MATCHING:
        scores = predictions["score"].to_numpy(dtype=float)
        good = bool(((scores >= 0) & (scores <= 1)).all())
        good &= bool(predictions["prediction"].isin(dataset.labels).all())
    else:
        values = predictions[list(dataset.classes)].to_numpy(dtype=float)
        good = bool((values >= 0).all()) and bool(np.allclose(values.sum(axis=1), 1, atol=1e-9))
    if not good:
        raise AssertionError("a prediction is missing or out of range")
