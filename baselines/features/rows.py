"""Features of single rows, for classification: one numeric or categorical table per column."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from baselines.features.images import image_features
from baselines.features.texts import as_texts, count_features, svd_features
from tabset import Column, ColumnType

MAX_TEXT_COLUMNS = 4
COMPONENTS = 48


def row_features(
    table: pd.DataFrame, columns: Sequence[Column], seed: int, announce: Callable[[str], None]
) -> pd.DataFrame:
    """One row of features per row of ``table``, whose index is 0, 1, …; id columns are left out.

    Numbers and categories stay as they are, dates are taken apart, texts and lists become TF-IDF
    components and counts, images grey thumbnails and colour histograms. With more than four text
    columns the components are made of their joined text. ``announce`` gets each column's name.
    """
    texts = [c.name for c in columns if c.type in (ColumnType.TEXT, ColumnType.LIST)]
    parts = []
    for column in columns:
        if column.type is ColumnType.ID:
            continue
        announce(column.name)
        parts.append(_column_features(table[column.name], column))
    announce("texts as a whole")
    if len(texts) > MAX_TEXT_COLUMNS:
        joined = [" ".join(row) for row in zip(*(as_texts(table[t]) for t in texts), strict=True)]
        parts.append(svd_features("all texts", joined, 2 * COMPONENTS, seed))
    else:
        parts += [svd_features(t, as_texts(table[t]), COMPONENTS, seed) for t in texts]
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=table.index)


def date_features(name: str, dates: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    """Days since 1970, year, month, day, weekday and hour; NaN where the date is missing."""
    dates = pd.to_datetime(dates)
    days = (dates - pd.Timestamp(0)) / pd.Timedelta(days=1)
    table = pd.DataFrame({f"{name} days": days})
    for field in ("year", "month", "day", "dayofweek", "hour"):
        table[f"{name} {field}"] = getattr(dates.dt, field)
    return table


def _column_features(values: "pd.Series[str]", column: Column) -> pd.DataFrame:
    if column.type is ColumnType.IMAGE:
        return image_features(column.name, list(values))
    if column.type is ColumnType.DATETIME:
        return date_features(column.name, pd.to_datetime(values))
    if column.type in (ColumnType.TEXT, ColumnType.LIST):
        return count_features(column.name, as_texts(values))
    if column.type is ColumnType.BOOLEAN:
        numbers = values.astype("boolean").astype("Float32").to_numpy(np.float32, na_value=np.nan)
        return pd.DataFrame({column.name: numbers})
    return values.to_frame()
