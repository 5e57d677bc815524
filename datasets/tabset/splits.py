"""Division of rows: train and test by row, group or time, public and private by a salted hash.

Draws and hashes work on integer codes and distinct values, so that ten million rows take seconds.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tabset.errors import DatasetError

PUBLIC = "public"
PRIVATE = "private"
IGNORED = "ignored"
TOLERANCE = 0.2
MOST_SALTS = 100
HASHED_AT_ONCE = 65_536

Codes: TypeAlias = NDArray[np.integer[Any]]
Mask: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = Sequence[str] | pa.Array


@dataclass(frozen=True)
class Usage:
    """The part of every test row, the salt that gave it, and the realised public share.

    Parts that the organizer gave have no salt and the attempt 0; the share is then that of the
    rows that are not ignored.
    """

    parts: tuple[str, ...]
    salt: str
    attempt: int
    share: float


def position(salt: str, group: str) -> float:
    """Where a group lies in [0, 1): the first 8 bytes of sha256(salt|group), big endian, / 2^64."""
    digest = hashlib.sha256(f"{salt}|{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def positions(salt: str, groups: pa.Array) -> NDArray[np.float64]:
    """`position` of every text of an Arrow array, bit for bit."""
    digest = hashlib.sha256
    prefix = f"{salt}|".encode()
    found = np.empty(len(groups), dtype=np.float64)
    for start in range(0, len(groups), HASHED_AT_ONCE):
        texts = groups.slice(start, HASHED_AT_ONCE).cast(pa.binary()).to_pylist()
        digests = b"".join([digest(prefix + text).digest() for text in texts])
        firsts = np.frombuffer(digests, dtype=">u8").reshape(-1, 4)[:, 0]
        found[start : start + len(texts)] = firsts.astype(np.float64)
    return found / 2**64


def public_private(groups: Texts, salt: str, share: float) -> tuple[str, ...]:
    """The part of each row: public if the position of its group is below `share`, otherwise
    private."""
    codes, distinct = encoded(groups)
    return _parts((positions(salt, distinct) < share)[codes])


def usable_public_private(
    groups: Texts, labels: Texts, *, salt: str, share: float, salts: int = MOST_SALTS
) -> Usage:
    """The parts under the first of `salt`, `salt#2`, `salt#3`, … that can be scored.

    A salt is passed over if the realised share is off by more than a fifth of the wanted one, or
    a part has fewer than two different labels, so that its metrics would be undefined. A salt that
    data sets share is the only one (`salts` 1), since each of them might take another.
    """
    codes, distinct = encoded(groups)
    label_codes, _ = encoded(labels)
    for attempt in range(1, salts + 1):
        tried = salt if attempt == 1 else f"{salt}#{attempt}"
        public = (positions(tried, distinct) < share)[codes]
        realised = int(public.sum()) / max(len(public), 1)
        if abs(realised - share) <= TOLERANCE * share and _both_scorable(public, label_codes):
            return Usage(_parts(public), tried, attempt, realised)
    raise DatasetError(
        f"{'the salt does not give' if salts == 1 else f'none of {salts} salts gives'} a public"
        f" part of about {share:.0%} so that both parts have two labels ({len(distinct)} groups in"
        f" {len(codes)} rows)"
    )


def given_usage(parts: tuple[str, ...]) -> Usage:
    """The usage of parts that were decided elsewhere."""
    scored = len(parts) - parts.count(IGNORED)
    return Usage(parts, "", 0, parts.count(PUBLIC) / max(scored, 1))


def _parts(public: Mask) -> tuple[str, ...]:
    names = np.array([PRIVATE, PUBLIC], dtype=object)
    return tuple(names[public.astype(np.int8)].tolist())


def _both_scorable(public: Mask, labels: Codes) -> bool:
    return all(len(np.unique(labels[side])) >= 2 for side in (public, ~public))


def encoded(values: Texts) -> tuple[Codes, pa.Array]:
    """A whole number per value, and the distinct values that they stand for, in first order."""
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    dictionary = array.dictionary_encode()
    return dictionary.indices.to_numpy(zero_copy_only=False), dictionary.dictionary


def in_test(groups: Texts, *, salt: str, share: float) -> tuple[bool, ...]:
    """For each row whether it belongs to the test set, so that no group is on both sides."""
    codes, distinct = encoded(groups)
    return tuple((positions(f"{salt}|train-test", distinct) < share)[codes].tolist())


def generator(salt: str, purpose: str) -> np.random.Generator:
    """The random numbers for one purpose: the same for the same salt, unlike for other purposes."""
    seed = hashlib.sha256(f"{salt}‖{purpose}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))


def random_test(labels: Codes, share: float, random: np.random.Generator) -> Mask:
    """Which rows become test rows: at random, every class in equal share.

    Each class gives its share to less than one row, and all together as many rows as the share
    rounds to, except that the last row of a class stays in train. So the counts of train reveal how
    often each class is in test, to one row, but not in which rows: those are drawn.
    """
    counts = np.bincount(labels)
    kind = np.min_scalar_type(len(counts))  # numpy sorts narrow numbers by radix
    order = random.permutation(np.arange(len(labels), dtype=np.uint32))
    by_class = order[np.argsort(labels.astype(kind)[order], kind="stable")]
    chosen = np.zeros(len(labels), dtype=np.bool_)
    start = 0
    for count, quota in zip(counts.tolist(), _quotas(counts, share).tolist(), strict=True):
        chosen[by_class[start : start + quota]] = True
        start += count
    return chosen


def _quotas(counts: Codes, share: float) -> Codes:
    """Whole numbers of rows per class by largest remainder."""
    exact = counts * share
    quotas: Codes = np.floor(exact).astype(np.int64)
    left = int(np.floor(counts.sum() * share + 0.5)) - int(quotas.sum())
    open_classes = np.flatnonzero((quotas < exact) & (quotas < counts - 1))
    by_remainder = open_classes[np.argsort((quotas - exact)[open_classes], kind="stable")]
    quotas[by_remainder[: max(left, 0)]] += 1
    return quotas


def group_test(
    groups: Codes, labels: Codes, share: float, random: np.random.Generator
) -> tuple[Mask, Mask]:
    """Which groups and which rows become test: whole groups, the share as near as they allow.

    `groups` and `labels` are codes per row from 0. The rarest class comes first: of the groups
    that have it, as many are drawn at random as its share has room for, then the next class, then
    what still has room in all, and at last the one group, if any, that brings the share nearer. The
    counts of train so tell about how often each class is in test, and nothing of single rows.
    """
    sizes = np.bincount(groups)
    rarity = np.argsort(np.argsort(np.bincount(labels), kind="stable"), kind="stable")
    rarest = np.full(len(sizes), len(rarity), dtype=np.int64)
    np.minimum.at(rarest, groups, rarity[labels])
    draw = _Draw(sizes, share, random)
    for rank, label in enumerate(np.argsort(rarity)):
        mine = np.bincount(groups[labels == label], minlength=len(sizes))
        draw.take(np.flatnonzero(rarest == rank), mine)
    draw.take(np.flatnonzero(~draw.chosen & (sizes > 0)), np.zeros_like(sizes))
    draw.round_up()
    return draw.chosen, draw.chosen[groups]


class _Draw:
    """Groups drawn so far, within what their share of the rows has room for."""

    def __init__(self, sizes: Codes, share: float, random: np.random.Generator) -> None:
        self.chosen = np.zeros(len(sizes), dtype=np.bool_)
        self._sizes = sizes
        self._share = share
        self._random = random
        smallest = int(sizes[sizes > 0].min(initial=sizes.sum()))
        self._room = min(_rounded(sizes.sum() * share), int(sizes.sum()) - smallest)

    def take(self, candidates: Codes, mine: Codes) -> None:
        """Draws groups as long as the rows `mine` of one class and all rows have room.

        A group that does not fit is passed over, and the next pass tries the smaller ones.
        """
        room = _rounded(mine.sum() * self._share) - int(mine[self.chosen].sum())
        left = self._random.permutation(candidates)
        while len(left := left[(mine[left] <= room) & (self._sizes[left] <= self._room)]):
            fits = np.cumsum(mine[left]) <= room
            fits &= np.cumsum(self._sizes[left]) <= self._room
            count = int(np.argmin(fits)) if not fits.all() else len(left)
            taken, left = left[:count], left[count:]
            self.chosen[taken] = True
            room -= int(mine[taken].sum())
            self._room -= int(self._sizes[taken].sum())

    def round_up(self) -> None:
        """Adds the group that leaves the least distance to the wanted share, if one does."""
        rest = np.flatnonzero(~self.chosen & (self._sizes > 0))
        if len(rest) < 2:
            return
        distances = np.abs(self._sizes[rest] - self._room)
        nearest = int(np.argmin(distances))
        if distances[nearest] < self._room or not self.chosen.any():
            self.chosen[rest[nearest]] = True


def _rounded(number: float) -> int:
    return int(np.floor(number + 0.5))


def time_test(moments: NDArray[np.float64], share: float) -> tuple[Mask, float]:
    """Which rows become test rows: the newest, and the first moment of the test set.

    Rows of one moment stay together; of the possible cuts the nearest to the share is taken, of
    two equally near ones the later. NaN (no time) is never in test. `DatasetError` if there are
    not two moments to cut between.
    """
    known = np.sort(moments[~np.isnan(moments)])
    firsts = np.flatnonzero(np.diff(known, prepend=-np.inf) > 0)[1:]
    if not len(firsts):
        raise DatasetError("the rows have fewer than two different times, so no time divides them")
    distances = np.abs((len(known) - firsts) - len(moments) * share)
    cut = known[firsts[len(firsts) - 1 - int(np.argmin(distances[::-1]))]]
    return moments >= cut, float(cut)


def components(count: int, left: Codes, right: Codes) -> Codes:
    """The component of each of `count` records under the links left[i] – right[i].

    For entities the links are the pairs that match (and records that share a declared entity).
    Candidate pairs that do not match must stay out: over them nearly all records hang together.
    Components are numbered from 0 in the order of their first record.
    """
    # An eighth of a second, which only those who link records pay.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    _, found = connected_components(graph, directed=False)
    _, firsts, codes = np.unique(found, return_index=True, return_inverse=True)
    ranks = np.argsort(np.argsort(firsts, kind="stable"), kind="stable")
    numbered: Codes = ranks[codes]
    return numbered
