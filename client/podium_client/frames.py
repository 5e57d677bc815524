"""A task's rows as pandas frames, typed as the site's dataset.json says. pandas is an extra."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podium_client.errors import SiteError, UsageError

if TYPE_CHECKING:
    import pandas as pd

FACTS = "dataset.json"
FORMAT = "podium-dataset/1"
NEEDED = "This needs pandas and pyarrow: pip install 'podium-client[pandas]'."
TABLES = ("train", "test", "sample_submission", "records", "left", "right")


@dataclass(frozen=True)
class Data:
    """A task's rows. Ids, labels and text are unchanged text: `NA`, `007`, `1.0`.

    Numbers are float64, categoricals have the declared values, dates are datetime64, booleans
    pandas' nullable `boolean`, lists Python lists, images absolute paths. `records`, or `left` and
    `right`, are the record tables of a matching task, otherwise None; `images` is the folder of the
    images, None without any; `dataset` is dataset.json.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    sample_submission: pd.DataFrame
    folder: Path
    dataset: Mapping[str, Any] = field(repr=False)
    records: pd.DataFrame | None = None
    left: pd.DataFrame | None = None
    right: pd.DataFrame | None = None
    images: Path | None = None


def need_pandas() -> Any:
    """Return pandas. Errors: UsageError with the line that installs it."""
    try:
        import pandas
        import pyarrow  # noqa: F401  (pandas reads Parquet by it)
    except ImportError:
        raise UsageError(NEEDED, title="pandas is missing") from None
    return pandas


def load(folder: Path, *, images: bool) -> Data:
    """Return the data set in a folder. Errors: SiteError for another format."""
    dataset: Any = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    if not isinstance(dataset, dict) or dataset.get("format") != FORMAT:
        raise SiteError(
            f"The data set is not in the format {FORMAT}: a newer podium-client reads it.",
            code="format",
        )
    tables = {
        name: _typed(name, folder, dataset)
        for name in TABLES
        if (folder / f"{name}.parquet").exists()
    }
    return Data(
        train=tables["train"],
        test=tables["test"],
        sample_submission=tables["sample_submission"],
        folder=folder,
        dataset=dataset,
        records=tables.get("records"),
        left=tables.get("left"),
        right=tables.get("right"),
        images=folder / "images" if images else None,
    )


def _typed(name: str, folder: Path, dataset: Mapping[str, Any]) -> pd.DataFrame:
    pandas = need_pandas()
    frame: pd.DataFrame = pandas.read_parquet(folder / f"{name}.parquet")
    if name == "sample_submission":
        return frame
    for column in dataset.get("records", {}).get(name) or dataset["columns"]:
        values = frame[column["name"]]
        match column["type"]:
            case "categorical":
                kind = pandas.CategoricalDtype(list(column.get("values", ())))
                frame[column["name"]] = values.astype(kind)
            case "image":
                frame[column["name"]] = _paths(values, folder.resolve())
            case "boolean":
                frame[column["name"]] = values.astype("boolean")
            case "list":
                lists = [None if each is None else list(each) for each in values]
                frame[column["name"]] = pandas.Series(lists, index=frame.index, dtype=object)
    return frame


def _paths(values: pd.Series[Any], folder: Path) -> pd.Series[Any]:
    return values.map(lambda path: str(folder / path), na_action="ignore")


def write(predictions: Any, file: Path) -> None:
    """Write a frame as CSV, an index named `id` as a column. Errors: UsageError if it is not a
    frame."""
    pandas = need_pandas()
    if not isinstance(predictions, pandas.DataFrame):
        kind = type(predictions).__name__
        raise UsageError(f"Predictions are a pandas frame or the path of a file, not {kind}.")
    with_id = predictions.index.name == "id" and "id" not in predictions.columns
    predictions.to_csv(file, index=with_id, lineterminator="\n")


def flat(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a board's rows as a frame, the team's fields as columns `team.slug`, `team.name`,
    …."""
    pandas = need_pandas()
    frame: pd.DataFrame = pandas.json_normalize(list(rows), max_level=1)
    return frame
