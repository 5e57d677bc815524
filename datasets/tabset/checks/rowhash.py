"""Exact search for rows that are the same: 128-bit hashes, sorted part by part on disk."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Words = NDArray[np.uint64]
LANES = (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)  # odd, so that multiplying loses nothing
SHIFT = np.uint64(32)
SHORT = 8  # a cell of fewer bytes is one word together with its length
LONG = 512  # a cell of more bytes is hashed by itself
CACHED_ROWS = 1 << 13  # what is worked on at a time stays in the processor's cache
PART_ROWS = 1 << 22
ENTRY = np.dtype([("first", "<u8"), ("second", "<u8"), ("row", "<i8")])
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(SHORT + 1)], dtype=np.uint64)


@dataclass(frozen=True)
class Repeats:
    """Rows that occur more than once: `rows` are their numbers, `groups` which are the same.

    Both have the same length; rows of a group follow each other, and groups count from 0.
    """

    rows: NDArray[np.int64]
    groups: NDArray[np.int64]

    def later(self) -> NDArray[np.int64]:
        """The rows that repeat an earlier one, ascending."""
        return np.sort(self.rows[1:][self.groups[1:] == self.groups[:-1]])


def row_hashes(columns: list[pa.Array]) -> Words:
    """Two 64-bit hashes per row, shape (2, rows), of text columns; equal rows have equal hashes.

    A missing cell differs from an empty one. Two different rows share both hashes with a
    probability of about 2^-128, so that what has equal hashes may be called the same.
    """
    rows = len(columns[0]) if columns else 0
    state = np.zeros((len(LANES), rows), dtype=np.uint64)
    for start in range(0, rows, CACHED_ROWS):
        for column in columns:
            _take_in(state[:, start : start + CACHED_ROWS], column.slice(start, CACHED_ROWS))
    return state


def _take_in(state: Words, column: pa.Array) -> None:
    """Mixes the cells into the state of their rows, word by word, in an order without ambiguity.

    A cell of fewer than 8 bytes is one word whose top byte is its length plus one, a missing cell
    is zero; a longer one is its length under a top byte of ones, and then its bytes.
    """
    starts, sizes, words = _layout(column)
    short = sizes < SHORT
    lengths = sizes.astype(np.uint64)  # numpy makes floats of mixed signed and unsigned numbers
    tag = np.where(short, lengths + np.uint64(1), np.uint64(0xFF)) << np.uint64(56)
    head = tag | np.where(short, _words_at(words, starts, np.minimum(sizes, SHORT)), lengths)
    if column.null_count:
        head[column.is_null().to_numpy(zero_copy_only=False)] = 0
        sizes = np.where(head == 0, 0, sizes)
    for lane, factor in zip(state, LANES, strict=True):
        _mix(lane, head, np.uint64(factor))
    _take_in_long(state, column, np.flatnonzero(sizes > LONG))
    at, left, where = starts, sizes, np.flatnonzero((sizes >= SHORT) & (sizes <= LONG))
    at, left = at[where], left[where]
    while len(where):
        word = _words_at(words, at, np.minimum(left, SHORT))
        for lane, factor in zip(state, LANES, strict=True):
            part = lane[where]
            _mix(part, word, np.uint64(factor))
            lane[where] = part
        more = left > SHORT
        where, at, left = where[more], at[more] + SHORT, left[more] - SHORT


def _take_in_long(state: Words, column: pa.Array, rows: NDArray[np.intp]) -> None:
    for row in rows.tolist():
        digest = hashlib.blake2b(column[row].as_buffer(), digest_size=16).digest()
        for lane, word in zip(state, np.frombuffer(digest, "<u8"), strict=True):
            _mix(lane[row : row + 1], word, np.uint64(LANES[0]))


def _mix(lane: Words, word: Any, factor: np.uint64) -> None:
    lane ^= word
    lane *= factor
    lane ^= lane >> SHIFT


def _layout(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.int64], Words]:
    """First byte and size of every cell, and the bytes as words with room for one more."""
    _, offsets, data = column.buffers()
    edges = np.frombuffer(offsets, np.int32, len(column) + 1, column.offset * 4).astype(np.int64)
    first, last = int(edges[0]), int(edges[-1])
    words = np.zeros((last - first) // 8 + 3, dtype=np.uint64)
    if last > first:
        words.view(np.uint8)[: last - first] = np.frombuffer(data, np.uint8, last - first, first)
    return edges[:-1] - first, np.diff(edges), words


def _words_at(words: Words, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> Words:
    """The up to 8 bytes at each byte position as a number, from two aligned words."""
    place = starts >> 3
    shift = ((starts & 7) << 3).astype(np.uint64)
    low = words[place] >> shift
    # Shifting twice, because a shift by the full 64 bits has no defined result.
    high = (words[place + 1] << (np.uint64(63) - shift)) << np.uint64(1)
    found: Words = (low | high) & _MASKS[sizes]
    return found


class RowIndex:
    """Collects hashes of numbered rows in files, one per range of hashes, and finds repeats."""

    def __init__(self, folder: Path, name: str, rows: int) -> None:
        self._bits = max(0, (rows // PART_ROWS).bit_length())
        self._paths = [folder / f"{name}.{part}" for part in range(1 << self._bits)]
        for path in self._paths:
            path.touch()

    def add(self, start: int, hashes: Words, skipped: NDArray[np.bool_] | None = None) -> None:
        """Takes in the hashes, shape (2, n), of the rows start, start + 1, … not skipped."""
        entries = np.empty(hashes.shape[1], dtype=ENTRY)
        entries["first"], entries["second"] = hashes
        entries["row"] = np.arange(start, start + len(entries))
        if skipped is not None and skipped.any():
            entries = entries[~skipped]
        if not self._bits:
            return self._append(0, entries)
        part = (entries["first"] >> np.uint64(64 - self._bits)).astype(np.uint8)
        entries = entries[np.argsort(part, kind="stable")]
        edges = np.concatenate(([0], np.cumsum(np.bincount(part, minlength=1 << self._bits))))
        for place in range(1 << self._bits):
            self._append(place, entries[edges[place] : edges[place + 1]])
        return None

    def _append(self, place: int, entries: NDArray[np.void]) -> None:
        with self._paths[place].open("ab") as file:
            file.write(entries.tobytes())

    def repeats(self) -> Repeats:
        """The rows whose hashes occur more than once; the files are gone afterwards."""
        rows, groups, count = [], [], 0
        for path in self._paths:
            entries = np.fromfile(path, dtype=ENTRY)
            path.unlink()
            found, group = _repeated(entries)
            rows.append(found)
            groups.append(group + count)
            count += int(group[-1]) + 1 if len(group) else 0
        return Repeats(np.concatenate(rows), np.concatenate(groups))


def _repeated(entries: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers of repeated entries and the number of their group, ascending in each group."""
    values = np.sort(entries["first"])
    twice = np.unique(values[_same(values)])
    entries = entries[np.isin(entries["first"], twice)] if len(twice) else entries[:0]
    entries = entries[np.lexsort((entries["row"], entries["second"], entries["first"]))]
    same = _same(entries["first"]) & _same(entries["second"])
    kept = _twins(same)
    groups = np.cumsum(~same[kept]) - 1
    return entries["row"][kept].astype(np.int64), groups.astype(np.int64)


def _same(values: Words) -> NDArray[np.bool_]:
    """For each value whether it equals the one before."""
    same = np.zeros(len(values), dtype=bool)
    same[1:] = values[1:] == values[:-1]
    return same


def _twins(same: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which entries equal a neighbour, given which equal the one before."""
    twins = same.copy()
    twins[:-1] |= same[1:]
    return twins
