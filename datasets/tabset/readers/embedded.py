"""Images that a table carries in its cells, as structs of bytes and path."""

import hashlib
import re
from dataclasses import dataclass, field

import pyarrow as pa

from tabset.readers.raw import ImageSink, Report, shown

_MAX_NAME = 200
_SUFFIXES = (
    (b"\x89PNG", ".png"),
    (b"\xff\xd8", ".jpg"),
    (b"GIF8", ".gif"),
    (b"RIFF", ".webp"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')


@dataclass
class Images:
    """Hands the images of a file's cells to a sink, each under a plain name of its own."""

    file: str
    report: Report
    sink: ImageSink | None
    _kept: dict[str, bytes] = field(default_factory=dict)  # name -> hash of the content
    _told: set[str] = field(default_factory=set)

    def names(self, column: str, values: pa.Array, before: int) -> pa.Array:
        """The file names that stand for the images in a batch's column."""
        names: list[str | None] = []
        for row, value in enumerate(values.to_pylist(), start=before + 1):
            content = value and value["bytes"]
            path = value and str(_text(value["path"]) or "")
            if content:
                names.append(self._put(column, row, path, content))
            else:
                names.append(path or None)
        return pa.array(names, pa.string())

    def _put(self, column: str, row: int, path: str, content: bytes) -> str:
        digest = hashlib.sha256(content).digest()
        name = _plain_name(path) or _made_name(column, row, content)
        if self._kept.get(name, digest) != digest:
            stem, dot, suffix = name.rpartition(".")
            name = f"{stem or suffix}-{row}{dot}{suffix if dot else ''}"
        if self.sink is None:
            self._tell_left_out(column, row, name)
        elif name not in self._kept:
            self.sink.put(name, content)
        self._kept[name] = digest
        return name

    def _tell_left_out(self, column: str, row: int, name: str) -> None:
        if column not in self._told:
            self._told.add(column)
            self.report.warning(
                "images-left-out",
                f"{self.file}: column {column!r} holds images (row {row}: {shown(name)}); only "
                "their names are read here",
                column=column,
                rows=(row,),
            )


def _text(path: str | bytes | None) -> str | None:
    return path.decode("utf-8", "replace") if isinstance(path, bytes) else path


def _plain_name(path: str) -> str:
    """The last part of a path if it can be a file name everywhere; empty if not."""
    name = path.replace("\\", "/").rpartition("/")[2]
    if name.startswith(".") or _UNSAFE.search(name) or len(name.encode()) > _MAX_NAME:
        return ""
    return name


def _made_name(column: str, row: int, content: bytes) -> str:
    suffix = next((each for magic, each in _SUFFIXES if content.startswith(magic)), ".bin")
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", column)[:40] or "image"
    return f"{stem}-{row}{suffix}"
