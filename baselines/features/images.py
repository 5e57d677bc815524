"""Numbers that describe small images: thumbnails, colour histograms and directions of edges."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

Floats = npt.NDArray[np.float32]

SIDE = 8  # of the grey thumbnail
BINS = 8  # per colour channel
TINY = 12  # the side of the colour thumbnail
CELLS, CELL, DIRECTIONS = 4, 8, 8  # edges: 4 × 4 cells of 8 × 8 pixels, 8 directions in each
LARGEST = 128  # pixels per side that are used
COMPONENTS = 24

_ENDS = np.cumsum([SIDE**2, 3 * BINS, 3 * TINY**2, DIRECTIONS * CELLS**2])
GREY, HISTOGRAMS, COLOURS, EDGES = (
    slice(int(begin), int(end)) for begin, end in zip([0, *_ENDS], _ENDS, strict=False)
)
WIDTH = int(_ENDS[-1])


def image_vectors(paths: Sequence[str | None]) -> Floats:
    """One row per path, all in [0, 1]; GREY, HISTOGRAMS, COLOURS and EDGES are its parts.

    8 × 8 grey levels; 8 bins per colour channel as shares of the pixels; 12 × 12 pixels in colour;
    the histograms of oriented gradients (Dalal and Triggs, CVPR 2005) of 4 × 4 cells, together of
    length 1. A missing path gives a row of NaN. Every file is opened only once.
    """
    known: dict[str | None, Floats] = {None: np.full(WIDTH, np.nan, np.float32)}
    for path in paths:
        if path not in known and path is not None:
            known[path] = _describe(path)
    return np.array([known[path] for path in paths], dtype=np.float32).reshape(-1, WIDTH)


def image_features(name: str, paths: Sequence[str | None]) -> pd.DataFrame:
    """The grey levels and histograms, and the principal components of colours and of edges.

    Columns ``<name> grey<i>``, ``<name> <red|green|blue><i>``, ``<name> tiny<i>``,
    ``<name> edges<i>``.
    """
    vectors = image_vectors(paths)
    columns = [f"{name} grey{index}" for index in range(SIDE**2)]
    for channel in ("red", "green", "blue"):
        columns += [f"{name} {channel}{index}" for index in range(BINS)]
    parts = [pd.DataFrame(vectors[:, : HISTOGRAMS.stop], columns=columns)]
    for label, part in (("tiny", COLOURS), ("edges", EDGES)):
        reduced = _components(vectors[:, part])
        columns = [f"{name} {label}{index}" for index in range(reduced.shape[1])]
        parts.append(pd.DataFrame(reduced, columns=columns))
    return pd.concat(parts, axis=1)


def _components(vectors: Floats) -> Floats:
    """The strongest principal components of the rows without a gap. Shape (n, 24 or fewer)."""
    there = np.isfinite(vectors[:, 0])
    size = min(COMPONENTS, int(there.sum()) - 1, vectors.shape[1])
    reduced = np.full((len(vectors), max(size, 0)), np.nan, np.float32)
    if size > 0:
        centred = vectors[there].astype(np.float64) - vectors[there].mean(axis=0)
        directions = np.linalg.eigh(centred.T @ centred).eigenvectors[:, ::-1][:, :size]
        heaviest = directions[np.abs(directions).argmax(axis=0), np.arange(size)]
        reduced[there] = centred @ (directions * np.sign(heaviest))  # otherwise the sign is random
    return reduced


def _describe(path: str) -> Floats:
    with Image.open(path) as opened:
        opened.draft("RGB", (LARGEST, LARGEST))  # only for JPEG: decodes fewer pixels
        picture = opened.convert("RGB")
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    grey = picture.convert("L")
    small = _levels(grey.resize((SIDE, SIDE), Image.Resampling.BOX))
    pixels = np.asarray(picture).reshape(-1, 3) // (256 // BINS)
    colours = [np.bincount(pixels[:, channel], minlength=BINS) for channel in range(3)]
    shares = np.concatenate(colours) / len(pixels)
    tiny = _levels(picture.resize((TINY, TINY), Image.Resampling.BOX))
    edges = _edges(grey.resize((CELLS * CELL, CELLS * CELL), Image.Resampling.BILINEAR))
    return np.concatenate([small, shares, tiny, edges]).astype(np.float32)


def _levels(picture: Image.Image) -> Floats:
    return (np.asarray(picture).ravel() / 255).astype(np.float32)


def _edges(grey: Image.Image) -> Floats:
    """How strong the edges of each direction are in each cell, together of length 1, or 0."""
    down, across = np.gradient(np.asarray(grey, dtype=np.float32))
    direction = np.mod(np.arctan2(down, across), np.pi) / np.pi * DIRECTIONS
    cell = np.arange(CELLS * CELL) // CELL
    place = (cell[:, None] * CELLS + cell[None, :]) * DIRECTIONS
    place = place + np.minimum(direction.astype(int), DIRECTIONS - 1)
    strength = np.bincount(
        place.ravel(), np.hypot(down, across).ravel(), minlength=DIRECTIONS * CELLS**2
    )
    length = np.linalg.norm(strength)
    return np.asarray(strength / length if length > 0 else strength, np.float32)
