"""Which files can be predictions, by their names and first bytes. Nothing is parsed.

The site refuses other files before it stores them, `python -m scoring` before it reads them.
"""

from __future__ import annotations

from scoring.messages import quoted
from scoring.result import Problem

SUFFIXES = (".csv", ".csv.gz", ".csv.zst", ".parquet")
"""How the names of predictions files end, in upper or lower case."""
HEAD_BYTES = 4
"""How many of the first bytes of a file tell its kind."""
_MAGIC = {".csv.gz": b"\x1f\x8b", ".csv.zst": b"\x28\xb5\x2f\xfd", ".parquet": b"PAR1"}


def suffix_of(name: str) -> str:
    """The accepted suffix that a file name has, or an empty text."""
    return next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")


def problem_of_name(name: str) -> Problem | None:
    """Why a file of that name is not accepted, or None."""
    if suffix_of(name):
        return None
    message = (
        f"{quoted(name)} is neither CSV nor Parquet. "
        f"Upload a file whose name ends in {', '.join(SUFFIXES)}."
    )
    return Problem("not_a_table", message)


def problem_of_file(name: str, head: bytes) -> Problem | None:
    """Why a file with this name and these first bytes is not accepted, or None."""
    if problem := problem_of_name(name):
        return problem
    if not head:
        return empty(name)
    for suffix, magic in _MAGIC.items():
        if (suffix_of(name) == suffix) != head.startswith(magic):
            message = f"{quoted(name)} is not what its name says. Check how it was written."
            return Problem("not_a_table", message)
    return None


def empty(name: str) -> Problem:
    """The problem of a file without a byte."""
    return Problem("empty_file", f"{quoted(name)} is empty. Choose a file with predictions.")
