"""Probabilities of a count at least as large as the one seen, without scipy."""

from math import comb, erfc, exp, lgamma, log, sqrt

_SMALLEST = 1e-17


def poisson_tail(count: int, mean: float) -> float:
    """Return the probability of at least `count` events where `mean` are expected."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if count <= mean:
        # The sum below converges from the mode upwards only.
        below = sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count))
        return min(1.0, max(0.0, 1.0 - below))
    term, total, k = 1.0, 1.0, count
    while term > _SMALLEST * total:
        k += 1
        term *= mean / k
        total += term
    return min(1.0, exp(count * log(mean) - mean - lgamma(count + 1)) * total)


def binomial_tail(count: int, tries: int, share: float) -> float:
    """Return the probability of at least `count` successes in `tries`, each with chance `share`."""
    chances = (
        comb(tries, k) * share**k * (1 - share) ** (tries - k) for k in range(count, tries + 1)
    )
    return min(1.0, sum(chances))


def normal_tail(deviations: float) -> float:
    """Return the probability of at least this many standard deviations above the mean."""
    return erfc(deviations / sqrt(2)) / 2
