"""How long to train, and in how large batches."""

from baselines.method import Settings

STEPS = 16  # in one pass over the training rows, at least: few rows use small batches
LARGEST_BATCH = 128  # AutoGluon's default: rows per weight update
AT_ONCE = 8  # AutoGluon's default: rows in memory at once
OVERHEAD = 0.1  # of the time limit, for setting up, saving and overruns
BACKWARD = 3.0  # cost of training on a row relative to predicting it


def batches(rows: int) -> tuple[int, int]:
    """Rows per weight update and rows read at once, for this many training rows. The last batch is
    never a single row, because networks need a variance.
    """
    size = min(max(rows // STEPS, 2), LARGEST_BATCH)
    together = min(size, AT_ONCE)
    whole = [number for number in range(2, AT_ONCE + 1) if rows % number != 1]
    return size, min(whole, key=lambda number: abs(number - together), default=together)


def seconds(predicted: int, trained: int, settings: Settings) -> float:
    """Seconds for training that leave enough time to predict this many rows. The reserve suffices
    for a network of any speed that trains for at least one pass.
    """
    share = BACKWARD * trained / (BACKWARD * trained + predicted)
    return (settings.remaining - OVERHEAD * settings.time_limit) * share
