"""Features of record pairs, for matching: how alike two records are, column by column."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler
from sklearn.feature_extraction.text import TfidfVectorizer

from baselines.features.images import THUMBNAIL, image_vectors
from baselines.features.texts import as_texts, character_vectorizer, word_vectorizer
from tabset import Column, ColumnType

Features = dict[str, npt.NDArray[np.float32]]
Texts = Sequence[str]

TEXTUAL = frozenset(
    {ColumnType.TEXT, ColumnType.CATEGORICAL, ColumnType.LIST, ColumnType.ID, ColumnType.BOOLEAN}
)
COMPARED_CHARACTERS = 300  # edit distances grow with the square of the length
SCORERS: dict[str, tuple[Any, float]] = {  # function and the value for equal texts
    "ratio": (fuzz.ratio, 100.0),
    "token set": (fuzz.token_set_ratio, 100.0),
    "partial": (fuzz.partial_ratio, 100.0),
    "Jaro-Winkler": (JaroWinkler.normalized_similarity, 1.0),
}
TOKEN = re.compile(r"\w*\d[\w\-./]*")


def shared_columns(columns: Sequence[Column]) -> list[tuple[str, ColumnType]]:
    """The (name, type) of columns that both records have, without the record ids."""
    types = {column.name: column.type for column in columns}
    names = [name.removeprefix("left_") for name in types if name.startswith("left_")]
    return [
        (name, types[f"left_{name}"])
        for name in names
        if name != "id" and types.get(f"right_{name}") is types[f"left_{name}"]
    ]


def pair_features(
    pairs: pd.DataFrame,
    columns: Sequence[Column],
    records: Mapping[str, pd.DataFrame],
    cpus: int,
    announce: Callable[[str], None],
) -> pd.DataFrame:
    """One row of features per pair; ids are left out, ``announce`` gets each column's name.

    ``pairs`` has left_<column> and right_<column>; ``records`` are the record tables, on which the
    term weights are fitted. Missing values give NaN, and one column counts them.
    """
    features: Features = {}
    for name, kind in shared_columns(columns):
        announce(name)
        left, right = pairs[f"left_{name}"], pairs[f"right_{name}"]
        missing = left.isna().to_numpy(np.float32) + right.isna().to_numpy(np.float32)
        features[f"{name} missing"] = missing.astype(np.float32)
        if kind in TEXTUAL:
            corpus = [text for table in _tables(records, name) for text in _lower(table[name])]
            features |= text_similarity(name, _lower(left), _lower(right), corpus, cpus)
        elif kind is ColumnType.NUMERIC:
            features |= number_similarity(name, left.to_numpy(float), right.to_numpy(float))
        elif kind is ColumnType.DATETIME:
            features |= date_similarity(name, pd.to_datetime(left), pd.to_datetime(right))
        elif kind is ColumnType.IMAGE:
            features |= image_similarity(name, list(left), list(right))
    announce("all texts")
    features |= _whole_record_similarity(pairs, columns, records, cpus)
    return pd.DataFrame(features)


def text_similarity(name: str, left: Texts, right: Texts, corpus: Texts, cpus: int) -> Features:
    """Edit and token similarities and TF-IDF cosines in [0, 1], equality, shared number tokens.

    ``corpus`` are the texts on which the term weights are fitted. NaN where a side is empty.
    """
    short_left = [text[:COMPARED_CHARACTERS] for text in left]
    short_right = [text[:COMPARED_CHARACTERS] for text in right]
    features: Features = {}
    for label, (scorer, top) in SCORERS.items():
        similar = process.cpdist(
            short_left, short_right, scorer=scorer, dtype=np.float32, workers=cpus
        )
        features[label] = (similar / top).astype(np.float32)
    for label, vectorizer in (("words", word_vectorizer()), ("ngrams", character_vectorizer())):
        features[label] = _cosine(vectorizer, left, right, corpus)
    features["equal"] = np.array([a == b for a, b in zip(left, right, strict=True)], np.float32)
    features["numbers"] = _number_agreement(left, right)
    empty = np.array([not a or not b for a, b in zip(left, right, strict=True)])
    for values in features.values():
        values[empty] = np.nan
    return {f"{name} {label}": values for label, values in features.items()}


def number_similarity(
    name: str, left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]
) -> Features:
    """Absolute difference, difference relative to the larger magnitude, and equality."""
    difference = np.abs(left - right)
    larger = np.maximum(np.abs(left), np.abs(right))
    relative = np.divide(difference, larger, out=difference.copy(), where=larger > 0)
    equal = np.where(np.isnan(difference), np.nan, difference == 0)
    return {
        f"{name} difference": difference.astype(np.float32),
        f"{name} relative": relative.astype(np.float32),
        f"{name} equal": equal.astype(np.float32),
    }


def date_similarity(
    name: str, left: "pd.Series[pd.Timestamp]", right: "pd.Series[pd.Timestamp]"
) -> Features:
    """Days between the dates, and how many of year, month and day agree."""
    days = ((left - right).abs() / pd.Timedelta(days=1)).to_numpy(np.float32)
    agree = sum(
        (getattr(left.dt, part) == getattr(right.dt, part)).to_numpy(np.float32)
        for part in ("year", "month", "day")
    )
    return {
        f"{name} days": days,
        f"{name} parts": np.where(np.isnan(days), np.nan, agree).astype(np.float32),
    }


def image_similarity(
    name: str, left: Sequence[str | None], right: Sequence[str | None]
) -> Features:
    """Cosine of the centred thumbnails, their mean difference, and the histograms' overlap."""
    vectors = image_vectors([*left, *right])
    first, second = vectors[: len(left)], vectors[len(left) :]
    grey = [side[:, :THUMBNAIL] for side in (first, second)]
    centred = [side - side.mean(axis=1, keepdims=True) for side in grey]
    norms = np.linalg.norm(centred[0], axis=1) * np.linalg.norm(centred[1], axis=1)
    overlap = np.minimum(first[:, THUMBNAIL:], second[:, THUMBNAIL:]).sum(axis=1) / 3
    return {
        f"{name} cosine": (centred[0] * centred[1]).sum(axis=1) / np.maximum(norms, 1e-6),
        f"{name} difference": np.abs(grey[0] - grey[1]).mean(axis=1),
        f"{name} colours": overlap,
    }


