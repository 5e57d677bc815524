"""Update compatibility of embeddings: may a new model search a gallery that the old one filled?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scoring.metrics.confusion import Floats

Labels = npt.NDArray[Any]

_SLACK = 1e-12
MOST_CELLS = 4_000_000
"""Similarities held in memory at once."""


class Embedded(NamedTuple):
    """One model's embeddings of the queries (q, d) and of the gallery (g, d)."""

    query: Floats
    gallery: Floats


@dataclass(frozen=True)
class Compatibility:
    """M(query model, gallery model) of the four combinations, and what they say.

    `compatible` is M(new, old) > M(old, old); `absolute_gain` is their difference; `update_gain`
    is that over M(paragon) - M(old, old): 1 is as good as filling the gallery again, negative is
    incompatible, None where the denominator is 0.
    """

    m_new_old: float
    m_old_old: float
    m_new_new: float
    m_paragon: float
    compatible: bool
    absolute_gain: float
    update_gain: float | None


def bct(
    old: Embedded,
    new: Embedded,
    paragon: Embedded,
    query_labels: Labels,
    gallery_labels: Labels,
) -> Compatibility:
    """How a new model works with the old model's gallery, by recall at 1.

    `paragon` is the new model trained without regard to compatibility, and searches a gallery of
    its own. Criterion and update gain of Shen et al. 2020 (backward-compatible training, CVPR);
    that M is recall at 1 by cosine is a rule of this project. Read with a large model as `old`
    and a small one as `new` it is the diagnostic of heterogeneous search (CMP-NAS).
    """

    def recall(query: Floats, gallery: Floats) -> float:
        return recall_at_1(query, gallery, query_labels, gallery_labels)

    new_old, old_old = recall(new.query, old.gallery), recall(old.query, old.gallery)
    best = recall(*paragon)
    gain, room = new_old - old_old, best - old_old
    return Compatibility(
        m_new_old=new_old,
        m_old_old=old_old,
        m_new_new=recall(*new),
        m_paragon=best,
        compatible=new_old > old_old,
        absolute_gain=gain,
        update_gain=gain / room if room else None,
    )


def recall_at_1(
    query: Floats, gallery: Floats, query_labels: Labels, gallery_labels: Labels
) -> float:
    """The share of queries whose nearest gallery item by cosine has their label.

    The first gallery item wins a tie (within 1e-12); the cosine with a zero vector is 0. Raises
    ValueError for empty, misshapen or non-finite embeddings.
    """
    _check(query, query_labels, "query")
    _check(gallery, gallery_labels, "gallery")
    if query.shape[1] != gallery.shape[1]:
        raise ValueError("query and gallery embeddings differ in dimension")
    queries, items = _unit(query), _unit(gallery).T
    step = max(1, MOST_CELLS // len(gallery))
    hits = 0
    for start in range(0, len(queries), step):
        cosine = queries[start : start + step] @ items
        nearest = np.argmax(cosine >= cosine.max(axis=1, keepdims=True) - _SLACK, axis=1)
        hits += int(np.sum(gallery_labels[nearest] == query_labels[start : start + step]))
    return hits / len(queries)


def _check(vectors: Floats, labels: Labels, name: str) -> None:
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise ValueError(f"{name} embeddings must have rows and columns")
    if len(vectors) != len(labels):
        raise ValueError(f"{name} embeddings and labels differ in length")
    if not np.isfinite(vectors).all():
        raise ValueError(f"{name} embeddings must be finite")


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return unit
