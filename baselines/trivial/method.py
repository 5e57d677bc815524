"""The minimal submission: it knows only how often each label occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baselines.method import Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The share of each class, or of matches, in the training rows as the prediction of every row.

    The most probable class is the majority class (the first declared one where classes tie); all
    pairs get the same score and the more frequent label.
    """
    import pandas as pd

    from tabset import Kind

    settings.report(0.5, "Counting the training labels")
    dataset = data.dataset
    shares = data.train["label"].value_counts(normalize=True)
    priors = {label: float(shares.get(label, 0.0)) for label in dataset.labels}
    if dataset.kind is Kind.MATCHING:
        majority = max(dataset.labels, key=lambda label: priors[label])
        columns = {"score": priors[dataset.positive_label], "prediction": majority}
        return pd.DataFrame({"id": data.test["id"], **columns})
    return pd.DataFrame({"id": data.test["id"], **priors})


METHOD = Method(
    name="trivial",
    title="Trivial",
    summary="Class priors, or the share of matches as every score: the zero of the skill scale.",
    run=run,
)
