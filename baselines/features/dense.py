"""Features as one matrix of standardised numbers, for methods that need it."""

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

MOST_LEVELS = 30  # of a categorical column; the rest form one level


def dense(train: pd.DataFrame, test: pd.DataFrame) -> tuple[Floats, Floats]:
    """The feature tables as matrices with mean 0 and variance 1 over the training rows.

    A missing number becomes the training median with a column that says so; a category becomes one
    column for each of its most frequent levels. Columns that are constant in training are left out.
    Shapes (n, p) and (m, p).
    """
    parts = [_column(train[name], test[name]) for name in train.columns]
    whole, unseen = (np.hstack(side) for side in zip(*parts, strict=True))
    mean, deviation = whole.mean(axis=0), whole.std(axis=0)
    kept = deviation > 1e-9 * (1 + np.abs(mean))
    return tuple((part[:, kept] - mean[kept]) / deviation[kept] for part in (whole, unseen))


def _column(train: "pd.Series[float]", test: "pd.Series[float]") -> tuple[Floats, Floats]:
    if pd.api.types.is_numeric_dtype(train):
        first = np.asarray(train.to_numpy(float, na_value=np.nan), float)
        second = np.asarray(test.to_numpy(float, na_value=np.nan), float)
        return _numbers(first, second)
    levels = train.value_counts().index[:MOST_LEVELS]
    return _levels(train, levels), _levels(test, levels)


def _numbers(train: Floats, test: Floats) -> tuple[Floats, Floats]:
    finite = train[np.isfinite(train)]
    median = float(np.median(finite)) if len(finite) else 0.0

    def filled(values: Floats) -> Floats:
        missing = ~np.isfinite(values)
        return np.column_stack([np.where(missing, median, values), missing.astype(float)])

    return filled(train), filled(test)


def _levels(values: "pd.Series[float]", levels: "pd.Index[str]") -> Floats:
    return np.column_stack([(values == level).to_numpy(float, na_value=0.0) for level in levels])
