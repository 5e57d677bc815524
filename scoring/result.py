"""What scoring returns: a result, the problems of a file, or a failure on our side.

All are frozen dataclasses that survive a round trip through JSON, because they cross the pipe
between the limited child process and the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Part = Literal["public", "private"]

ROWS_ARE = "Row 1 is the first row below the header."
"""What a row number in a problem means; a page or terminal says it once above the list."""


@dataclass(frozen=True)
class Problem:
    """One kind of fault of a submitted file, with its first rows and how often it occurs.

    `code` is stable and for programs, `message` is a text for the participant. `rows` holds the
    first row numbers (`ROWS_ARE`), empty if the problem is not in a row; `count` is the number
    of occurrences. No field ever depends on a private label.
    """

    code: str
    message: str
    rows: tuple[int, ...] = ()
    count: int = 1


@dataclass(frozen=True)
class Score:
    """One metric on one part of the test rows, with its 95 % interval.

    `value` is None where the metric is undefined, and `reason` then says why. `low`, `high` and
    `standard_error` are None where no closed form exists. `n` is the number of rows of the part.
    """

    part: Part
    metric: str
    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    n: int
    reason: str = ""


@dataclass(frozen=True)
class Scored:
    """The scores of a valid file.

    `rows` are the bytes of rows.npz (see `scoring.artefact`), `notes` what was tolerated in the
    file, `seconds` the time that reading, checking and scoring took. `diagnostics` explain the
    scores: the headline metric by slice, utility curves (see `scoring.diagnostics`) and the data
    behind the figures (see `scoring.diagnostics_figures`).
    """

    scores: tuple[Score, ...]
    rows: bytes
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    diagnostics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """A valid file that was only checked against public ids, so it has no scores."""

    notes: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Rejected:
    """All problems of an invalid file."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Failed:
    """Scoring failed on our side; `reason` is a text for operators."""

    reason: str


Outcome = Scored | Checked | Rejected | Failed


@dataclass(frozen=True)
class Limits:
    """What one child process may use for one file.

    `memory_bytes` counts on top of what the process maps when it starts, `wall_seconds` is
    measured from outside.
    """

    memory_bytes: int = 2 << 30
    cpu_seconds: int = 60
    wall_seconds: float = 120.0


def to_message(outcome: Outcome) -> tuple[dict[str, Any], bytes]:
    """The outcome as a JSON object and the bytes that follow it."""
    payload = outcome.rows if isinstance(outcome, Scored) else b""
    fields = asdict(outcome)
    fields.pop("rows", None)
    return {"outcome": type(outcome).__name__, **fields}, payload


def from_message(message: dict[str, Any], payload: bytes) -> Outcome:
    """The outcome that `to_message` wrote; raises KeyError or TypeError for anything else."""
    fields = dict(message)
    kind = fields.pop("outcome")
    if kind == "Scored":
        scores = tuple(Score(**score) for score in fields["scores"])
        notes, seconds = tuple(fields["notes"]), float(fields["seconds"])
        return Scored(scores, payload, notes, seconds, dict(fields["diagnostics"]))
    if kind == "Checked":
        return Checked(tuple(fields["notes"]), float(fields["seconds"]))
    if kind == "Rejected":
        return Rejected(tuple(_problem(**problem) for problem in fields["problems"]))
    if kind == "Failed":
        return Failed(str(fields["reason"]))
    raise KeyError(kind)


def _problem(code: str, message: str, rows: list[int], count: int) -> Problem:
    return Problem(code, message, tuple(rows), count)
