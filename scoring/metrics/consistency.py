"""Threshold consistency: does one threshold treat all groups alike?

OPIS and eps-OPIS of Zhang et al. (ICLR 2024) over the utility curves of the groups of pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.metrics.confusion import Codes, Counts, Floats

Mask = npt.NDArray[np.bool_]

FAR = (0.01, 0.10)
"""The calibration range: the thresholds between these false accept rates over all pairs."""

GRID = 101
EPSILON = 0.10


@dataclass(frozen=True)
class Consistency:
    """The utility curves of T groups over G thresholds, and how far apart they are.

    `names` are the T groups with a positive and a negative pair, in the order of their codes;
    `thresholds` (G,) run from the false accept rate 10 % to 1 %, None without a negative pair;
    `utility` is (T, G), and `pairs` (T, 2) says how many negative and positive pairs it rests on.
    `opis` is in [0, 0.25], `eps_opis` and `eps_opis_mean` in [0, 1]; 0 is best, but a useless model
    has 0 too. They are None, with the `reason`, where undefined. `influence` (n,) belongs to
    `opis`, `eps_influence` (n,) to `eps_opis`.
    """

    names: tuple[str, ...]
    thresholds: Floats | None
    utility: Floats
    pairs: Floats
    opis: float | None
    eps_opis: float | None
    eps_opis_mean: float | None
    influence: Floats | None
    eps_influence: Floats | None
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

    Sources: U and OPIS follow a public implementation of the paper's definition; that eps-OPIS
    compares best and worst groups is reconstructed, and grid and range are rules of this project.
    The influence is that of the delta method, with the calibration range and, for eps-OPIS, the two
    sets of groups treated as fixed; the range, which depends on the same pairs, adds a little more.
    Raises ValueError for lengths that differ.
    """
    if not len(positive) == len(scores) == len(left) == len(right):
        raise ValueError("truth, scores and groups of the pairs differ in length")
    if limits is None:
        limits = calibration_range(positive, scores, far)
    if limits is None:
        return _undefined("no pair is negative", (), None, np.empty((0, grid)), np.empty((0, 2)))
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
        return _undefined(reason, used, thresholds, utility, rates.all)
    found = _Found(members, passed, rates, utility)
    return found.compared(used, thresholds, _best_and_worst(utility, used, epsilon))


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
    reason: str, names: tuple[str, ...], thresholds: Floats | None, utility: Floats, pairs: Floats
) -> Consistency:
    return Consistency(names, thresholds, utility, pairs, None, None, None, None, None, reason)


def _best_and_worst(utility: Floats, names: Sequence[str], epsilon: float) -> list[list[int]]:
    """The rows of the best and of the worst groups by mean utility, ties by name."""
    means = utility.mean(axis=1).tolist()
    order = sorted(range(len(names)), key=lambda row: (-means[row], names[row]))
    size = max(1, int(np.floor(epsilon * len(names))))
    return [order[:size], order[-size:]]


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

    def influence(self, passed: Counts, used: Counts, effects: Floats) -> Floats:
        """The influence of each pair (n,) from the effects on the groups that are used."""
        table = np.zeros((self.groups, 2, effects.shape[2]))
        table[used] = effects * self.pairs
        of_member = table.reshape(-1, table.shape[2])[self.slot, passed[self.pair]]
        return np.bincount(self.pair, of_member, self.pairs).astype(np.float64)


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

    def pooled(self, sets: list[list[int]]) -> _Rates:
        """The same of the summed counts of sets of the groups, given by their rows."""
        accepted = np.stack([self.accepted[rows].sum(axis=0) for rows in sets])
        return _Rates(np.arange(len(sets)), accepted, np.stack([self.all[r].sum(0) for r in sets]))


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


@dataclass(frozen=True)
class _Found:
    """What the two values are made from: `passed` (n,) thresholds, `utility` (T, G)."""

    members: _Members
    passed: Counts
    rates: _Rates
    utility: Floats

    def compared(
        self, names: tuple[str, ...], thresholds: Floats, sets: list[list[int]]
    ) -> Consistency:
        """Both measures: how far apart the groups are, and the best and the worst of them."""
        opis, influence = self.opis()
        eps_opis, eps_influence = self.between(sets)
        best, worst = (self.utility[rows].mean(axis=0) for rows in sets)
        return Consistency(
            names=names,
            thresholds=thresholds,
            utility=self.utility,
            pairs=self.rates.all,
            opis=opis,
            eps_opis=eps_opis,
            eps_opis_mean=float(np.mean((best - worst) ** 2)),
            influence=influence,
            eps_influence=eps_influence,
        )

    def opis(self) -> tuple[float, Floats]:
        """OPIS and its influence (n,)."""
        apart = self.utility - self.utility.mean(axis=0)
        # The mean over groups moves as well, but the deviations from it sum to 0.
        effects = _effects(self.rates, 2 * apart / apart.size)
        return float(np.mean(apart**2)), self._influence(effects)

    def between(self, sets: list[list[int]]) -> tuple[float, Floats]:
        """Mean squared distance of the pooled utilities of two sets of groups; influence (n,)."""
        pooled = self.rates.pooled(sets)
        best, worst = _utility(pooled.specificity, pooled.sensitivity)
        gap = best - worst
        effects = np.zeros((*self.rates.all.shape, len(gap) + 1))
        of_sets = _effects(pooled, np.stack((2 * gap, -2 * gap)) / len(gap))
        for rows, of_set in zip(sets, of_sets, strict=True):
            effects[rows] += of_set
        return float(np.mean(gap**2)), self._influence(effects)

    def _influence(self, effects: Floats) -> Floats:
        return self.members.influence(self.passed, self.rates.used, effects)


def _effects(rates: _Rates, pull: Floats) -> Floats:
    """How a pair moves a value through one group, (T, 2, G + 1), times 1/n.

    By outcome of the pair, negatives first, and number of thresholds that it passes. `pull` (T, G)
    is d value / d U. With dU/dphi = 2 psi^2 / (phi + psi)^2 and the like for psi, a positive pair
    moves psi by (accepted - psi) n / P, a negative one phi by (rejected - phi) n / N.
    """
    phi, psi = rates.specificity, rates.sensitivity
    total = np.maximum(phi + psi, np.finfo(np.float64).tiny)
    # Accepting a negative pair lowers the specificity.
    slope = np.stack((-2 * pull * (psi / total) ** 2, 2 * pull * (phi / total) ** 2), axis=1)
    base = np.sum(slope * np.stack((1 - phi, psi), axis=1), axis=2, keepdims=True)
    gained = np.concatenate((np.zeros_like(base), np.cumsum(slope, axis=2)), axis=2) - base
    effects: Floats = gained / rates.all[:, :, None]
    return effects
