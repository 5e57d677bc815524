"""Arrays between the two steps: they say what the file says, and nothing but a file's words."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import TaskSpec
from scoring.arrays import UnsoundArrays, most_bytes, pack, unpack
from scoring.checking import Submission
from scoring.metrics.confusion import Floats
from tests.scoring.builders import CLASSES, MATCHING, read

FILES = [
    (b"id,score\nx,-2\ny,0.5\nz,1e300\n", MATCHING),
    (b"id,score\nz,0\ny,0.5\nx,1\n", MATCHING),
    (b"id,score,prediction\nx,0.2,1\ny,7,0\nz,0,1\n", MATCHING),
    (b"id,prediction\nx,a\ny,c\nz,b\n", CLASSES),
    (b"id,c,b,a\nx,1,0,0\ny,0.25,0.25,0.5\nz,0.3333,0.3333,0.3333\n", CLASSES),
]


def equal(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())


@pytest.mark.parametrize(("data", "spec"), FILES)
def test_arrays_say_what_the_file_says(data: bytes, spec: TaskSpec) -> None:
    submission = read(data, spec)
    packed = pack(submission)
    assert len(packed) <= most_bytes(spec, 3)
    again = unpack(packed, spec, 3)
    assert equal(again.labels, submission.labels)
    assert equal(again.scores, submission.scores)
    assert equal(again.probabilities, submission.probabilities)
    assert equal(again.decision, submission.decision)


def matches(scores: list[float], labels: list[int] | None = None) -> bytes:
    given = None if labels is None else np.array(labels, np.int32)
    return pack(Submission(given, scores=np.array(scores)))


def chances(rows: list[list[float]]) -> bytes:
    values: Floats = np.array(rows, float)
    return pack(Submission(None, probabilities=values))


def labels(values: list[int]) -> bytes:
    return pack(Submission(np.array(values, np.int32)))


FAIR = [[0.5, 0.25, 0.25]] * 3
ODD = {
    "nothing": (b"", MATCHING, "columns"),
    "half a head": (b"\x02", MATCHING, "columns"),
    "no column": (bytes(8), MATCHING, "columns"),
    "unknown columns": (struct.pack("<Q", 1 << 40) + bytes(24), MATCHING, "columns"),
    "labels without scores": (labels([0, 1, 0]), MATCHING, "columns"),
    "scores of classes": (matches([0, 1, 0]), CLASSES, "columns"),
    "probabilities of pairs": (chances(FAIR), MATCHING, "columns"),
    "a row too few": (matches([0, 1]), MATCHING, "rows"),
    "a row too many": (matches([0, 1, 0, 1]), MATCHING, "rows"),
    "a byte too many": (matches([0, 1, 0]) + b"x", MATCHING, "rows"),
    "labels of fewer rows": (matches([0, 1, 0], [1, 0]), MATCHING, "rows"),
    "a negative label": (labels([0, -1, 0]), CLASSES, "beyond"),
    "a label too high": (labels([0, 3, 0]), CLASSES, "beyond"),
    "NaN": (matches([0, np.nan, 0]), MATCHING, "finite"),
    "infinity": (matches([0, np.inf, 0]), MATCHING, "finite"),
    "a probability below zero": (chances([[-0.5, 1, 0.5], *FAIR[1:]]), CLASSES, "probabilities"),
    "a probability of NaN": (chances([[np.nan, 1, 0], *FAIR[1:]]), CLASSES, "probabilities"),
    "an infinite probability": (chances([[np.inf, 0, 0], *FAIR[1:]]), CLASSES, "probabilities"),
    "a sum above one": (chances([[0.5, 0.5, 0.5], *FAIR[1:]]), CLASSES, "probabilities"),
    "a sum below one": (chances([[0.5, 0.2, 0.2], *FAIR[1:]]), CLASSES, "probabilities"),
}


@pytest.mark.parametrize("name", ODD)
def test_arrays_that_no_file_gives_are_refused(name: str) -> None:
    data, spec, reason = ODD[name]
    with pytest.raises(UnsoundArrays, match=reason):
        unpack(data, spec, 3)


@given(st.binary(max_size=100), st.sampled_from([MATCHING, CLASSES]), st.integers(1, 3))
def test_any_bytes_are_refused_or_are_three_sound_rows(data: bytes, spec: TaskSpec, n: int) -> None:
    try:
        found = unpack(data, spec, n)
    except UnsoundArrays:
        return
    for column in (found.labels, found.scores, found.probabilities):
        assert column is None or (len(column) == n and bool(np.isfinite(column).all()))


def test_rows_come_in_the_order_that_is_asked_for() -> None:
    found = unpack(matches([0.1, 0.2, 0.3], [0, 1, 1]), MATCHING, 3).taken(np.array([2, 0, 1]))
    assert found.scores is not None
    assert found.labels is not None
    assert found.scores.tolist() == [0.3, 0.1, 0.2]
    assert found.labels.tolist() == [1, 0, 1]
