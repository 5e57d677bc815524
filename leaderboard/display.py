"""How a score is rounded before participants see it. All arithmetic is decimal and exact."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from math import inf, isfinite

_LEADING_DIGITS = (Decimal(5), Decimal(2), Decimal(1))


def feedback_step(standard_error: float) -> float:
    """The step a task's scores are rounded to: the largest of 1, 2, 5 × 10^-k not above the error.

    ``standard_error`` is in the metric's units and must be finite and above 0 (ValueError).
    """
    if not isfinite(standard_error) or standard_error <= 0:
        raise ValueError(f"A feedback step needs a standard error above 0, not {standard_error}.")
    error = _decimal(standard_error)
    power = Decimal(1).scaleb(error.adjusted())
    return float(next(digit * power for digit in _LEADING_DIGITS if digit * power <= error))


def round_to_step(value: float, step: float, low: float = -inf, high: float = inf) -> float:
    """The multiple of ``step`` nearest to ``value``, the float that prints without noise (0.815).

    A value half-way between two multiples is rounded away from 0, as people round by hand.
    ``low`` and ``high`` are the ends of the metric's range: a multiple beyond them is replaced by
    the last one inside. (The ends of [0, 1] and [-1, 1] are multiples of every feedback step up to
    1, so only a metric such as log loss needs them.) Raises ValueError unless the value is finite,
    the step above 0 and a multiple of it in the range.
    """
    if not isfinite(value) or not isfinite(step) or step <= 0:
        raise ValueError(f"Cannot round {value} to steps of {step}.")
    exact_step = _decimal(step)
    multiple = (_decimal(value) / exact_step).to_integral_value(ROUND_HALF_UP)
    if isfinite(high):
        multiple = min(multiple, (_decimal(high) / exact_step).to_integral_value(ROUND_FLOOR))
    if isfinite(low):
        lowest = (_decimal(low) / exact_step).to_integral_value(ROUND_CEILING)
        if lowest > multiple and isfinite(high) and lowest * exact_step > _decimal(high):
            raise ValueError(f"No multiple of {step} lies between {low} and {high}.")
        multiple = max(multiple, lowest)
    return float(multiple * exact_step) + 0.0  # + 0.0 turns -0.0 into 0.0


def decimals(step: float) -> int:
    """How many digits after the point a multiple of ``step`` needs: 0.05 gives 2, 1 gives 0."""
    exponent = _decimal(step).normalize().as_tuple().exponent
    if not isinstance(exponent, int) or step <= 0:
        raise ValueError(f"A step must be a finite number above 0, not {step}.")
    return max(0, -exponent)


def noise_decimals(standard_error: float, most: int = 5) -> int:
    """How many digits after the point show the first two digits of a standard error.

    0.0123 gives 3, 1.5 gives 1, none more than ``most``. Digits beyond them are noise. Raises
    ValueError for an error that is not finite and above 0.
    """
    if not isfinite(standard_error) or standard_error <= 0:
        raise ValueError(f"Noise needs a standard error above 0, not {standard_error}.")
    return min(most, max(0, 1 - _decimal(standard_error).adjusted()))


def _decimal(value: float) -> Decimal:
    """The value to 12 significant digits: digits beyond that are floating-point noise."""
    return Decimal(f"{value:.11e}")
