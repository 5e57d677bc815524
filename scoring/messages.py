"""The wording of problems: the first rows with their values, a count for the rest, and advice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring.result import Problem

SHOWN = 20
"""How many occurrences of one kind of problem are named."""
_LONGEST = 40


def shorten(value: str) -> str:
    """The value in one line of at most 40 characters, control characters made visible."""
    # Only the start is looked at: a hostile cell may hold megabytes.
    start = value[: _LONGEST + 1]
    if len(start) > _LONGEST:
        start = start[: _LONGEST - 1] + "…"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in start)


def quoted(value: str) -> str:
    """The shortened value between backticks, as values appear in messages.

    Backticks within it are replaced: pages set as code what is between two of them.
    """
    return f"`{shorten(value).replace('`', chr(39))}`" if value else "(empty)"


def names(values: Sequence[str]) -> str:
    """The first values in backticks, and how many more there are."""
    listed = ", ".join(quoted(value) for value in values[:SHOWN])
    rest = len(values) - SHOWN
    return f"{listed} and {rest} more" if rest > 0 else listed


def listing(
    code: str,
    one: str,
    many: str,
    advice: str,
    rows: Sequence[int] | npt.NDArray[np.int64],
    shown: Sequence[str],
) -> Problem:
    """One problem for all rows that share a fault.

    `one` completes "Row 17: …" around a value ("has {}"), `many` completes "12 …" ("rows have
    another length"). `rows` are all row numbers; `shown` are the first values, at most SHOWN.
    """
    count = len(rows)
    first = tuple(int(row) for row in rows[:SHOWN])
    if count == 1:
        return Problem(code, f"Row {first[0]}: {one.format(shown[0])}. {advice}", first, 1)
    named = "; ".join(f"row {row}: {value}" for row, value in zip(first, shown, strict=False))
    rest = f"; and {count - len(first)} more" if count > len(first) else ""
    return Problem(code, f"{count} {many}. {advice} They are {named}{rest}.", first, count)
