"""The public columns in the types of AutoGluon's multimodal predictor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from baselines.autogluon_multimodal.backbones import IMAGE, TEXT, TEXTUAL
from baselines.features.rows import date_features
from baselines.features.texts import as_texts
from baselines.method import BaselineError
from tabset import Column, ColumnType, Kind, Loaded

LEVELS = frozenset({ColumnType.CATEGORICAL, ColumnType.BOOLEAN})
TEXT_TYPE, NUMBER_TYPE, LEVEL_TYPE, IMAGE_TYPE = "text", "numerical", "categorical", "image_path"

Converted = tuple[str, "pd.Series[Any]"]


@dataclass(frozen=True)
class Columns:
    """Columns f0, f1, … of the training and test rows, and the type of each in AutoGluon's words.

    ``left`` and ``right`` name those of either record of a pair.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    types: dict[str, str]
    left: list[str]
    right: list[str]


def columns(data: Loaded, kinds: frozenset[str], one_kind: str | None = None) -> Columns:
    """The columns that backbones of these ``kinds`` (text, image) can use, in declared order.

    Without a text backbone texts are left out, without an image backbone images. With one, the
    categories of pairs are texts, so that the text network sees both records at once. With
    ``one_kind`` all have that kind: everything that can be written as text, or only images. Ids and
    columns that are constant in training are left out. Errors: BaselineError if nothing is left,
    unless ``one_kind`` is given.
    """
    kinds = frozenset({one_kind}) if one_kind else kinds
    names = [column.name for column in data.dataset.columns]
    rows = pd.concat([data.train[names], data.test[names]], ignore_index=True)
    textual = _textual(data.dataset.kind, one_kind) if TEXT in kinds else frozenset()
    table: dict[str, pd.Series[Any]] = {}
    types: dict[str, str] = {}
    sides: dict[str, str] = {}
    for column in data.dataset.columns:
        is_image = column.type is ColumnType.IMAGE
        if IMAGE not in kinds if is_image else one_kind == IMAGE:
            continue
        for kind, values in _converted(rows[column.name], column, textual):
            if values.iloc[: len(data.train)].nunique(dropna=False) > 1:
                name = f"f{len(table)}"  # people choose column names; numbers are safe
                table[name], types[name] = values, kind
                sides[name] = column.name.partition("_")[0]
    if not (table or one_kind):
        raise BaselineError("Only ids and constants are left, so there is nothing to learn from.")
    frame = pd.DataFrame(table)
    left, right = ([name for name in table if sides[name] == side] for side in ("left", "right"))
    test = frame.iloc[len(data.train) :].reset_index(drop=True)
    return Columns(frame.iloc[: len(data.train)], test, types, left, right)


def _textual(kind: Kind, one_kind: str | None) -> frozenset[ColumnType]:
    if one_kind:
        return TEXTUAL | LEVELS | {ColumnType.NUMERIC, ColumnType.DATETIME}
    return TEXTUAL | LEVELS if kind is Kind.MATCHING else TEXTUAL


def _converted(
    values: "pd.Series[str]", column: Column, textual: frozenset[ColumnType]
) -> Iterator[Converted]:
    """The columns made from one: none, one, or for a date several."""
    if column.type in textual:
        yield TEXT_TYPE, pd.Series(_texts(values, column.type), dtype=object)
    elif column.type is ColumnType.IMAGE:
        yield IMAGE_TYPE, values.astype(object).where(values.notna(), "")
    elif column.type in LEVELS:
        yield LEVEL_TYPE, values.astype("string").fillna("").astype(object)
    elif column.type is ColumnType.NUMERIC:
        yield NUMBER_TYPE, values.astype(float)
    elif column.type is ColumnType.DATETIME:
        parts = date_features(column.name, pd.to_datetime(values))
        for name in parts:
            yield NUMBER_TYPE, parts[name].astype(float)


def _texts(values: "pd.Series[str]", kind: ColumnType) -> list[str]:
    if kind is ColumnType.NUMERIC:
        return ["" if pd.isna(value) else f"{float(value):g}" for value in values]
    if kind is ColumnType.DATETIME:
        return as_texts(pd.to_datetime(values).dt.strftime("%Y-%m-%d"))
    return as_texts(values)
