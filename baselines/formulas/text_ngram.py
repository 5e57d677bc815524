"""Counts of n-grams over joined text columns, as AutoGluon's own text features are.

Source: `TextNgramFeatureGenerator` of AutoGluon, strategy "combined".
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer

PREFIX = "__nlp__."


def text_ngrams(
    rows: Sequence[Sequence[str]],
    *,
    min_df: int = 30,
    ngram_range: tuple[int, int] = (1, 3),
    max_features: int = 10_000,
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Names and counts (n, columns) of the n-grams of each row's texts, joined by ". ".

    The last column is the number of different n-grams in the row. Frequencies count unique texts.
    No columns if no n-gram is frequent enough.
    """
    texts = [". ".join(row) for row in rows]
    vectorizer = CountVectorizer(min_df=min_df, ngram_range=ngram_range, max_features=max_features)
    try:
        vectorizer.fit(list(dict.fromkeys(texts)))
    except ValueError:  # scikit-learn raises it if no term of the texts is left
        return [], np.zeros((len(texts), 0), dtype=np.int64)
    counts = vectorizer.transform(texts).toarray().astype(np.int64)
    total = (counts > 0).sum(axis=1, keepdims=True)
    names = [f"{PREFIX}{name}" for name in (*vectorizer.get_feature_names_out(), "_total_")]
    return names, np.hstack([counts, total])
