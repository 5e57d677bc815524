"""AutoGluon's multimodal predictor: pretrained networks tuned on the public files."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from baselines.method import BaselineError, Method, Settings

if TYPE_CHECKING:
    import pandas as pd

    from tabset import Loaded


def run(data: Loaded, settings: Settings) -> pd.DataFrame:
    """The predictions of the networks, tuned within the time limit.

    Errors: BaselineError if the extra is not installed or no backbone is given.
    """
    from baselines.autogluon_multimodal.backbones import usable  # it loads pandas

    given = usable(data.dataset, settings)  # before the seconds that PyTorch takes to load
    for name, value in variables(settings).items():
        os.environ.setdefault(name, value)
    try:
        training = import_module("baselines.autogluon_multimodal.training")  # it loads PyTorch
    except ModuleNotFoundError as error:
        raise BaselineError(
            f"{METHOD.name} needs the extra `multimodal`, and {error.name} is not installed here. "
            "Install requirements-multimodal.lock for the Python that runs the baselines "
            "(see docs/running.md)."
        ) from error
    predictions: pd.DataFrame = training.train_and_predict(data, settings, given)
    return predictions


def variables(settings: Settings) -> dict[str, str]:
    """The environment variables that the libraries read when loaded; those already set remain."""
    return {
        "HF_HUB_OFFLINE": "1",  # a run reads only public files and this machine's backbones
        "TOKENIZERS_PARALLELISM": "false",  # exactly as many threads as the run may use
        "TORCHINDUCTOR_CACHE_DIR": str(settings.scratch / "compiled"),
    }


METHOD = Method(
    name="autogluon-multimodal",
    title="AutoGluon Multimodal",
    summary="AutoGluon's multimodal predictor: pretrained text and image networks, tuned together "
    "with numbers and categories.",
    run=run,
    needs_backbones=True,
)
