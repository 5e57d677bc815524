"""Features of record pairs, for matching: how similar two records are, and how unique that
similarity is."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from baselines.features.codes import code_features
from baselines.features.overlap import (
    Matrix,
    Vocabulary,
    Words,
    cosines,
    overlap,
    present,
    vectors_of,
    vocabulary_of,
    words_of,
)
from baselines.features.records import Pairs, pairs_of
from baselines.features.rivals import paired_rivals, table_rivals
from baselines.features.similarity import (
    date_similarity,
    image_similarity,
    number_similarity,
    text_similarity,
)
from baselines.features.texts import as_texts, tidy
from tabset import Column, ColumnType

Floats = npt.NDArray[np.float32]
Features = dict[str, Floats]

TEXTUAL = frozenset(
    {ColumnType.TEXT, ColumnType.CATEGORICAL, ColumnType.LIST, ColumnType.ID, ColumnType.BOOLEAN}
)
ALL = "all texts"
LATENT = 64  # dimensions


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

    ``pairs`` has left_id and right_id, keys into the tables of ``records``, which provide the
    values, the term weights and the rivals. ``columns`` name the compared values, as left_<column>
    and right_<column>. Missing values give NaN, and one column marks them.
    """
    found = pairs_of(pairs, records)
    texts = _Texts(columns, found, cpus)
    features: Features = {}
    for name, kind in shared_columns(columns):
        announce(name)
        compared = texts.column(name) if kind in TEXTUAL else _column(name, kind, found)
        features |= {f"{name} {label}": values for label, values in compared.items()}
    announce(ALL)
    features |= {f"{ALL} {label}": values for label, values in texts.together().items()}
    return pd.DataFrame(features, index=range(len(pairs)))


def _missing(name: str, pairs: Pairs) -> Features:
    """0 where both sides have a value, 1 without the left, 2 without the right, 3 without both."""
    left, right = (table[name].isna().to_numpy() for table in (pairs.left, pairs.right))
    return {"missing": (left[pairs.first] + 2 * right[pairs.second]).astype(np.float32)}


def _column(name: str, kind: ColumnType, pairs: Pairs) -> Features:
    """The features of one non-text column that both tables have."""
    features = _missing(name, pairs)
    first, second = pairs.left[name].iloc[pairs.first], pairs.right[name].iloc[pairs.second]
    if kind is ColumnType.NUMERIC:
        return features | number_similarity(first.to_numpy(float), second.to_numpy(float))
    if kind is ColumnType.DATETIME:
        dates = (pd.to_datetime(side).reset_index(drop=True) for side in (first, second))
        return features | date_similarity(*dates)
    return features | image_similarity(list(first), list(second))


class _Side:
    """The texts of one record table by column, tidy, and how often each has each word."""

    def __init__(self, table: pd.DataFrame, columns: Sequence[Column], prefix: str) -> None:
        kinds = {
            column.name.removeprefix(prefix): column.type
            for column in columns
            if column.name.startswith(prefix) and column.type in TEXTUAL
        }
        kinds.pop("id", None)
        raw = {name: as_texts(table[name]) for name in kinds}
        self.texts = {name: [tidy(text) for text in texts] for name, texts in raw.items()}
        self.named = [name for name, kind in kinds.items() if kind is not ColumnType.ID]
        self.raw = _joined([raw[name] for name in self.named], len(table))
        self.whole = _joined([self.texts[name] for name in self.named], len(table))
        self.counts: dict[str, Matrix] = {}

    def count(self, vocabulary: Vocabulary) -> None:
        self.counts = {name: vocabulary.counts(texts) for name, texts in self.texts.items()}

    def counts_of_all(self) -> Matrix:
        return sum(self.counts[name] for name in self.named)


