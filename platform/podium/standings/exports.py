"""A board as a file: CSV, JSON and Parquet of what its page shows, in the page's order."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from podium.challenges.models import Aggregate, Task, Track
from podium.standings.board_rows import BoardRow
from podium.standings.boards import VisibleBoard
from podium.submissions.models import Part
from scoring import METRICS

# What spreadsheets take for the beginning of a formula, also in full width; and the apostrophe
# itself, so that whoever takes one off again has the text as it was.
_FORMULA = tuple("=+-@\t\r\n'＝＋－＠")
_CELL_DECIMALS = 3
_RANK_DECIMALS = 2
_ELO_DECIMALS = 0
_FINEST = 10
_NOT_ENTERED = {"score": None, "skill": None}
_TYPES = {
    "whole": pa.int64(),
    "number": pa.float64(),
    "text": pa.string(),
    "yes or no": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Column:
    """A column of a board's file: its type (a key of `_TYPES`), what it means, and its values."""

    name: str
    type: str
    words: str
    values: list[Any]


@dataclass(frozen=True)
class Form:
    """A form that boards come in: its media type, and how it is written."""

    content_type: str
    write: Callable[[Sequence[Column], dict[str, Any]], bytes]


def columns(subject: Task | Track, board: VisibleBoard, rows: Sequence[BoardRow]) -> list[Column]:
    """Return what the page shows of these rows of a board, every number rounded as it is there."""
    if isinstance(subject, Task):
        special = _of_task(board, rows)
    else:
        special = _of_track(subject, board, rows)
    found = [
        Column("rank", "whole", "Equal scores share one; baselines: none.", _each(rows, "rank")),
        Column("rank_low", "whole", "Best rank of the 95 % interval.", _each(rows, "rank_low")),
        Column("rank_high", "whole", "Worst rank of the 95 % interval.", _each(rows, "rank_high")),
        Column("team", "text", "The team's name.", [row.team.name for row in rows]),
        Column(
            "baseline", "yes or no", "A reference method, not ranked.", _each(rows, "is_baseline")
        ),
        *special,
        Column(
            "attempts", "whole", "Scored submissions, the withdrawn not counted.",
            [None if row.is_baseline else row.attempts for row in rows],
        ),
        Column(
            "improved_at", "time", "When the score was first reached, UTC.",
            _each(rows, "first_reached"),
        ),
    ]  # fmt: skip
    if any(row.rise is not None for row in rows):
        words = "By how many ranks the team rose at the reveal; below 0 it fell."
        found.insert(3, Column("rise", "whole", words, _each(rows, "rise")))
    return found


def about(subject: Task | Track, board: VisibleBoard, at: datetime | None) -> dict[str, Any]:
    """Return which board this is: whose, of which part, revision and time, in which steps."""
    names = {"challenge": subject.challenge.slug, "title": subject.title}
    if isinstance(subject, Task):
        metric = METRICS[subject.headline]
        names |= {"task": subject.slug}
        measured = {
            "name": metric.name,
            "title": metric.title,
            "higher_is_better": metric.higher_is_better,
        }
    else:
        names |= {"track": subject.kind}
        measured = {
            "name": subject.aggregate,
            "title": Aggregate(subject.aggregate).label,
            "higher_is_better": True,
        }
    return {
        **names,
        "part": str(board.part),
        "revision": board.revision,
        "at": _time(at),
        "frozen_since": _time(board.frozen_since),
        "metric": measured,
        "step": board.step,
        "decimals": board.decimals,
    }


