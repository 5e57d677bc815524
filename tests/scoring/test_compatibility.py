"""Retrieval between old and new embeddings beyond its vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from scoring import compatibility
from scoring.compatibility import Embedded, bct, recall_at_1

AXES = np.eye(2)
SIDE = np.array(["x", "y"])


@pytest.mark.parametrize("cells", [1, 30, 4_000_000])
@given(seed=st.integers(0, 10**6))
def test_recall_agrees_with_scikit_learns_cosine(cells: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    query, gallery = random.normal(size=(12, 3)), random.normal(size=(9, 3))
    labels = random.integers(0, 3, 12), random.integers(0, 3, 9)
    nearest = cosine_similarity(query, gallery).argmax(axis=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compatibility, "MOST_CELLS", cells)
        found = recall_at_1(query, gallery, *labels)
    assert found == np.mean(labels[1][nearest] == labels[0])


def test_length_does_not_matter() -> None:
    gallery = np.array([[100.0, 1.0], [0.0, 0.001]])
    assert recall_at_1(AXES * 7, gallery, SIDE, SIDE) == 1.0


def test_the_first_gallery_item_wins_a_tie() -> None:
    gallery = np.array([[0.3, 0.3], [0.1, 0.1], [0.7, 0.7]])
    labels = np.array(["first", "second", "third"])
    query = np.array([[1.0, 1.0], [2.0, 1.0]])
    assert recall_at_1(query, gallery, np.array(["first", "first"]), labels) == 1.0


def test_a_zero_vector_is_as_far_from_all() -> None:
    assert recall_at_1(np.zeros((1, 2)), AXES, np.array(["x"]), SIDE) == 1.0
    assert recall_at_1(np.zeros((1, 2)), AXES, np.array(["y"]), SIDE) == 0.0


def test_equal_recall_is_not_compatible() -> None:
    model = Embedded(AXES, AXES)
    found = bct(model, model, model, SIDE, SIDE)
    assert (found.compatible, found.absolute_gain, found.update_gain) == (False, 0.0, None)


def test_a_new_model_that_closes_half_of_the_gap() -> None:
    same = np.array(["x", "x"])
    old, new = Embedded(AXES[[1, 1]], AXES), Embedded(AXES, AXES)
    found = bct(old, new, Embedded(AXES[[0, 0]], AXES), same, SIDE)
    assert (found.m_old_old, found.m_new_old, found.m_paragon) == (0.0, 0.5, 1.0)
    assert (found.compatible, found.update_gain) == (True, 0.5)


@pytest.mark.parametrize(
    ("query", "gallery", "labels", "message"),
    [
        (np.ones((2, 3)), AXES, SIDE, "differ in dimension"),
        (np.ones(2), AXES, SIDE, "query embeddings must have rows"),
        (AXES, np.ones((0, 2)), SIDE, "gallery embeddings must have rows"),
        (AXES, AXES[:1], SIDE, "gallery embeddings and labels differ in length"),
        (AXES[:1], AXES, SIDE, "query embeddings and labels differ in length"),
        (np.array([[1.0, np.nan], [1.0, 1.0]]), AXES, SIDE, "query embeddings must be finite"),
    ],
)
def test_embeddings_that_cannot_be_searched_are_refused(
    query: Any, gallery: Any, labels: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        recall_at_1(query, gallery, labels, labels)
