"""Random draws of the generators: one seeded stream, small and readable verbs."""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Draw:
    """A stream of random draws that depends only on its purpose (PCG64)."""

    def __init__(self, purpose: str) -> None:
        digest = hashlib.sha256(purpose.encode()).digest()
        self._generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self._generator.random() < probability)

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return int(self._generator.integers(limit))

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Up to `count` different items in random order."""
        order = self._generator.permutation(len(items))[:count]
        return [items[position] for position in order]

    def weighted(self, weights: Sequence[float]) -> int:
        """A position, as likely as its weight; the weights need not sum to 1."""
        edges = list(accumulate(weights))
        return bisect_right(edges, self._generator.random() * edges[-1])

    def around(self, median: float, sigma: float) -> float:
        """A log-normal draw with the given median."""
        return float(median * np.exp(self._generator.normal(0.0, sigma)))

    def between(self, low: float, high: float) -> float:
        """A uniform draw."""
        return float(self._generator.uniform(low, high))

    def order(self, count: int) -> list[int]:
        """The positions 0 to count - 1, shuffled."""
        return [int(position) for position in self._generator.permutation(count)]
