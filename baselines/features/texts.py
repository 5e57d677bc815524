"""Dense features of text columns: TF-IDF of words and of character n-grams, reduced by SVD."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

Floats = npt.NDArray[np.float32]

WORD = r"\w+"
LETTERS = re.compile(WORD)
MAX_CHARACTERS = 3000  # more costs time and hardly changes what a text is about


def word_vectorizer(max_features: int = 20_000) -> TfidfVectorizer:
    """Unfitted TF-IDF of words and word pairs; numbers and single letters count as words."""
    return TfidfVectorizer(
        token_pattern=WORD,
        ngram_range=(1, 2),
        min_df=2,
        max_features=max_features,
        sublinear_tf=True,
        dtype=np.float32,
    )


def character_vectorizer(max_features: int = 20_000) -> TfidfVectorizer:
    """Unfitted TF-IDF of 2- to 4-grams of characters within words."""
    return TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 4),
        min_df=2,
        max_features=max_features,
        sublinear_tf=True,
        dtype=np.float32,
    )


def as_texts(values: "pd.Series[str]") -> list[str]:
    """The column as text cut to MAX_CHARACTERS: lists joined by spaces, missing as empty."""
    texts = []
    for value in values:
        if isinstance(value, list):
            texts.append(" ".join(map(str, value))[:MAX_CHARACTERS])
        else:
            texts.append("" if pd.isna(value) else str(value)[:MAX_CHARACTERS])
    return texts


def tidy(text: str) -> str:
    """The words of a text in lower case without accents, separated by one space."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return " ".join(LETTERS.findall(text.lower()))


def svd_features(name: str, texts: Sequence[str], components: int, seed: int) -> pd.DataFrame:
    """``<name> word<i>`` and ``<name> char<i>``: SVD of the TF-IDF matrices, one row per text.

    Fitted on the texts themselves. A column with too little text gives fewer columns, or none.
    """
    parts = []
    for kind, vectorizer in (("word", word_vectorizer()), ("char", character_vectorizer())):
        try:
            matrix = vectorizer.fit_transform(texts)
        except ValueError:  # scikit-learn raises it for texts that share no term
            continue
        size = min(components, matrix.shape[1] - 1, matrix.shape[0] - 1)
        if size < 1:
            continue
        reduced = TruncatedSVD(size, n_iter=3, random_state=seed).fit_transform(matrix)
        columns = [f"{name} {kind}{index}" for index in range(size)]
        parts.append(pd.DataFrame(reduced.astype(np.float32), columns=columns))
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=range(len(texts)))


def count_features(name: str, texts: Sequence[str]) -> pd.DataFrame:
    """Lengths in characters and words, and the shares of digits, capitals and punctuation."""
    rows = [_counts(text) for text in texts]
    columns = [f"{name} {what}" for what in ("characters", "words", "digits", "capitals", "marks")]
    return pd.DataFrame(np.array(rows, dtype=np.float32).reshape(-1, 5), columns=columns)


def _counts(text: str) -> tuple[float, ...]:
    length = max(len(text), 1)
    digits = sum(character.isdigit() for character in text)
    capitals = sum(character.isupper() for character in text)
    marks = sum(not character.isalnum() and not character.isspace() for character in text)
    return len(text), len(text.split()), digits / length, capitals / length, marks / length
