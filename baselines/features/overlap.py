"""How much of two records' words is shared, weighed by how rare the words are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize

from baselines.features.records import Places

Floats = npt.NDArray[np.float32]
Matrix: TypeAlias = Any  # a sparse matrix by rows: SciPy has no types
Features = dict[str, Floats]

MOST_NGRAMS = 20_000
CHUNK = 20_000  # pairs at a time: their rows are copied


@dataclass(frozen=True)
class Vocabulary:
    """The words of all texts, and of each word its 2- to 4-grams with the ends marked."""

    vectorizer: CountVectorizer
    spelled: Matrix

    def counts(self, texts: list[str]) -> Matrix:
        """How often each text has each word; equal texts are read once. Shape (len(texts), v)."""
        codes, distinct = pd.factorize(np.array(texts, dtype=object))
        return self.vectorizer.transform(distinct)[codes]


def vocabulary_of(texts: Iterable[str]) -> Vocabulary | None:
    """The vocabulary of tidy texts; None if there is no word."""
    words = sorted({word for text in texts for word in text.split()})
    if not words:
        return None
    vectorizer = CountVectorizer(vocabulary=words, analyzer=str.split, dtype=np.float32)
    spelled = CountVectorizer(analyzer="char_wb", ngram_range=(2, 4), dtype=np.float32)
    return Vocabulary(vectorizer, spelled.fit_transform(words).tocsr())


@dataclass(frozen=True)
class Words:
    """Which words the texts of two tables have, as zeros and ones, and the weights of the words.

    ``weights`` (v,) are log((1 + n) / (1 + records with the word)) + 1, as in TF-IDF: rarer words
    weigh more.
    """

    left: Matrix
    right: Matrix
    weights: Floats

    def unit(self, present: Matrix) -> Matrix:
        """The weighted words as rows of length 1."""
        return normalize(present @ sparse.diags(self.weights, dtype=np.float32)).tocsr()


def words_of(left: Matrix, right: Matrix) -> Words:
    """The words of the texts of both tables by their counts (n, v) and (m, v)."""
    here, there = present(left), present(right)
    frequency = np.asarray(here.sum(axis=0) + there.sum(axis=0)).ravel()
    weights = np.log((1 + left.shape[0] + right.shape[0]) / (1 + frequency)) + 1
    return Words(here, there, weights.astype(np.float32))


def present(counts: Matrix) -> Matrix:
    """Zeros and ones for counts."""
    found = counts.tocsr().copy()
    found.data[:] = 1
    return found


@dataclass(frozen=True)
class Vectors:
    """The texts of two tables as TF-IDF of words and of 2- to 4-grams within words, length 1."""

    words: tuple[Matrix, Matrix]
    ngrams: tuple[Matrix, Matrix]


def vectors_of(left: Matrix, right: Matrix, vocabulary: Vocabulary) -> Vectors:
    """The vectors of texts by their counts, the weights fitted on both tables.

    The n-grams of a text are the sum over its words; the 20,000 most frequent are used.
    """
    counts = sparse.vstack([left, right]).tocsr()
    ngrams = counts @ vocabulary.spelled
    often = np.asarray(ngrams.sum(axis=0)).ravel()
    kept = np.argsort(-often, kind="stable")[:MOST_NGRAMS]
    kept = np.sort(kept[often[kept] > 0])
    words, spellings = _weighed(counts), _weighed(ngrams[:, kept])
    end = left.shape[0]
    return Vectors((words[:end], words[end:]), (spellings[:end], spellings[end:]))


def _weighed(counts: Matrix) -> Matrix:
    if not counts.shape[1]:  # scikit-learn rejects empty input
        return counts
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts).tocsr()


def cosines(left: Matrix, right: Matrix, first: Places, second: Places) -> Floats:
    """The products of the rows of two matrices at the pairs' places. Shape (n,)."""
    products = np.empty(len(first), np.float32)
    for begin in range(0, len(first), CHUNK):
        part = slice(begin, begin + CHUNK)
        both = left[first[part]].multiply(right[second[part]])
        products[part] = np.asarray(both.sum(axis=1)).ravel()
    return products


def overlap(
    left: Matrix, right: Matrix, first: Places, second: Places, weights: Floats
) -> Features:
    """Weights of shared words and of those on only one side, and the rarest of each.

    ``left`` and ``right`` say which words each text has. Shares are NaN if there is no word.
    """
    rarest = np.zeros((3, len(first)), np.float32)
    shared = np.empty(len(first), np.float32)
    for begin in range(0, len(first), CHUNK):
        part = slice(begin, begin + CHUNK)
        a, b = left[first[part]], right[second[part]]
        both = a.multiply(b).tocsr()
        shared[part] = both @ weights
        rarest[:, part] = [_largest(m, weights) for m in (both, a - both, b - both)]
    of_left, of_right = (left @ weights)[first], (right @ weights)[second]
    return {
        "shared": shared,
        "Jaccard": _share(shared, of_left + of_right - shared),
        "of left": _share(shared, of_left),
        "of right": _share(shared, of_right),
        "left only": of_left - shared,
        "right only": of_right - shared,
        "rarest shared": rarest[0],
        "rarest left only": rarest[1],
        "rarest right only": rarest[2],
    }


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _largest(present: Matrix, weights: Floats) -> Floats:
    """The largest weight in each row, 0 in an empty one. Shape (rows,)."""
    rows = present.tocsr()
    rows.eliminate_zeros()
    largest = np.zeros(rows.shape[0], np.float32)
    filled = np.flatnonzero(np.diff(rows.indptr))
    if len(filled):
        largest[filled] = np.maximum.reduceat(weights[rows.indices], rows.indptr[filled])
    return largest
