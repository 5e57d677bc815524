r"""Ditto's text files: `COL name VAL text COL … \t COL name VAL text … \t 0 or 1` per line."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from tabset.draft import PAIRS, Draft, Roles
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import files, options, pairs, rows
from tabset.importers.base import Importer, Request
from tabset.importers.records import Cells, Records
from tabset.readers.files import look_at
from tabset.stage import BATCH_ROWS

OPTIONS = (*options.MATCHING, *options.COMMON)
LABEL = "label"
SPLIT = "split"
NAMES = (*pairs.SIDES, LABEL, SPLIT)
_COLUMN = re.compile(r"(?:^|(?<=\s))COL\s+(\S.*?)\s+VAL(?=\s|$)")
_LEFT_BEHIND = {
    "quotes of a tokenizer around the value": re.compile(r"^[`'].* '$"),
    "backslashes before quotes": re.compile(r"\\ ?['\"`]"),
    "blanks before punctuation": re.compile(r"\w [.,;:!?)/-]"),
}


@dataclass
class _Lines:
    """What has been read so far: the records of both sides, and lines that could not be read."""

    left: Records = field(default_factory=Records)
    right: Records = field(default_factory=Records)
    known: dict[tuple[int, str], str] = field(default_factory=dict)
    left_behind: Counter[str] = field(default_factory=Counter)
    faulty: list[tuple[str, list[int]]] = field(default_factory=list)
    sources: list[tuple[str, int]] = field(default_factory=list)


def run(request: Request) -> Draft:
    """Stages the pairs, and records made by the distinct texts of each side."""
    given = _parts(files.tables(request.paths))
    rows.tell_joined(request, [(path.name, side) for path, side in given])
    lines = _Lines()
    names = NAMES if {side for _, side in given} == {rows.TRAIN, rows.TEST} else NAMES[:3]
    batches = (
        batch.select(list(names))
        for path, side in given
        for batch in _batches(request, path, side, lines)
    )
    columns = request.stage(PAIRS, names, batches, keep=names)
    _report(request, lines)
    records = {
        table: pairs.stage_made(request, table, side)
        for table, side in (("left", lines.left), ("right", lines.right))
    }
    roles = Roles(label=LABEL, split=SPLIT if SPLIT in names else "")
    return pairs.finish(request, pairs.Pairs(columns, records, roles, lines.sources))


def _parts(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """The given files in the order train, valid, test, each with the side it belongs to."""
    if len(paths) == 1:
        return [(paths[0], rows.TRAIN)]
    found = []
    for words, side in rows.PARTS:
        named = [path for path in paths if re.split(r"[^a-z]+", files.stem(path))[-1] in words]
        if len(named) > 1:
            names = ", ".join(path.name for path in named)
            raise DatasetError(f"there are several files for {words[0]}: {names}; name one")
        found += [(path, side) for path in named]
    odd = [path.name for path in paths if path not in dict(found)]
    if odd:
        raise DatasetError(
            f"{odd[0]} is neither train, valid nor test by its name; rename it, or leave it out"
        )
    return found


def _batches(request: Request, path: Path, side: str, lines: _Lines) -> Iterator[pa.RecordBatch]:
    """The pairs of one file; lines that are none are left out and noted."""
    found: list[tuple[str, str, str, str]] = []
    count, faulty = 0, []
    for number, line in _decoded(request, path):
        if not line.strip():
            continue
        pair = _pair(line, lines)
        if pair is None:
            faulty.append(number)
            continue
        found.append((*pair, side))
        count += 1
        if len(found) == BATCH_ROWS:
            yield pairs.batch_of(found, NAMES)
            found = []
    if found:
        yield pairs.batch_of(found, NAMES)
    lines.sources.append((path.name, count))
    if faulty:
        lines.faulty.append((path.name, faulty))


def _decoded(request: Request, path: Path) -> Iterator[tuple[int, str]]:
    with look_at(path).open() as file:
        for number, line in enumerate(file, start=1):
            request.meter.add(len(line), f"reading {path.name}")
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DatasetError(
                    f"{path.name}, line {number}: not UTF-8 text; save the file as UTF-8"
                ) from error
            yield number, text.rstrip("\r\n")


def _pair(line: str, lines: _Lines) -> tuple[str, str, str] | None:
    """The ids of both records and the label of a line; None if the line is not of this form."""
    parts = line.split("\t")
    if len(parts) != 3:
        return None
    ids = [_record(place, text, lines) for place, text in enumerate(parts[:2])]
    label = parts[2].strip()
    if ids[0] is None or ids[1] is None or not label:
        return None
    return ids[0], ids[1], label


def _record(place: int, text: str, lines: _Lines) -> str | None:
    if (place, text) not in lines.known:
        cells = parse(text)
        if not cells:
            return None
        records = (lines.left, lines.right)[place]
        for _, value in cells:
            for what, pattern in _LEFT_BEHIND.items():
                lines.left_behind[what] += bool(value and pattern.search(value))
        lines.known[place, text] = records.id_of(cells)
    return lines.known[place, text]


def parse(text: str) -> Cells:
    """The columns and values of one side of a line, in their order; empty if there are none.

    Blanks at the ends are taken off and runs of blanks made one; all else stays, since a
    tokenizer's quotes look like those of the source.
    """
    found = list(_COLUMN.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    if not found or text[: found[0].start()].strip():
        return ()
    values = [
        " ".join(text[match.end() : end].split()) for match, end in zip(found, ends, strict=True)
    ]
    cells = {match[1]: value or None for match, value in zip(found, values, strict=True)}
    return tuple(cells.items())


def _report(request: Request, lines: _Lines) -> None:
    for name, numbers in lines.faulty:
        request.tell(
            Level.ERROR,
            "line-unreadable",
            f"{name}: {len(numbers)} lines are not of the form COL … VAL … <tab> COL … VAL …"
            " <tab> label: correct or remove them.",
            table=PAIRS,
            rows=numbers,
        )
    request.tell(
        Level.INFO,
        "records-made",
        "The files have no record ids: one record is made for each different text of a side, and"
        " its id is a hash of that text.",
    )
    if left := {what: count for what, count in lines.left_behind.items() if count}:
        told = ", ".join(f"{what} ({count})" for what, count in left.items())
        request.tell(
            Level.INFO,
            "tokens-left",
            f"Values stay as the tokenizer left them, except for runs of blanks: {told}.",
            count=sum(left.values()),
        )


IMPORTER = Importer("ditto", "COL … VAL … lines: train, valid and test of Ditto", OPTIONS, run)