def _whole_record_similarity(
    pairs: pd.DataFrame,
    columns: Sequence[Column],
    records: Mapping[str, pd.DataFrame],
    cpus: int,
) -> Features:
    """Similarities of all text of one record with all text of the other, whatever its column."""
    texts = [column.name for column in columns if column.type in TEXTUAL - {ColumnType.ID}]
    sides = []
    for side in ("left_", "right_"):
        own = [_lower(pairs[name]) for name in texts if name.startswith(side)]
        sides.append([" ".join(row) for row in zip(*own, strict=True)])
    left, right = sides
    if not left or not right:
        return {}
    return text_similarity("all texts", left, right, sorted({*left, *right}), cpus)


def _tables(records: Mapping[str, pd.DataFrame], name: str) -> list[pd.DataFrame]:
    return [table for table in records.values() if name in table]


def _lower(values: "pd.Series[str]") -> list[str]:
    return [text.lower().strip() for text in as_texts(values)]


def _cosine(
    vectorizer: TfidfVectorizer, left: Texts, right: Texts, corpus: Texts
) -> npt.NDArray[np.float32]:
    """The cosine per pair, 0 throughout where the corpus has no term that occurs twice."""
    try:
        vectorizer.fit(corpus)
    except ValueError:  # scikit-learn's answer to a corpus without terms
        return np.zeros(len(left), np.float32)
    codes, distinct = pd.factorize(np.array([*left, *right], dtype=object))
    matrix = vectorizer.transform(distinct)
    first, second = matrix[codes[: len(left)]], matrix[codes[len(left) :]]
    return np.asarray(first.multiply(second).sum(axis=1), dtype=np.float32).ravel()


def _number_agreement(left: Texts, right: Texts) -> npt.NDArray[np.float32]:
    """Shared tokens with a digit over all of them (Jaccard), as in model numbers; NaN if none."""
    agreement = np.full(len(left), np.nan, dtype=np.float32)
    for index, (a, b) in enumerate(zip(left, right, strict=True)):
        first, second = set(TOKEN.findall(a)), set(TOKEN.findall(b))
        if first or second:
            agreement[index] = len(first & second) / len(first | second)
    return agreement
