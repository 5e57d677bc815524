"""Findings about rows, and the words that messages share."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tabset.findings import Finding, Level

SHOWN_ROWS = 10
SHOWN_TEXTS = 5


def about_rows(
    level: Level,
    code: str,
    message: str,
    rows: NDArray[np.integer],
    *,
    table: str,
    column: str = "",
) -> Finding:
    """A finding about rows numbered from 0; it shows the first ones, numbered from 1."""
    shown = tuple(int(row) + 1 for row in rows[:SHOWN_ROWS])
    return Finding(level, code, message, table, column, shown, len(rows))


def some(texts: Iterable[str]) -> str:
    """The first few texts in quotes, and how many more there are."""
    listed: Sequence[str] = list(texts)
    shown = ", ".join(repr(text if len(text) <= 60 else f"{text[:60]}…") for text in listed[:5])
    more = len(listed) - SHOWN_TEXTS
    return f"{shown} and {more} more" if more > 0 else shown


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 row`, `2,000 rows`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
