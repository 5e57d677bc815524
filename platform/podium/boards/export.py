"""Export a board as CSV, JSON or Parquet, with the values and order of its page."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from podium.boards.columns import Column, file_columns
from podium.challenges.models import Aggregate, Task, Track
from podium.standings.rows import BoardRow
from podium.standings.visible import VisibleBoard
from scoring import METRICS

# Characters that may start a formula in spreadsheets, also in full width; and the apostrophe
# itself, so that removing one apostrophe always restores the original text.
_FORMULA = tuple("=+-@\t\r\n'＝＋－＠")
_TYPES = {
    "whole": pa.int64(),
    "number": pa.float64(),
    "text": pa.string(),
    "yes or no": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
}


Table = list[tuple[Column, list[object]]]  # columns with their values


@dataclass(frozen=True)
class Form:
    """A file format for boards: its media type, and the function that writes it."""

    content_type: str
    write: Callable[[Table, dict[str, object]], bytes]


def table(subject: Task | Track, board: VisibleBoard, rows: Sequence[BoardRow]) -> Table:
    """Return what the page shows of these rows of a board, with numbers rounded as on the page."""
    return [
        (column, [column.rounded(row, board) for row in rows])
        for column in file_columns(subject, rows)
    ]


def about(subject: Task | Track, board: VisibleBoard, at: datetime | None) -> dict[str, object]:
    """Return the metadata of a board: its subject, part, revision, time, metric and step."""
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
    """Return the text, with an apostrophe in front if a spreadsheet might run it as a formula."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _csv(table: Table, about: dict[str, object]) -> bytes:
    """Return the table as RFC 4180 CSV, in UTF-8 with CRLF, with the column names first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([formula_safe(column.name) for column, _ in table])
    for row in zip(*(values for _, values in table), strict=True):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return formula_safe(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _time(value) if isinstance(value, datetime) else value


def _json(table: Table, about: dict[str, object]) -> bytes:
    names = [column.name for column, _ in table]
    rows = [
        {
            name: _time(value) if isinstance(value, datetime) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in zip(*(values for _, values in table), strict=True)
    ]
    words = {column.name: column.words for column, _ in table}
    document = {**about, "columns": words, "rows": rows}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _parquet(table: Table, about: dict[str, object]) -> bytes:
    """Return the table as typed Parquet; `podium` in its metadata describes the board as JSON."""
    fields = [
        pa.field(column.name, _TYPES[column.type], metadata={"description": column.words})
        for column, _ in table
    ]
    description = json.dumps(about, ensure_ascii=False)
    schema = pa.schema(fields, metadata={"podium": description})
    arrays = [
        pa.array(values, field.type) for (_, values), field in zip(table, fields, strict=True)
    ]
    written = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), written, compression="zstd")
    return written.getvalue()


FORMS = {
    "csv": Form("text/csv; charset=utf-8", _csv),
    "json": Form("application/json", _json),
    "parquet": Form("application/vnd.apache.parquet", _parquet),
}
