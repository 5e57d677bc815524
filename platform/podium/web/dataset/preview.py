"""Rows of a data set version as its page shows them, and small pictures of its images."""

import datetime as dt
import io
from collections.abc import Iterable, Iterator
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.cache import caches
from PIL import Image, ImageOps

from podium import files
from podium.catalog.models import DatasetVersion, Kind
from podium.web.base.presenters import Context
from podium.web.dataset.differences import mark

PAGE_ROWS = 25
MOST_COLUMNS = 40
MOST_CHARACTERS = 240
MOST_ITEMS = 12
THUMBNAIL = (96, 96)
# Colours take four bytes a pixel, so a large image is made smaller before they are made.
BEFORE_COLOURS = (768, 768)
KEPT_SECONDS = 3600
BATCH_ROWS = 4096


class NoSuchPage(Exception):
    """The table or the page does not exist."""


def tables(version: DatasetVersion) -> list[str]:
    """Return the tables that can be looked at, the training rows first."""
    return list(version.facts["rows"])


def preview(
    version: DatasetVersion, table: str, page: int, rows: int = PAGE_ROWS
) -> dict[str, object]:
    """Return one page of a table: `rows` with their fields, and where in the table they stand.

    The fields of a pair hold the cells of both records. Long texts and wide tables are cut; the
    page says so. Raises NoSuchPage.
    """
    if table not in tables(version) or page < 1:
        raise NoSuchPage
    total = int(version.facts["rows"][table])
    with files.public().open(str(version.folder / f"{table}.parquet")) as handle:
        source = pq.ParquetFile(handle)
        names = source.schema_arrow.names
        shown = _rows(source, shown_columns(names), (page - 1) * rows, rows)
    context = page_of(version, table, page, rows, shown=shown, total=total)
    return {**context, "hidden_columns": len(names) - shown.num_columns}


def page_of(
    version: DatasetVersion, table: str, page: int, rows: int, *, shown: pa.Table, total: int
) -> Context:
    """Return what a page shows of its rows, of `total` ones in all. Raises NoSuchPage."""
    pages = max(1, -(-total // rows))
    if page > pages:
        raise NoSuchPage
    is_pair = version.kind == Kind.MATCHING and table in {"train", "test"}
    found = records(version, table, shown)
    return {
        "table": table,
        "is_pair": is_pair,
        "rows": pairs(found) if is_pair else found,
        "first": (page - 1) * rows + 1 if total else 0,
        "last": min(page * rows, total),
        "total": total,
        "page": page,
        "pages": pages,
    }


def thumbnail(version: DatasetVersion, file: str) -> bytes:
    """Return the JPEG of an image of the version, at most 96 pixels wide and high.

    Raises FileNotFoundError if the version has no such image.
    """
    facts = version.facts["files"].get(f"images/{file}")
    if facts is None:
        raise FileNotFoundError(file)
    key = f"thumbnail-{facts['sha256']}"
    small: bytes | None = caches["pages"].get(key)
    if small is None:
        with files.public().open(str(version.folder / "images" / file)) as handle:
            small = _made_small(handle)
        caches["pages"].set(key, small, KEPT_SECONDS)
    return small


def _made_small(handle: IO[bytes]) -> bytes:
    with Image.open(handle) as image:
        image.draft("RGB", THUMBNAIL)
        is_plain = image.mode in {"L", "RGB", "RGBA"}  # others have no colours to mix
        way = Image.Resampling.BICUBIC if is_plain else Image.Resampling.NEAREST
        image.thumbnail(BEFORE_COLOURS, way)
        small = ImageOps.contain(image.convert("RGBA"), THUMBNAIL)
    ground = Image.new("RGB", small.size, "white")
    ground.paste(small, mask=small.getchannel("A"))
    written = io.BytesIO()
    ground.save(written, "JPEG", quality=85)
    return written.getvalue()


def shown_columns(names: list[str]) -> list[str]:
    """Return the first columns, and the label wherever it stands."""
    return [name for place, name in enumerate(names) if place < MOST_COLUMNS or name == "label"]


def _rows(source: pq.ParquetFile, names: list[str], start: int, rows: int) -> pa.Table:
    """Return the rows of one page, reading only the row groups that hold them."""
    groups = [(group, at) for group, at, count in _groups(source) if at + count > start]
    if not groups:
        return source.schema_arrow.empty_table().select(names)
    wanted, offset = [group for group, _ in groups], groups[0][1]
    parts = []
    for batch in source.iter_batches(BATCH_ROWS, wanted, names, use_threads=False):
        first, last = max(start - offset, 0), min(start + rows - offset, batch.num_rows)
        if first < last:
            parts.append(batch.slice(first, last - first))
        offset += batch.num_rows
        if offset >= start + rows:
            break
    return pa.Table.from_batches(parts)


def _groups(source: pq.ParquetFile) -> Iterator[tuple[int, int, int]]:
    offset = 0
    for group in range(source.num_row_groups):
        count = source.metadata.row_group(group).num_rows
        yield group, offset, count
        offset += count


def _types(version: DatasetVersion, table: str) -> dict[str, str]:
    columns = version.facts.get("records", {}).get(table, version.facts["columns"])
    return {column["name"]: column["type"] for column in columns}


def records(version: DatasetVersion, table: str, shown: pa.Table) -> list[Context]:
    """Return rows of a table: each its id, its label (None where there is none), other cells.

    `word` is the label as people call it.
    """
    types, words = _types(version, table), label_words(version)
    found = []
    for row in shown.to_pylist():
        cells = [
            {"name": name, **_cell(value, types[name])}
            for name, value in row.items()
            if name in types
        ]
        key = row.get("id", row.get("record_id"))
        label = row.get("label")
        word = words.get(label, label)
        found.append({"id": key, "label": label, "word": word, "fields": cells})
    return found


def label_words(version: DatasetVersion) -> dict[str, str]:
    """Return what people call the labels of pairs; a class is called by its own name."""
    if version.kind != Kind.MATCHING:
        return {}
    facts = version.facts
    return {facts["positive_label"]: "match", facts["negative_label"]: "no match"}


def pairs(rows: Iterable[Context]) -> list[Context]:
    """Return rows as pairs: the cells of both records side by side, their differences marked."""
    return [_pair(row) for row in rows]


def _pair(row: Context) -> Context:
    sides: dict[str, Context] = {}
    for cell in row["fields"]:
        side, _, name = cell["name"].partition("_")
        sides.setdefault(name, {"name": name})[side] = cell
    return {**row, "fields": [mark(field) for field in sides.values()]}


def _cell(value: object, kind: str) -> dict[str, object]:
    if value is None:
        return {"type": kind, "missing": True}
    if kind == "image":
        return {"type": kind, "file": str(value).removeprefix("images/")}
    text = _text(value)
    return {"type": kind, "text": text[:MOST_CHARACTERS], "cut": len(text) > MOST_CHARACTERS}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}" if not value.is_integer() or abs(value) >= 1e15 else str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, list):
        more = len(value) - MOST_ITEMS
        return ", ".join(map(str, value[:MOST_ITEMS])) + (f" and {more} more" if more > 0 else "")
    return str(value)
