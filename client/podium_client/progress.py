"""Progress of a transfer."""

from collections.abc import Callable

# Called with the transferred and the total bytes.
Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Report nothing."""
