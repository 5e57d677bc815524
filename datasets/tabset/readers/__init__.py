"""Raw files of any of the known forms as batches of text, with findings about what is odd."""

from pathlib import Path

from tabset.errors import DatasetError
from tabset.readers.delimited import read_delimited
from tabset.readers.files import PARQUET_MAGIC, look_at
from tabset.readers.json_table import read_json
from tabset.readers.parquet_table import read_parquet
from tabset.readers.raw import ImageSink, Raw, Report, TextFormat

__all__ = ["SUFFIXES", "ImageSink", "Raw", "Report", "TextFormat", "open_table"]

_DELIMITED = (".csv", ".tsv", ".tab", ".txt")
_JSON = (".json", ".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")
SUFFIXES = _DELIMITED + _JSON + _PARQUET


def open_table(
    path: Path,
    report: Report,
    images: ImageSink | None = None,
    *,
    form: TextFormat | None = None,
) -> Raw:
    """The table in a raw file: its column names and its rows as batches of text.

    The name's suffix and the first bytes determine the format: delimited text (`.csv .tsv .tab
    .txt`), JSON and JSON lines (`.json .jsonl .ndjson`), both also compressed (`.gz .bz2 .zst`),
    and Parquet. What is odd in the file goes to `report`, some of it while the batches are
    consumed; images inside of Parquet cells go to `images`; `form` overrides what is detected in a
    text file. Raises `DatasetError`, also from the batches, where a file cannot be read.
    """
    file = look_at(path)
    form = form or TextFormat()
    if file.head.startswith(PARQUET_MAGIC) or file.suffix in _PARQUET:
        return read_parquet(path, report, images)
    if file.suffix in _JSON:
        return read_json(file, report, form)
    if file.suffix in _DELIMITED:
        return read_delimited(file, report, form)
    raise DatasetError(
        f"{path.name} has the suffix {path.suffix!r}; known are {', '.join(SUFFIXES)}, "
        "and .gz .bz2 .zst of the text files"
    )
