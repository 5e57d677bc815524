"""Find submitted ids among the expected ones, with a table that is built once per solution.

Ids of at most 64 bytes are compared as machine words, padded by a byte that UTF-8 never contains,
so that equal words mean equal ids. The words are hashed by multiply-shift (Dietzfelbinger et al.
1997, "A reliable randomized algorithm for the closest-pair problem") into an open-addressing table
that is probed for many ids at once. A hash only says where to look: every hit is compared in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Places = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]

_LONGEST_ID = 64
_MOST_ROUNDS = 64
_SLOTS_PER_ID = 2
# Ids per batch, chosen so that the intermediate results stay in the processor's cache.
_SLICE = 1 << 16
_PAD = b"\xff"
_FACTORS = np.random.Generator(np.random.PCG64(1)).integers(
    0, 1 << 64, size=_LONGEST_ID // 8, dtype=np.uint64
) | np.uint64(1)


class RepeatedId(ValueError):
    """The expected ids are not unique."""


@dataclass(frozen=True)
class _Table:
    """Open addressing with linear probing over the words of n ids.

    `words` holds k arrays of shape (n,); `slots` holds the index of an id, or -1 for an empty slot.
    No id is `rounds` or more slots behind the one that its hash names.
    """

    words: tuple[Words, ...]
    slots: Places
    shift: int
    rounds: int

    def find(self, words: Words) -> Places:
        """For each row of words, shape (m, k), its index or -1."""
        slot = _hashes(words, self.shift)
        place = self.slots.take(slot)
        left = np.flatnonzero(~self._are(place, words))
        for _ in range(1, self.rounds):
            # An empty slot ends the search: the id would have been stored there.
            left = left[place.take(left) >= 0]
            if not len(left):
                return place
            slot[left] += 1
            found = self.slots.take(slot.take(left))
            place[left] = found
            left = left[~self._are(found, words[left])]
        place[left] = -1
        return place

    def _are(self, place: Places, words: Words) -> npt.NDArray[np.bool_]:
        """Whether the ids at these indices have these words. Here -1 means the last id; it is found
        before any empty slot, so no text that reaches one has its words.
        """
        equal: npt.NDArray[np.bool_] = self.words[0].take(place) == words[:, 0]
        for index in range(1, len(self.words)):
            equal &= self.words[index].take(place) == words[:, index]
        return equal


@dataclass(frozen=True)
class IdIndex:
    """Expected ids, unique text without nulls, ready to be searched; `len()` is their number."""

    ids: pa.Array
    _table: _Table | None

    @classmethod
    def of(cls, ids: pa.Array) -> IdIndex:
        """The index of text ids (pa.string() without nulls); RepeatedId if two are equal."""
        longest = _longest(ids)
        table = _build(_columns(ids, longest)) if 0 < longest <= _LONGEST_ID else None
        if table is None and pc.count_distinct(ids).as_py() < len(ids):
            raise RepeatedId("two ids are equal")
        return cls(ids, table)

    def __len__(self) -> int:
        return len(self.ids)

    def in_order(self, text: pa.Array) -> bool:
        """Whether the text is exactly the ids, one for one."""
        return bool(text.equals(self.ids))

    def locate(self, text: pa.Array) -> Places:
        """For each text its index among the ids, shape (len(text),), or -1; null is never found."""
        table = self._table
        if table is None or _longest(text) > 8 * len(table.words):
            found: Places = pc.index_in(text, value_set=self.ids).fill_null(-1).to_numpy()
            return found
        places = np.empty(len(text), dtype=np.int32)
        for start, words in _slices(text.fill_null(""), len(table.words)):
            places[start : start + len(words)] = table.find(words)
        if text.null_count:
            places[text.is_null().to_numpy(zero_copy_only=False)] = -1
        return places


def _columns(ids: pa.Array, longest: int) -> tuple[Words, ...]:
    """The words of all ids, as many arrays of shape (n,) as the longest id needs."""
    width = -(-longest // 8)
    columns = tuple(np.empty(len(ids), dtype=np.uint64) for _ in range(width))
    for start, words in _slices(ids, width):
        for index, column in enumerate(columns):
            column[start : start + len(words)] = words[:, index]
    return columns


def _build(words: tuple[Words, ...]) -> _Table | None:
    """The table of these words; None if they hash badly, RepeatedId if two ids are equal."""
    n = len(words[0])
    bits = max(1, (_SLOTS_PER_ID * n - 1).bit_length())
    slots = np.full((1 << bits) + _MOST_ROUNDS, -1, dtype=np.int32)
    table = _Table(words, slots, 64 - bits, _MOST_ROUNDS)
    left = np.arange(n, dtype=np.int32)
    rows = np.stack(words, axis=1)
    slot = _hashes(rows, table.shift)
    for rounds in range(1, _MOST_ROUNDS + 1):
        empty = left[slots.take(slot.take(left)) < 0]
        slots[slot.take(empty)] = empty
        found = slots.take(slot.take(left))
        # Equal ids try the same slots together, so one of them meets the other.
        if (table._are(found, rows[left]) & (found != left)).any():
            raise RepeatedId("two ids are equal")
        left = left[found != left]
        if not len(left):
            return _Table(words, slots, table.shift, rounds)
        slot[left] += 1
    return None


def _hashes(words: Words, shift: int) -> npt.NDArray[np.int64]:
    """The first slot of each row of words."""
    mixed: Words = words[:, 0] * _FACTORS[0]
    for index in range(1, words.shape[1]):
        mixed += words[:, index] * _FACTORS[index]
    mixed >>= np.uint64(shift)
    # As signed numbers, because they are indices.
    return mixed.astype(np.int64)


def _slices(text: pa.Array, width: int) -> Iterator[tuple[int, Words]]:
    """(start, words of shape (rows, width)) for slices of text without nulls that fits them."""
    for start in range(0, len(text), _SLICE):
        padded = pc.ascii_rpad(text.slice(start, _SLICE), 8 * width, _PAD)
        yield start, np.frombuffer(padded.buffers()[2], dtype=np.uint64).reshape(-1, width)


def _longest(text: pa.Array) -> int:
    """The length in bytes of the longest text; 0 without any."""
    longest: int | None = pc.max(pc.binary_length(text)).as_py()
    return longest or 0
