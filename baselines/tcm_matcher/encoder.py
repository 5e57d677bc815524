"""The encoder of records: hashed character n-grams, a linear projection, length one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from baselines.formulas.tcm import Margins, margin_gradient, threshold_consistent_margin

Floats = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]

BUCKETS = 2**13
DIMENSIONS = 64
TEMPERATURE = 0.1
NGRAMS = (2, 4)


def hashed(texts: Sequence[str]) -> csr_matrix:
    """TF-IDF of the texts' character n-grams within words, hashed; rows of length one, or 0."""
    vectorizer = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=NGRAMS,
        n_features=BUCKETS,
        alternate_sign=False,
        norm=None,
        dtype=np.float32,
    )
    counts = vectorizer.transform(texts)
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts).astype(np.float32)


@dataclass(frozen=True)
class Loss:
    """The contrastive loss of a batch, the margin term, and the gradient of their sum."""

    contrastive: float
    margin: float
    gradient: Floats


class Encoder:
    """Both towers: they share the projection, because records of both sides use one language.

    It starts as a random projection, which preserves the cosines of the n-grams up to some noise.
    """

    def __init__(self, seed: int, buckets: int = BUCKETS, dimensions: int = DIMENSIONS) -> None:
        rng = np.random.default_rng(seed)
        self.weights = rng.normal(0, dimensions**-0.5, (buckets, dimensions)).astype(np.float32)

    def embeddings(self, rows: csr_matrix) -> Floats:
        """Vectors of length one, (n, dimensions); a text without n-grams gives zeros."""
        return _unit(rows @ self.weights)[0]

    def loss(self, left: csr_matrix, right: csr_matrix, same: Mask, consistent: bool) -> Loss:
        """Of all pairs of left (a, buckets) and right (b, buckets) rows; ``same`` (a, b).

        ``consistent`` adds the threshold-consistent margin term.
        """
        first, long = _unit(left @ self.weights)
        second, other = _unit(right @ self.weights)
        similar = first @ second.T
        loss, towards = contrastive(similar, same)
        back, across = contrastive(similar.T, same.T)
        slope = (towards + across.T) / 2
        margin = 0.0
        if consistent:
            margin = threshold_consistent_margin(similar.ravel(), same.ravel(), MARGINS).total
            slope = slope + margin_gradient(similar, same, MARGINS)
        gradient = left.T @ _through(slope @ second, first, long)
        gradient = gradient + right.T @ _through(slope.T @ first, second, other)
        return Loss((loss + back) / 2, margin, gradient)


MARGINS = Margins()


def contrastive(similar: Floats, same: Mask) -> tuple[float, Floats]:
    """The mean over rows of -log the softmax's share of the same, and its gradient; (a, b).

    Similarities are divided by the temperature 0.1. Rows without a same one do not count.
    """
    exponentials = np.exp((similar - similar.max(axis=1, keepdims=True)) / TEMPERATURE)
    wanted = exponentials * same
    rows: Mask = np.asarray(same.any(axis=1))
    count = max(int(rows.sum()), 1)
    whole, part = exponentials.sum(axis=1, keepdims=True), wanted.sum(axis=1, keepdims=True)
    part = np.where(rows[:, None], np.maximum(part, np.finfo(similar.dtype).tiny), 1)
    loss = float(np.log(whole / part)[rows].sum()) / count
    gradient = (exponentials / whole - wanted / part) * rows[:, None] / (TEMPERATURE * count)
    return loss, gradient


class Adam:
    """Steps of Adam with its usual constants (Kingma and Ba, ICLR 2015)."""

    def __init__(self, weights: Floats, rate: float) -> None:
        self._weights, self._rate = weights, rate
        self._mean, self._square = np.zeros_like(weights), np.zeros_like(weights)
        self._steps = 0

    def step(self, gradient: Floats) -> None:
        """Moves the weights in place."""
        self._steps += 1
        self._mean += 0.1 * (gradient - self._mean)
        self._square += 0.001 * (gradient * gradient - self._square)
        rate = self._rate * (1 - 0.999**self._steps) ** 0.5 / (1 - 0.9**self._steps)
        self._weights -= rate * self._mean / (np.sqrt(self._square) + 1e-8)


def _unit(rows: Floats) -> tuple[Floats, Floats]:
    """The rows at length one, and their lengths (n, 1), 1 if a row is 0."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths = np.where(lengths > 0, lengths, 1).astype(rows.dtype)
    return rows / lengths, lengths


def _through(slope: Floats, unit: Floats, lengths: Floats) -> Floats:
    """The gradient before rows were brought to length one."""
    return np.asarray((slope - unit * (slope * unit).sum(axis=1, keepdims=True)) / lengths)
