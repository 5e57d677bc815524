"""How long to train, and in how large batches."""

from baselines.method import Settings

STEPS = 16  # in one pass over the training rows, at least: few rows come in small batches
LARGEST_BATCH = 128  # AutoGluon's own, whose weights are changed once
AT_ONCE = 8  # AutoGluon's own: rows that are in memory together
OVERHEAD = 0.1  # of the time limit, for setting up, saving and what overruns
BACKWARD = 3.0  # what training on a row costs beside predicting one


def batches(rows: int) -> tuple[int, int]:
    """For so many training rows: those for which weights change once, and those read at once.

    The last ones read are never a single row, of which networks cannot take the variance.
    """
    size = min(max(rows // STEPS, 2), LARGEST_BATCH)
    together = min(size, AT_ONCE)
    whole = [number for number in range(2, AT_ONCE + 1) if rows % number != 1]
    return size, min(whole, key=lambda number: abs(number - together), default=together)


def seconds(predicted: int, trained: int, settings: Settings) -> float:
    """Seconds for training, so that what is left suffices to predict so many rows.

    It is at least what one pass over the training rows leaves, whatever the network's speed.
    """
    share = BACKWARD * trained / (BACKWARD * trained + predicted)
    return (settings.remaining - OVERHEAD * settings.time_limit) * share
