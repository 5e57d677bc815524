"""Numbers that describe small images: a grey thumbnail and colour histograms."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

SIDE = 8
BINS = 8
THUMBNAIL = SIDE * SIDE
WIDTH = THUMBNAIL + 3 * BINS


def image_vectors(paths: Sequence[str | None]) -> npt.NDArray[np.float32]:
    """One row per path: 8 × 8 grey levels, then 8 bins per colour channel, all in [0, 1].

    A missing path gives a row of NaN. Every file is opened once, however often it is named.
    """
    known: dict[str | None, npt.NDArray[np.float32]] = {None: np.full(WIDTH, np.nan, np.float32)}
    for path in paths:
        if path not in known and path is not None:
            known[path] = _describe(path)
    return np.array([known[path] for path in paths], dtype=np.float32).reshape(-1, WIDTH)


def image_features(name: str, paths: Sequence[str | None]) -> pd.DataFrame:
    """The vectors as the columns ``<name> grey<i>`` and ``<name> <red|green|blue><i>``."""
    columns = [f"{name} grey{index}" for index in range(THUMBNAIL)]
    for channel in ("red", "green", "blue"):
        columns += [f"{name} {channel}{index}" for index in range(BINS)]
    return pd.DataFrame(image_vectors(paths), columns=columns)


def _describe(path: str) -> npt.NDArray[np.float32]:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    small = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, dtype=np.float32).ravel() / 255
    pixels = np.asarray(picture).reshape(-1, 3) // (256 // BINS)
    colours = [np.bincount(pixels[:, channel], minlength=BINS) for channel in range(3)]
    return np.concatenate([grey, np.concatenate(colours) / len(pixels)]).astype(np.float32)
