"""Populations and generated rows, for tests of metrics and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring.metrics import View
from scoring.spec import Kind

CLASSES = 4


@dataclass(frozen=True)
class Pairs:
    """Pairs whose evidence is normal, `apart` standard deviations higher for matches.

    With `sharpness` 1 the score is the true probability of a match.
    """

    prevalence: float
    apart: float
    sharpness: float = 1.0

    kind: Kind = "matching"

    def draw(self, random: np.random.Generator, n: int, size: int = 1) -> View:
        """n rows in groups of this size, which share their label and half of their noise."""
        truth = np.repeat(random.random(n // size) < self.prevalence, size).astype(np.int32)
        noise = _noise(random, (n,), size)
        odds = np.log(self.prevalence / (1 - self.prevalence)) - self.apart**2 / 2
        odds = odds + self.apart * (noise + self.apart * truth)
        scores = 1 / (1 + np.exp(-self.sharpness * odds))
        return View(2, truth, (scores >= 0.5).astype(np.int32), None, scores, True)


@dataclass(frozen=True)
class Choices:
    """Rows of classes with these shares and normal evidence, `apart` higher for the true class."""

    shares: Sequence[float]
    apart: float
    sharpness: float = 1.0

    kind: Kind = "classification"

    def draw(self, random: np.random.Generator, n: int, size: int = 1) -> View:
        """As for pairs."""
        classes = len(self.shares)
        truth = np.repeat(random.choice(classes, n // size, p=self.shares), size).astype(np.int32)
        evidence = _noise(random, (n, classes), size)
        evidence[np.arange(n), truth] += self.apart
        odds = self.sharpness * (self.apart * evidence + np.log(self.shares))
        chances = np.exp(odds - odds.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        return View(classes, truth, chances.argmax(axis=1).astype(np.int32), chances)


def _noise(
    random: np.random.Generator, shape: tuple[int, ...], size: int
) -> np.typing.NDArray[np.float64]:
    own = random.normal(size=shape)
    if size == 1:
        return own
    common = np.repeat(random.normal(size=(shape[0] // size, *shape[1:])), size, axis=0)
    mixed: np.typing.NDArray[np.float64] = np.sqrt(0.5) * (own + common)
    return mixed


@st.composite
def pairs(draw: st.DrawFn, outcomes: int = 2) -> View:
    """Matching rows with many ties and both outcomes."""
    n = draw(st.integers(2, 40))
    truth = draw(arrays(np.int32, n, elements=st.integers(0, 1)))
    assume(len(set(truth.tolist())) >= outcomes)
    scores = draw(arrays(np.int64, n, elements=st.integers(0, 12))) / 12
    return View(2, truth, (scores >= 0.5).astype(np.int32), scores=scores, unit_scores=True)


@st.composite
def choices(draw: st.DrawFn) -> View:
    """Classification rows; not every class need be present."""
    n = draw(st.integers(1, 40))
    truth = draw(arrays(np.int32, n, elements=st.integers(0, CLASSES - 1)))
    weights = draw(arrays(np.int64, (n, CLASSES), elements=st.integers(0, 5))) + 1e-3
    chances = weights / weights.sum(axis=1, keepdims=True)
    return View(CLASSES, truth, chances.argmax(axis=1).astype(np.int32), chances)
