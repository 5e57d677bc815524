"""Threshold consistency: does one threshold treat all groups alike?

OPIS and eps-OPIS of Zhang et al. (ICLR 2024) over the utility curves of the groups of pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.metrics.measured import Codes, Floats

Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

FAR = (0.01, 0.10)
"""The calibration range: the thresholds between these false accept rates over all pairs."""

GRID = 101
EPSILON = 0.10


@dataclass(frozen=True)
class Consistency:
    """The utility curves of T groups over G thresholds, and how far they lie apart.

    `names` are the T groups with a positive and a negative pair, in the order of their codes;
    `thresholds` (G,) run from the false accept rate 10 % to 1 %, None without a negative pair;
    `utility` is (T, G). `opis` is in [0, 0.25], `eps_opis` and `eps_opis_mean` in [0, 1]; 0 is
    best, but also what a useless model has. They are None, with the `reason`, where undefined.
    `influence` (n,) belongs to `opis`.
    """

    names: tuple[str, ...]
    thresholds: Floats | None
    utility: Floats
    opis: float | None
    eps_opis: float | None
    eps_opis_mean: float | None
    influence: Floats | None
    reason: str = ""


def consistency(
    positive: Mask,
    scores: Floats,
    left: Codes,
    right: Codes,
    names: Sequence[str],
    *,
    far: tuple[float, float] = FAR,
    grid: int = GRID,
    epsilon: float = EPSILON,
    limits: tuple[float, float] | None = None,
) -> Consistency:
    """OPIS, eps-OPIS and utility curves of n pairs.

    `left` and `right` (n,) are the codes into `names` of the groups of a pair's two records; a
    pair belongs to both, once where they are equal. A pair is accepted where score >= threshold.
    The thresholds are t_lo + (t_hi - t_lo) g / (grid - 1), from t_lo and t_hi, the 1 - far[1] and
    1 - far[0] quantiles (linear) of the negative scores; `limits` fixes t_lo and t_hi instead.

    With specificity phi_i and sensitivity psi_i of group i: U_i = 2 phi_i psi_i / (phi_i + psi_i),
    0 where both are 0. OPIS is the mean of (U_i - mean over groups)^2 over groups and thresholds.
    eps-OPIS is the mean over thresholds of (U of the best groups - U of the worst)^2, each
    max(1, floor(epsilon T)) groups by mean U, ties by name; U of a set is made from its summed
    counts, or in `eps_opis_mean` is the mean of its U_i.

    Sources: U and OPIS as in a public implementation of the paper's definition; that eps-OPIS
    compares best and worst groups is reconstructed, and grid and range are rules of this project.
    The influence is that of the delta method with the calibration range taken as fixed. Raises
    ValueError for lengths that differ.
    """
    if not len(positive) == len(scores) == len(left) == len(right):
        raise ValueError("truth, scores and groups of the pairs differ in length")
    if limits is None:
        limits = calibration_range(positive, scores, far)
    if limits is None:
        return _undefined((), None, np.empty((0, grid)), "no pair is negative")
    low, high = limits
    thresholds = low + (high - low) * np.arange(grid) / (grid - 1)
    members = _Members.of(positive, left, right, len(names))
    # A pair is accepted at the first `passed` thresholds.
    passed = np.searchsorted(thresholds, scores, side="right")
    rates = _rates(members, passed, grid)
    used = tuple(names[code] for code in rates.used)
    utility = _utility(rates.specificity, rates.sensitivity)
    if len(used) < 2:
        reason = "fewer than two groups have positive and negative pairs"
        return _undefined(used, thresholds, utility, reason)
    size = max(1, int(np.floor(epsilon * len(used))))
    order = sorted(range(len(used)), key=lambda row: (-utility[row].mean(), used[row]))
    best, worst = order[:size], order[-size:]
    pooled = [_utility(*rates.pooled(rows)) for rows in (best, worst)]
    means = [utility[rows].mean(axis=0) for rows in (best, worst)]
    return Consistency(
        names=used,
        thresholds=thresholds,
        utility=utility,
        opis=float(np.mean((utility - utility.mean(axis=0)) ** 2)),
        eps_opis=float(np.mean((pooled[0] - pooled[1]) ** 2)),
        eps_opis_mean=float(np.mean((means[0] - means[1]) ** 2)),
        influence=_influence(members, passed, rates, utility),
    )


def calibration_range(
    positive: Mask, scores: Floats, far: tuple[float, float] = FAR
) -> tuple[float, float] | None:
    """The thresholds with the larger and the smaller false accept rate; None without negatives."""
    negatives = scores[~positive]
    if not len(negatives):
        return None
    low, high = np.quantile(negatives, [1 - far[1], 1 - far[0]])
    return float(low), float(high)


def _undefined(
    names: tuple[str, ...], thresholds: Floats | None, utility: Floats, reason: str
) -> Consistency:
    return Consistency(names, thresholds, utility, None, None, None, None, reason)


@dataclass(frozen=True)
class _Members:
    """Which pair belongs to which group.

    `pair` (m,) is the row of a pair, `slot` (m,) is 2 * group code + positive.
    """

    pair: Counts
    slot: Counts
    pairs: int
    groups: int

    @classmethod
    def of(cls, positive: Mask, left: Codes, right: Codes, groups: int) -> _Members:
        crossing = np.flatnonzero(left != right)
        pair = np.concatenate((np.arange(len(left)), crossing))
        slot = 2 * np.concatenate((left, right[crossing])).astype(np.int64) + positive[pair]
        return cls(pair, slot, len(left), groups)


@dataclass(frozen=True)
class _Rates:
    """Of the T usable groups: codes (T,), accepted and all negatives and positives.

    `accepted` is (T, 2, G) and `all` (T, 2), negatives first.
    """

    used: Counts
    accepted: Floats
    all: Floats

    @property
    def specificity(self) -> Floats:
        """1 - false accept rate, (T, G)."""
        share: Floats = 1 - self.accepted[:, 0] / self.all[:, 0, None]
        return share

    @property
    def sensitivity(self) -> Floats:
        """1 - false reject rate, (T, G)."""
        share: Floats = self.accepted[:, 1] / self.all[:, 1, None]
        return share

    def pooled(self, rows: list[int]) -> tuple[Floats, Floats]:
        """Specificity and sensitivity (G,) of the summed counts of some of the groups."""
        accepted, total = self.accepted[rows].sum(axis=0), self.all[rows].sum(axis=0)
        return 1 - accepted[0] / total[0], accepted[1] / total[1]


def _rates(members: _Members, passed: Counts, grid: int) -> _Rates:
    cells = np.bincount(
        members.slot * (grid + 1) + passed[members.pair],
        minlength=2 * members.groups * (grid + 1),
    ).reshape(members.groups, 2, grid + 1)
    # Accepted at threshold g are the pairs that passed more than g thresholds.
    accepted = np.cumsum(cells[:, :, ::-1], axis=2)[:, :, ::-1].astype(np.float64)
    used = np.flatnonzero((accepted[:, :, 0] > 0).all(axis=1))
    return _Rates(used, accepted[used, :, 1:], accepted[used, :, 0])


def _utility(specificity: Floats, sensitivity: Floats) -> Floats:
    total = specificity + sensitivity
    return np.divide(
        2 * specificity * sensitivity, total, out=np.zeros_like(total), where=total > 0
    )


def _influence(members: _Members, passed: Counts, rates: _Rates, utility: Floats) -> Floats:
    """The influence of each pair on OPIS, (n,).

    dOPIS/dU_i(t) = 2 (U_i - mean) / (T G); dU/dphi = 2 psi^2 / (phi + psi)^2 and the like for psi;
    a positive pair moves psi_i by (accepted - psi_i) n / P_i, a negative one phi_i by
    (rejected - phi_i) n / N_i.
    """
    phi, psi = rates.specificity, rates.sensitivity
    total = np.maximum(phi + psi, np.finfo(np.float64).tiny)
    pull = 2 * (utility - utility.mean(axis=0)) / utility.size
    # By outcome, negatives first; accepting a negative pair lowers the specificity.
    slope = np.stack((-pull * 2 * (psi / total) ** 2, pull * 2 * (phi / total) ** 2), axis=1)
    base = np.sum(slope * np.stack((1 - phi, psi), axis=1), axis=2, keepdims=True)
    gained = np.concatenate((np.zeros_like(base), np.cumsum(slope, axis=2)), axis=2) - base
    table = np.zeros((members.groups, 2, gained.shape[2]))
    table[rates.used] = gained * (members.pairs / rates.all[:, :, None])
    of_member = table.reshape(-1, table.shape[2])[members.slot, passed[members.pair]]
    return np.bincount(members.pair, of_member, members.pairs).astype(np.float64)
