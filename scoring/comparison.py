"""Two submissions on the same rows: flips and McNemar's test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, chdtrc

Hits = npt.NDArray[np.bool_]


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
