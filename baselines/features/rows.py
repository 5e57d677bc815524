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
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The plain features and the components of ``table``, whose index is 0, 1, …, row by row.

    Plain: numbers and categories as they are, dates split, texts and lists counted; each is
    informative by itself. Components: TF-IDF of texts and lists by SVD, thumbnails, histograms and
    edges of images; many, each with little information. With more than four text columns, they use
    the joined text. Id columns are left out. ``announce`` gets each column's name.
    """
    plain, components = [], []
    for column in columns:
        if column.type is ColumnType.ID:
            continue
        announce(column.name)
        if column.type is ColumnType.IMAGE:
            components.append(image_features(column.name, list(table[column.name])))
        else:
            plain.append(_column_features(table[column.name], column))
    announce("texts as a whole")
    components += _text_components(table, columns, seed)
    return _beside(plain, table.index), _beside(components, table.index)


def _beside(parts: list[pd.DataFrame], index: pd.Index) -> pd.DataFrame:
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=index)


def _text_components(
    table: pd.DataFrame, columns: Sequence[Column], seed: int
) -> list[pd.DataFrame]:
    texts = [c.name for c in columns if c.type in (ColumnType.TEXT, ColumnType.LIST)]
    if len(texts) > MAX_TEXT_COLUMNS:
        joined = [" ".join(row) for row in zip(*(as_texts(table[t]) for t in texts), strict=True)]
        return [svd_features("all texts", joined, 2 * COMPONENTS, seed)]
    return [svd_features(t, as_texts(table[t]), COMPONENTS, seed) for t in texts]


def date_features(name: str, dates: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    """Days since 1970, year, month, day, weekday and hour; NaN if the date is missing."""
    dates = pd.to_datetime(dates)
    days = (dates - pd.Timestamp(0)) / pd.Timedelta(days=1)
    table = pd.DataFrame({f"{name} days": days})
    for field in ("year", "month", "day", "dayofweek", "hour"):
        table[f"{name} {field}"] = getattr(dates.dt, field)
    return table


def _column_features(values: "pd.Series[str]", column: Column) -> pd.DataFrame:
    if column.type is ColumnType.DATETIME:
        return date_features(column.name, pd.to_datetime(values))
    if column.type in (ColumnType.TEXT, ColumnType.LIST):
        return count_features(column.name, as_texts(values))
    if column.type is ColumnType.BOOLEAN:
        numbers = values.astype("boolean").astype("Float32").to_numpy(np.float32, na_value=np.nan)
        return pd.DataFrame({column.name: numbers})
    return values.to_frame()
