"""The pairs of records worth comparing, found without looking at all pairs."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

Texts = Sequence[str]
Places = npt.NDArray[np.intp]

SPREAD = 25  # a term shared by more records than this times their candidates says little
LEAST_SHARED = 500
ROWS = 1_000  # compared with the index at once


def candidates(left: Texts, right: Texts | None, each: int) -> Places:
    """Pairs of records by their places in the tables, (pairs, 2), sorted and each once.

    A record, given as one text, gets the ``each`` records of the other table that are nearest to
    it by TF-IDF of its character n-grams, and its neighbours when all texts are sorted. Without
    ``right`` the records of one table are paired, the smaller place first. Terms that very many
    records share are not in the index, so time and memory grow in proportion to the records.
    """
    alone = right is None
    other = left if right is None else right
    found = [*_beside(left, other, alone), *((b, a) for a, b in _beside(other, left, alone))]
    pairs = [np.array(found, dtype=np.intp).reshape(-1, 2)]
    vectors = _vectors([*left, *([] if alone else other)], each)
    if vectors is not None:
        first, second = (vectors, vectors) if alone else _cut(vectors, len(left))
        pairs += list(_nearest(first, second, each, alone))
        if not alone:
            pairs += [near[:, ::-1] for near in _nearest(second, first, each, alone)]
    whole = np.vstack(pairs)
    whole = np.sort(whole[whole[:, 0] != whole[:, 1]], axis=1) if alone else whole
    code = np.unique(whole[:, 0] * len(other) + whole[:, 1])
    return np.column_stack([code // len(other), code % len(other)])


def _vectors(texts: Texts, each: int) -> csr_matrix | None:
    """TF-IDF of n-grams that some but not too many records share; None if there are none."""
    vectorizer = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 5),
        min_df=2,
        max_df=max(LEAST_SHARED, SPREAD * each),
        sublinear_tf=True,
        dtype=np.float32,
    )
    try:
        return vectorizer.fit_transform(texts)
    except ValueError:  # scikit-learn raises it for texts without a term
        return None


def _cut(vectors: csr_matrix, place: int) -> tuple[csr_matrix, csr_matrix]:
    return vectors[:place], vectors[place:]


def _nearest(queries: csr_matrix, index: csr_matrix, each: int, alone: bool) -> Iterator[Places]:
    """(query, record) of the nearest records that share a term; never the record itself."""
    terms = index.T.tocsr()
    for start in range(0, queries.shape[0], ROWS):
        near = queries[start : start + ROWS] @ terms
        for row in range(near.shape[0]):
            span = slice(near.indptr[row], near.indptr[row + 1])
            places, values = near.indices[span], near.data[span]
            if alone:
                values = np.where(places == start + row, -1.0, values)
            if len(places) > each:
                places = places[np.argpartition(-values, each)[:each]]
            yield np.column_stack([np.full(len(places), start + row), places]).astype(np.intp)


def _beside(texts: Texts, others: Texts, alone: bool) -> Iterator[tuple[int, int]]:
    """(record, neighbour): the texts of the other table next to each text in sorted order. It finds
    equal records, however many there are.
    """
    order = sorted(range(len(others)), key=others.__getitem__)
    ordered = [others[place] for place in order]
    if alone:
        yield from pairwise(order)
        return
    for number, text in enumerate(texts):
        place = bisect_left(ordered, text)
        for beside in range(max(place - 1, 0), min(place + 1, len(order))):
            yield number, order[beside]