def formula_safe(text: str) -> str:
    """Return a text that no spreadsheet runs: with an apostrophe before what may be a formula."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def _of_task(board: VisibleBoard, rows: Sequence[BoardRow]) -> list[Column]:
    apart = "Whether it can be told from the row above on the whole board; empty: not known."
    return [
        Column("method", "text", "As the team calls it.", _each(rows, "method")),
        *_scores(board, rows, "The headline metric"),
        Column("separable_from_above", "yes or no", apart, _each(rows, "separable")),
        Column(
            "nfr", "number", "Share of rows that the reference baseline has right and it wrong.",
            _rounded(rows, "nfr", _CELL_DECIMALS),
        ),
        Column(
            "opis", "number", "How unequally one threshold serves the groups of pairs; 0 is best.",
            _rounded(rows, "opis", _CELL_DECIMALS),
        ),
    ]  # fmt: skip


def _of_track(track: Track, board: VisibleBoard, rows: Sequence[BoardRow]) -> list[Column]:
    found = [
        *_scores(board, rows, Aggregate(track.aggregate).label),
        Column(
            "mean_rank", "number", "Mean of the ranks on the tasks, baselines among them.",
            _rounded(rows, "mean_rank", _RANK_DECIMALS),
        ),
        Column(
            "elo", "number", "Elo rating; the reference baseline has 1000.",
            _rounded(rows, "elo", _ELO_DECIMALS),
        ),
        Column(
            "elo_low", "number", "Lower end of its 95 % interval.",
            _rounded(rows, "elo_low", _ELO_DECIMALS),
        ),
        Column(
            "elo_high", "number", "Upper end of its 95 % interval.",
            _rounded(rows, "elo_high", _ELO_DECIMALS),
        ),
    ]  # fmt: skip
    by_task = [{cell["task"]: cell for cell in row.tasks} for row in rows]
    for task in track.tasks.all():
        cells = [cells.get(task.slug, _NOT_ENTERED) for cells in by_task]
        found += _of_cells(task, board, cells)
    return found


def _of_cells(task: Task, board: VisibleBoard, cells: list[Any]) -> list[Column]:
    """Return score and skill of a task; of one that was not entered there is no skill to tell."""
    # A public score is a multiple of its own task's step, which may be finer than the track's.
    decimals = board.decimals if board.part == Part.PRIVATE else _FINEST
    scores = [_round(cell["score"], decimals) for cell in cells]
    skills = [
        None if cell["score"] is None else _round(cell["skill"], _CELL_DECIMALS) for cell in cells
    ]
    words = f"{METRICS[task.headline].title} on {task.title}; empty: not entered."
    counts = f"Skill on {task.title}; empty: not entered, which counts 0, or left out for all."
    return [
        Column(f"score_{task.slug}", "number", words, scores),
        Column(f"skill_{task.slug}", "number", counts, skills),
    ]


def _scores(board: VisibleBoard, rows: Sequence[BoardRow], words: str) -> list[Column]:
    told = {
        "score": f"{words}, as displayed.",
        "low": "Lower end of its 95 % interval.",
        "high": "Upper end of its 95 % interval.",
    }
    return [
        Column(name, "number", text, _rounded(rows, name, board.decimals))
        for name, text in told.items()
    ]


def _each(rows: Sequence[BoardRow], name: str) -> list[Any]:
    return [getattr(row, name) for row in rows]


def _rounded(rows: Sequence[BoardRow], name: str, decimals: int) -> list[float | None]:
    return [_round(value, decimals) for value in _each(rows, name)]


def _round(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(float(value), decimals) + 0.0  # no zero has a sign


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _csv(table: Sequence[Column], about: dict[str, Any]) -> bytes:
    """Return the table as RFC 4180 has it: UTF-8, CRLF; the names of the columns come first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([formula_safe(column.name) for column in table])
    for row in zip(*(column.values for column in table), strict=True):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return formula_safe(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _time(value) if isinstance(value, datetime) else value


def _json(table: Sequence[Column], about: dict[str, Any]) -> bytes:
    names = [column.name for column in table]
    rows = [
        {
            name: _time(value) if isinstance(value, datetime) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in zip(*(column.values for column in table), strict=True)
    ]
    document = {**about, "columns": {column.name: column.words for column in table}, "rows": rows}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _parquet(table: Sequence[Column], about: dict[str, Any]) -> bytes:
    """Return the table typed; `podium` in the file's metadata says as JSON which board it is."""
    fields = [
        pa.field(column.name, _TYPES[column.type], metadata={"description": column.words})
        for column in table
    ]
    told = json.dumps(about, ensure_ascii=False)
    schema = pa.schema(fields, metadata={"podium": told})
    arrays = [
        pa.array(column.values, field.type) for column, field in zip(table, fields, strict=True)
    ]
    written = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), written, compression="zstd")
    return written.getvalue()


FORMS = {
    "csv": Form("text/csv; charset=utf-8", _csv),
    "json": Form("application/json", _json),
    "parquet": Form("application/vnd.apache.parquet", _parquet),
}
