"""The data set `digits`: handwritten digits as pictures with a few measurements."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from samples.draw import Draw
from samples.thumbnails import encode
from tabset import Column, ColumnType, Dataset, Kind, Licence, Source, Split

TEST_SHARE = 0.33
ENLARGED = 4
DATASET = Dataset(
    name="digits",
    title="Handwritten digits",
    description="""\
Pictures of single handwritten digits, with a few measurements of the ink. Tell the digit.

The measurements alone give a fair guess; the picture settles it. A method that cannot read
pictures has to live with the measurements.
""",
    kind=Kind.CLASSIFICATION,
    classes=tuple("0123456789"),
    columns=(
        Column("image", ColumnType.IMAGE, "The digit, black ink on white."),
        Column("ink", ColumnType.NUMERIC, "Mean darkness, from 0 (blank) to 1 (black)."),
        Column("aspect", ColumnType.NUMERIC, "Width over height of the inked area."),
        Column("symmetry", ColumnType.NUMERIC, "Likeness to the left-right mirror image, 0 to 1."),
        Column("centre_x", ColumnType.NUMERIC, "Centre of the ink from left, 0 to 1."),
        Column("centre_y", ColumnType.NUMERIC, "Centre of the ink from top, 0 to 1."),
        Column("upper_share", ColumnType.NUMERIC, "Share of the ink in the upper half."),
        Column("hole", ColumnType.NUMERIC, "Mean darkness of the four pixels in the middle."),
    ),
    licence=Licence("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    citation="Alpaydin, E. and Kaynak, C. (1998). Optical Recognition of Handwritten Digits. UCI "
    "Machine Learning Repository. https://doi.org/10.24432/C50P49",
    origin="The test part of the UCI data set, as distributed with scikit-learn; 8 × 8 pixels, "
    "enlarged to 32 × 32.",
    split=Split("at random by row"),
)


def source() -> Source:
    """The data set before it is written; the same one on every call."""
    data = load_digits()
    inks = data.images / 16.0
    order = Draw("digits").order(len(inks))
    keys = [f"d{number:04d}" for number in range(len(inks))]
    measures = [measure(inks[row]) for row in order]
    labels = [str(data.target[row]) for row in order]
    columns: dict[str, list[Any]] = {
        "id": keys,
        "image": [f"images/{key}.png" for key in keys],
        **{name: [row[name] for row in measures] for name in measures[0]},
        "label": labels,
    }
    cut = round(len(keys) * (1 - TEST_SHARE))
    return Source(
        dataset=DATASET,
        train={name: values[:cut] for name, values in columns.items()},
        test={name: values[cut:] for name, values in columns.items()},
        groups=keys[cut:],
        slices={"ink": ["dark" if row["ink"] > 0.3 else "light" for row in measures[cut:]]},
        images={f"{key}.png": picture(inks[row]) for key, row in zip(keys, order, strict=True)},
    )


def picture(ink: NDArray[np.float64]) -> bytes:
    """The PNG of 8 × 8 ink values in [0, 1], enlarged to 32 × 32."""
    pixels = (255 - ink * 255).round().astype(np.uint8)
    side = len(ink) * ENLARGED
    return encode(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))


def measure(ink: NDArray[np.float64]) -> dict[str, float]:
    """The numeric columns of one digit from its 8 × 8 ink values in [0, 1]."""
    rows, columns = np.nonzero(ink > 0.25)
    total = ink.sum()
    grid = (np.arange(8) + 0.5) / 8
    found = {
        "ink": ink.mean(),
        "aspect": (np.ptp(columns) + 1) / (np.ptp(rows) + 1),
        "symmetry": 1 - np.abs(ink - ink[:, ::-1]).mean(),
        "centre_x": (ink.sum(axis=0) * grid).sum() / total,
        "centre_y": (ink.sum(axis=1) * grid).sum() / total,
        "upper_share": ink[:4].sum() / total,
        "hole": ink[3:5, 3:5].mean(),
    }
    return {name: round(float(value), 4) for name, value in found.items()}
