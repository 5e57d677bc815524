"""Two submissions on the same rows: flips, McNemar's test, and the difference of a metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, chdtrc, ndtr

from scoring.intervals import Units, standard_error

Hits = npt.NDArray[np.bool_]
Rows = Mapping[str, npt.NDArray[Any]]
"""The arrays of one submission's rows.npz, as `scoring.artefact` describes them."""

_NEAR = 1e-12


@dataclass(frozen=True)
class Flips:
    """Flip rates over all rows: `nfr` right to wrong, `pfr` wrong to right, and both error rates.

    `rel_nfr` = nfr / ((1 - er_old) er_new): 1 for independent errors, 0 where the denominator
    is 0.
    """

    nfr: float
    pfr: float
    er_old: float
    er_new: float
    rel_nfr: float


def flips(old: Hits, new: Hits) -> Flips:
    """Flip rates between an old and a new submission, given which rows each has right, (n,).

    Yan et al. 2021 (positive-congruent training); the denominator is all n >= 1 rows.
    """
    nfr, pfr = float(np.mean(old & ~new)), float(np.mean(~old & new))
    er_old, er_new = float(np.mean(~old)), float(np.mean(~new))
    independent = (1 - er_old) * er_new
    return Flips(nfr, pfr, er_old, er_new, nfr / independent if independent else 0.0)


@dataclass(frozen=True)
class McNemar:
    """`b` rows only A has right, `c` rows only B; exact, mid-p and chi-square p-values."""

    b: int
    c: int
    p_exact: float
    p_mid: float
    chi2_cc: float
    p_chi2_cc: float


def mcnemar(a: Hits, b: Hits) -> McNemar:
    """McNemar's test of equal accuracy on the rows that A and B have right, both (n,).

    p_exact = min(1, 2 P[Bin(b+c, 1/2) <= min(b, c)]); the chi-square is corrected for continuity
    and clipped at 0; with b + c = 0 every p is 1.
    """
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(~a & b))
    n, least = only_a + only_b, min(only_a, only_b)
    if n == 0:
        return McNemar(0, 0, 1.0, 1.0, 0.0, 1.0)
    below = float(bdtr(least, n, 0.5))
    at = below - (float(bdtr(least - 1, n, 0.5)) if least else 0.0)
    chi2 = max(abs(only_a - only_b) - 1, 0) ** 2 / n
    exact, mid = min(1.0, 2 * below), min(1.0, 2 * below - at)
    return McNemar(only_a, only_b, exact, mid, chi2, float(chdtrc(1, chi2)))


@dataclass(frozen=True)
class Difference:
    """The difference `delta` = new - old of a metric, its standard error, z = delta / SE and p.

    What cannot be computed is None, with the `reason`.
    """

    delta: float | None = None
    standard_error: float | None = None
    z: float | None = None
    p: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Comparison:
    """An old and a new submission on n rows.

    `flips` and `mcnemar` (A is the old one) are None, with the reason `no_flips`, if one of them
    makes no decision. `grouped` says that rows depend on each other: McNemar's counts remain valid,
    its p-values do not.
    """

    n: int
    grouped: bool
    flips: Flips | None
    mcnemar: McNemar | None
    no_flips: str
    difference: Difference

    def p_value(self, headline: str) -> float | None:
        """The p-value of equal headline metrics, or None.

        McNemar's exact one for accuracy on rows that do not depend on each other, otherwise that
        of z; neither has the floor of a resampling test.
        """
        if headline == "accuracy" and self.mcnemar is not None and not self.grouped:
            return self.mcnemar.p_exact
        return self.difference.p


def compare(
    old: Rows,
    new: Rows,
    values: tuple[float | None, float | None],
    groups: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
) -> Comparison:
    """How two submissions to one solution version differ on a part.

    `values` are the headline metric of the old and the new one on the part; `groups` (N,) are the
    solution's group codes and `rows` (n,) the indices of the part, n >= 1. Raises ValueError for
    artefacts of another length and for a part without rows.
    """
    if not len(old["hit"]) == len(new["hit"]) == len(groups):
        raise ValueError("the two submissions and the solution differ in their number of rows")
    if len(rows) == 0:
        raise ValueError("the part has no rows")
    part = groups[rows]
    hits = [which["hit"][rows] for which in (old, new)]
    silent = [name for name, hit in zip(("old", "new"), hits, strict=True) if (hit < 0).any()]
    right = [hit == 1 for hit in hits]
    reason = f"the {' and the '.join(silent)} submission has no decision" if silent else ""
    return Comparison(
        n=len(rows),
        grouped=len(np.unique(part)) < len(part),
        flips=None if silent else flips(*right),
        mcnemar=None if silent else mcnemar(*right),
        no_flips=reason,
        difference=paired_difference(
            values, (old["influence"][rows], new["influence"][rows]), part
        ),
    )


def paired_difference(
    values: tuple[float | None, float | None],
    influences: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    groups: npt.NDArray[np.int64],
) -> Difference:
    """The z-test of one metric of two submissions on the same n rows, old before new.

    SE is that of the mean of the differences of the two influence values of a row (n,), NaN where
    the metric has none, summed by group (n,) with the factor G / (G - 1) of the jackknife. Two-
    sided p = 2 P[N(0, 1) <= -|z|]; two submissions without any difference have z = 0 and p = 1.
    """
    old, new = values
    if old is None or new is None:
        return Difference(reason="the metric is undefined")
    delta = new - old
    moved = influences[1] - influences[0]
    if np.isnan(moved).any():
        return Difference(delta, reason="the metric has no closed-form standard error")
    sums = Units.of(groups).sums(moved)
    if len(sums) < 2:
        return Difference(delta, reason="all rows belong to one group")
    error = standard_error(sums, len(groups))
    if error > _NEAR:
        z = delta / error
        return Difference(delta, error, z, float(2 * ndtr(-abs(z))))
    if abs(delta) > _NEAR:
        return Difference(delta, reason="the rows do not vary, so there is no standard error")
    return Difference(delta, 0.0, 0.0, 1.0)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's adjusted p-values in the given order; None stays None and does not count.

    The i-th smallest of m times m - i + 1, never below that of a smaller one, at most 1. Holm 1979.
    """
    known = [(p, place) for place, p in enumerate(p_values) if p is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    so_far = 0.0
    for before, (p, place) in enumerate(sorted(known)):
        so_far = max(so_far, min(1.0, p * (len(known) - before)))
        adjusted[place] = so_far
    return adjusted
