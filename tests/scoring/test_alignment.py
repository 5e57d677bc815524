"""Every id is found at its place, exactly, whatever it is made of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import alignment
from scoring.alignment import IdIndex, RepeatedId
from tests.scoring.builders import text

# Few letters, so that ids share beginnings; NUL and long ids are where padding could go wrong.
IDS = st.text("ab\x00ü", max_size=20) | st.text(max_size=6)


@given(st.lists(IDS, unique=True, max_size=30), st.lists(st.none() | IDS, max_size=30))
def test_places_are_those_of_a_dictionary(ids: list[str], others: list[str | None]) -> None:
    index = IdIndex.of(text(ids))
    places = {value: place for place, value in enumerate(ids)}
    wanted = [*others, *reversed(ids)]
    found = index.locate(pa.array(wanted, pa.string()))
    assert found.tolist() == [
        places.get(value, -1) if value is not None else -1 for value in wanted
    ]
    assert len(index) == len(ids)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 63, 64, 65, 200])
def test_ids_of_any_length_are_told_apart(length: int) -> None:
    ids = ["x" * (length - 1) + last for last in "abc"]
    index = IdIndex.of(text(ids))
    assert index.locate(text([ids[2], ids[0] + "a", ids[0][:-1], ids[1]])).tolist() == [
        2,
        -1,
        -1,
        1,
    ]


@pytest.mark.parametrize("length", [3, 100])
def test_repeated_ids_are_refused(length: int) -> None:
    with pytest.raises(RepeatedId):
        IdIndex.of(text(["a" * length, "b", "c" * length, "a" * length]))


def test_many_ids_in_any_order_across_slices() -> None:
    n = 3 * alignment._SLICE // 2
    ids = pc.cast(pa.array(np.random.default_rng(0).permutation(2 * n)), pa.string())
    index = IdIndex.of(ids.slice(0, n))
    order = np.random.default_rng(1).permutation(n)
    assert (index.locate(ids.slice(0, n).take(pa.array(order))) == order).all()
    assert (index.locate(ids.slice(n)) == -1).all()


def test_ids_that_hash_alike_are_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "_hashes", lambda words, shift: np.zeros(len(words), np.int64))
    for n in (40, 100):  # the second has more than the table takes
        ids = text([f"row-{number}" for number in range(n)])
        found = IdIndex.of(ids).locate(pa.concat_arrays([ids[::-1], text(["row-x"])]))
        assert found.tolist() == [*range(n)[::-1], -1]
        with pytest.raises(RepeatedId):
            IdIndex.of(pa.concat_arrays([ids, ids[-1:]]))


def test_the_order_of_the_ids_is_recognised() -> None:
    ids = text(["x", "y", "z"])
    index = IdIndex.of(ids)
    assert index.in_order(pa.concat_arrays([text(["w"]), ids]).slice(1))
    assert not index.in_order(ids[::-1])
    assert not index.in_order(ids[:2])
    assert not index.in_order(pa.array(["x", "y", None]))
