"""The features of a data set's training and test rows, as every method gets them."""

import pandas as pd

from baselines.features.pairs import pair_features
from baselines.features.rows import row_features
from baselines.method import BaselineError, Settings
from tabset import Kind, Loaded

COMPONENT = "c"  # how the names of components begin
RESERVE = 0.1  # of the time limit, reserved for predicting and overruns


def feature_tables(
    data: Loaded, settings: Settings, begin: float, end: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The features of train and test, made together: all of it is public.

    Columns f0, f1, …, and for the components of single rows' texts and images c0, c1, ….
    Reports shares of the run from ``begin`` to ``end``. Errors: BaselineError if the time does not
    suffice, or if no column can become a feature.
    """
    dataset = data.dataset
    columns = [column.name for column in dataset.columns]
    if dataset.kind is Kind.MATCHING:
        columns = list(dict.fromkeys(["left_id", "right_id", *columns]))
    rows = pd.concat([data.train[columns], data.test[columns]], ignore_index=True)
    named: list[str] = []

    def announce(column: str) -> None:
        if settings.remaining < RESERVE * settings.time_limit:
            raise BaselineError(f"{settings.time_limit:g} s are too few to make the features.")
        named.append(column)
        share = min(len(named) / (len(columns) + 1), 1.0)
        settings.report(begin + share * (end - begin), f"Making features of {column}")

    if dataset.kind is Kind.MATCHING:
        table = pair_features(rows, dataset.columns, data.records, settings.cpus, announce)
        components = pd.DataFrame(index=table.index)
    else:
        table, components = row_features(rows, dataset.columns, settings.seed, announce)
    # People choose column names; numbers cannot collide and every library accepts them.
    table.columns = pd.Index([f"f{index}" for index in range(table.shape[1])])
    components.columns = pd.Index([f"{COMPONENT}{place}" for place in range(components.shape[1])])
    table = pd.concat([table, components], axis=1)
    if table.shape[1] == 0:
        raise BaselineError("The data set has only id columns, and no method can learn from them.")
    return table.iloc[: len(data.train)], table.iloc[len(data.train) :].reset_index(drop=True)
