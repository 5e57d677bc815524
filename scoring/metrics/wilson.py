"""Wilson's interval of a share, which other intervals fall back on at the ends of a range."""

from __future__ import annotations

import numpy as np

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(share: float, trials: float, z: float = Z) -> tuple[float, float]:
    """Wilson's score interval (1927) of a share of 0/1 trials, inside [0,1]."""
    z2 = z * z
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials * trials)
    half = z * float(np.sqrt(spread)) / (1 + z2 / trials)
    # The ends at 0 and 1 are exact; the formula would leave rounding noise there.
    low = 0.0 if share == 0 else max(0.0, centre - half)
    high = 1.0 if share == 1 else min(1.0, centre + half)
    return low, high