class _Texts:
    """Makes the features of texts: column by column, and for the text of all columns together."""

    def __init__(self, columns: Sequence[Column], pairs: Pairs, cpus: int) -> None:
        self.pairs, self.cpus = pairs, cpus
        self.left = _Side(pairs.left, columns, "left_")
        self.right = _Side(pairs.right, columns, "right_")
        sides = (self.left, self.right)
        every = (text for side in sides for texts in side.texts.values() for text in texts)
        self.vocabulary = vocabulary_of(every)
        if self.vocabulary is not None:
            for side in sides:
                side.count(self.vocabulary)

    def column(self, name: str) -> Features:
        """The features of one column that both tables have."""
        vectors = None
        if self.vocabulary is not None:
            counts = self.left.counts[name], self.right.counts[name]
            vectors = vectors_of(*counts, self.vocabulary)
        texts = self.left.texts[name], self.right.texts[name]
        features = _missing(name, self.pairs)
        return features | text_similarity(
            *texts, vectors, self.pairs.first, self.pairs.second, self.cpus
        )

    def together(self) -> Features:
        """The features that look beyond one column; none if a side has no text."""
        if self.vocabulary is None or not self.left.named or not self.right.named:
            return {}
        first, second = self.pairs.first, self.pairs.second
        counts = self.left.counts_of_all(), self.right.counts_of_all()
        vectors, words = vectors_of(*counts, self.vocabulary), words_of(*counts)
        texts = self.left.whole, self.right.whole
        features = text_similarity(*texts, vectors, first, second, self.cpus)
        features |= code_features(self.left.raw, self.right.raw, first, second)
        features |= overlap(words.left, words.right, first, second, words.weights)
        weighted = words.unit(words.left), words.unit(words.right)
        both = [name for name in self.left.named if name in self.right.named]
        if len(both) > 1:
            for name in both:
                shared = self._overlap(name, words, weighted)
                features |= {f"{name} {label}": values for label, values in shared.items()}
        matrices = {"words": vectors.words, "ngrams": vectors.ngrams}
        return features | self._rivals(matrices, features)

    def _overlap(self, name: str, words: Words, weighted: tuple[Matrix, Matrix]) -> Features:
        """Shared words of a column, by weight, and its similarity to all text of the other side."""
        first, second = self.pairs.first, self.pairs.second
        left, right = (present(side.counts[name]) for side in (self.left, self.right))
        shared = overlap(left, right, first, second, words.weights)
        shared["left in all"] = cosines(words.unit(left), weighted[1], first, second)
        shared["right in all"] = cosines(weighted[0], words.unit(right), first, second)
        return shared

    def _rivals(self, matrices: Mapping[str, tuple[Matrix, Matrix]], similar: Features) -> Features:
        """How the pair's similarities, of these names, compare with those of its rivals."""
        latent = latent_similarity(*matrices["words"], self.pairs)
        features: Features = {"latent": latent}
        found = {"latent": paired_rivals(latent, self.pairs)}
        for label, both in matrices.items():
            rivals = paired_rivals(similar[label], self.pairs)
            found[label] = table_rivals(*both, self.pairs) | rivals
        for label, rivals in found.items():
            features |= {f"{label} {rival}": values for rival, values in rivals.items()}
        return features


def latent_similarity(left: Matrix, right: Matrix, pairs: Pairs) -> Floats:
    """The cosine of the records in the space of their strongest shared directions (LSA). (n,)

    0 everywhere if the texts have too few words.
    """
    both = sparse.vstack([left, right]).tocsr()
    size = min(LATENT, min(both.shape) - 1)
    if size < 1:
        return np.zeros(len(pairs.first), np.float32)
    space = normalize(TruncatedSVD(size, n_iter=2, random_state=0).fit_transform(both))
    products = space[pairs.first] * space[left.shape[0] + pairs.second]
    return np.asarray(products.sum(axis=1), dtype=np.float32)


def _joined(columns: Sequence[list[str]], count: int) -> list[str]:
    """All texts of each record as one, in lower case."""
    if not columns:
        return [""] * count
    return [" ".join(row).lower() for row in zip(*columns, strict=True)]
