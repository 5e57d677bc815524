"""What scoring returns: a result, the problems of a file, or a failure on our side.

All are frozen dataclasses that survive a round trip through JSON, because they cross the pipe
between the limited child process and the caller.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Part = Literal["public", "private"]

BYTE_ORDER_MARK = "The byte order mark at the start of the file was ignored."
BLANK_LINES = "Blank lines at the end of the file were ignored."
READ_AS = {
    name: f"A column was read as `{name}`, whatever its capitals."
    for name in ("id", "prediction", "score")
}
NOTES = frozenset({BYTE_ORDER_MARK, BLANK_LINES, *READ_AS.values()})
"""All that is ever noted about a valid file. None of it quotes the file."""

MOST_TEXT = 20_000
"""Most characters of a text that a limited process may answer with."""

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
    """A valid file that was only checked against public ids, so it has no scores.

    `arrays` are what it says of every row (see `scoring.arrays`), if that was asked for.
    """

    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    arrays: bytes = b""


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
class Died:
    """How a limited process ended without an outcome."""

    kind: Literal["memory", "time", "crash", "exit"]
    detail: str

    @property
    def is_odd(self) -> bool:
        """Whether it died of something else than its limits, so that it may have been attacked."""
        return self.kind in ("crash", "exit")


@dataclass(frozen=True)
class Limits:
    """What one child process may use for one file.

    `memory_bytes` counts on top of what the process maps when it starts, `wall_seconds` is
    measured from outside.
    """

    memory_bytes: int = 2 << 30
    cpu_seconds: int = 60
    wall_seconds: float = 120.0


def to_message(outcome: Outcome | Died) -> tuple[dict[str, Any], bytes]:
    """The outcome as a JSON object and the bytes that follow it."""
    fields = asdict(outcome)
    payload = fields.pop("rows", b"") + fields.pop("arrays", b"")
    return {"outcome": type(outcome).__name__, **fields}, payload


def from_message(message: dict[str, Any], payload: bytes) -> Outcome | Died:
    """The outcome that `to_message` wrote; KeyError, TypeError or ValueError for anything else.

    A process that was taken over may write any message, so types, lengths and words are checked.
    """
    fields = dict(message)
    kind = fields.pop("outcome")
    if kind == "Scored":
        scores = tuple(_score(**score) for score in _list(fields["scores"]))
        notes, seconds = _notes(fields["notes"]), _number(fields["seconds"])
        return Scored(scores, payload, notes, seconds, dict(fields["diagnostics"]))
    if kind == "Checked":
        return Checked(_notes(fields["notes"]), _number(fields["seconds"]), payload)
    if kind == "Rejected":
        problems = tuple(_problem(**problem) for problem in _list(fields["problems"]))
        if not problems:
            raise ValueError("a file was rejected without a problem")
        return Rejected(problems)
    if kind == "Failed":
        return Failed(_text(fields["reason"]))
    if kind == "Died":
        return Died(fields["kind"], _text(fields["detail"]))
    raise KeyError(kind)


def _score(
    *,
    part: Part,
    metric: str,
    value: float | None,
    low: float | None,
    high: float | None,
    standard_error: float | None,
    n: int,
    reason: str,
) -> Score:
    if part not in ("public", "private"):
        raise ValueError("a score belongs to no part")
    bounds = [None if each is None else _number(each) for each in (low, high, standard_error)]
    found = None if value is None else _number(value)
    return Score(
        part, _text(metric), found, bounds[0], bounds[1], bounds[2], _count(n), _text(reason)
    )


def _problem(code: str, message: str, rows: list[int], count: int) -> Problem:
    numbers = tuple(_count(row) for row in _list(rows))
    return Problem(_text(code), _text(message), numbers, _count(count))


def _notes(notes: list[str]) -> tuple[str, ...]:
    if not NOTES.issuperset(_list(notes)):
        raise ValueError("a note has other words than notes have")
    return tuple(notes)


def _text(value: str) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise TypeError("no text, or a long one")
    return value


def _list(value: list[Any]) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _count(value: int) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise TypeError("no count")
    return value


def _number(value: float) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise TypeError("no number")
    return float(value)
