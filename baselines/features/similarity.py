"""How similar two values of one column are: texts, numbers, dates and images."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from baselines.features.images import GREY, HISTOGRAMS, image_vectors
from baselines.features.overlap import Vectors, cosines
from baselines.features.records import Places

Features = dict[str, npt.NDArray[np.float32]]

COMPARED_CHARACTERS = 120  # edit distances grow with the square of the length
SCORERS: dict[str, tuple[Any, float]] = {  # function and the value for equal texts
    "ratio": (fuzz.ratio, 100.0),
    "token set": (fuzz.token_set_ratio, 100.0),
    "partial": (fuzz.partial_ratio, 100.0),
    "Jaro-Winkler": (JaroWinkler.normalized_similarity, 1.0),
}
NUMBER = re.compile(r"\d+")


def text_similarity(
    left: list[str],
    right: list[str],
    vectors: Vectors | None,
    first: Places,
    second: Places,
    cpus: int,
) -> Features:
    """Edit and token similarities and TF-IDF cosines in [0, 1], equality, shared numbers.

    ``left`` and ``right`` are the texts of the records, ``vectors`` are those of the same texts,
    ``first`` and ``second`` (n,) each pair's places in them. NaN if a side is empty.
    """
    codes, distinct = pd.factorize(np.array([*left, *right], dtype=object))
    here, there = codes[: len(left)][first], codes[len(left) :][second]
    features = _edit_similarity(list(distinct), here, there, cpus)
    nothing = np.zeros(len(first), np.float32)
    features["words"] = cosines(*vectors.words, first, second) if vectors else nothing.copy()
    features["ngrams"] = cosines(*vectors.ngrams, first, second) if vectors else nothing
    features["equal"] = (here == there).astype(np.float32)
    features["numbers"] = _number_agreement(list(distinct), here, there)
    empty = np.array([not text for text in distinct], dtype=bool)
    for values in features.values():
        values[empty[here] | empty[there]] = np.nan
    return features


def number_similarity(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> Features:
    """Absolute difference, difference relative to the larger magnitude, log ratio and equality."""
    difference = np.abs(left - right)
    larger = np.maximum(np.abs(left), np.abs(right))
    relative = np.divide(difference, larger, out=difference.copy(), where=larger > 0)
    equal = np.where(np.isnan(difference), np.nan, difference == 0)
    known = (left != 0) & (right != 0) & ~np.isnan(difference)
    ratio = np.full_like(difference, np.nan)
    ratio[known] = np.log(np.abs(left[known] / right[known]))
    found = {"difference": difference, "relative": relative, "log ratio": ratio, "equal": equal}
    return {label: values.astype(np.float32) for label, values in found.items()}


def date_similarity(left: "pd.Series[pd.Timestamp]", right: "pd.Series[pd.Timestamp]") -> Features:
    """Days between the dates, and how many of year, month and day agree."""
    days = ((left - right).abs() / pd.Timedelta(days=1)).to_numpy(np.float32)
    agree = sum(
        (getattr(left.dt, part) == getattr(right.dt, part)).to_numpy(np.float32)
        for part in ("year", "month", "day")
    )
    return {"days": days, "parts": np.where(np.isnan(days), np.nan, agree).astype(np.float32)}


def image_similarity(left: Sequence[str | None], right: Sequence[str | None]) -> Features:
    """Cosine of the centred thumbnails, their mean difference, and the histograms' overlap."""
    vectors = image_vectors([*left, *right])
    first, second = vectors[: len(left)], vectors[len(left) :]
    grey = [side[:, GREY] for side in (first, second)]
    centred = [side - side.mean(axis=1, keepdims=True) for side in grey]
    norms = np.linalg.norm(centred[0], axis=1) * np.linalg.norm(centred[1], axis=1)
    overlap = np.minimum(first[:, HISTOGRAMS], second[:, HISTOGRAMS]).sum(axis=1) / 3
    return {
        "cosine": (centred[0] * centred[1]).sum(axis=1) / np.maximum(norms, 1e-6),
        "difference": np.abs(grey[0] - grey[1]).mean(axis=1),
        "colours": overlap,
    }


def _edit_similarity(distinct: list[str], left: Places, right: Places, cpus: int) -> Features:
    """The scorers' similarities of the distinct texts at these places; equal pairs once."""
    pairs, place = np.unique(left * len(distinct) + right, return_inverse=True)
    short = [text[:COMPARED_CHARACTERS] for text in distinct]
    here = [short[index] for index in pairs // len(distinct)]
    there = [short[index] for index in pairs % len(distinct)]
    features: Features = {}
    for label, (scorer, top) in SCORERS.items():
        similar = process.cpdist(here, there, scorer=scorer, dtype=np.float32, workers=cpus)
        features[label] = (similar[place] / top).astype(np.float32)
    return features


def _number_agreement(distinct: list[str], left: Places, right: Places) -> npt.NDArray[np.float32]:
    """Shared numbers over all of them (Jaccard), as in addresses and years; NaN if none."""
    numbers = [frozenset(NUMBER.findall(text)) for text in distinct]
    agreement = np.full(len(left), np.nan, dtype=np.float32)
    for index, (a, b) in enumerate(zip(left, right, strict=True)):
        first, second = numbers[a], numbers[b]
        if first or second:
            agreement[index] = len(first & second) / len(first | second)
    return agreement
