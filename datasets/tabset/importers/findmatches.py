"""AWS Glue FindMatches labelling files: records in labelling sets, equal labels being matches."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import pyarrow as pa

from tabset.draft import PAIRS, Draft, Roles
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import files, options, pairs, rows
from tabset.importers.base import Importer, Option, Request
from tabset.importers.records import Records
from tabset.stage import BATCH_ROWS

OPTIONS = (
    Option("id", "column that holds the record's id; without it ids are made"),
    options.SEMANTICS,
    *options.COMMON,
)
SET = "labeling_set_id"
LABEL = "label"
NAMES = (*pairs.SIDES, LABEL, SET)
NO_MATCH, MATCH = "0", "1"
MOST_PAIRS = 20_000_000


@dataclass
class _Sets:
    """The labelled records by labelling set, and the rows that are left out."""

    members: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    records: Records = field(default_factory=Records)
    rows: int = 0
    unlabelled: list[int] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)


def run(request: Request) -> Draft:
    """Stages the records, and every pair of two records of the same labelling set."""
    paths = files.tables(request.paths)
    names, batches = rows.appended(request, paths)
    for name in (SET, LABEL):
        if name not in names:
            raise DatasetError(
                f"{paths[0].name} has no column {name!r}; a file of FindMatches has {SET}, {LABEL}"
                f" and the columns of the records, this one has {', '.join(names[:50])}"
            )
    key = request.options["id"]
    if key:
        options.require(names, key, "id", paths[0].name)
    sets = _Sets()
    for batch in batches:
        _read(batch, [name for name in names if name not in (SET, LABEL, key)], key, sets)
    _report(request, sets)
    source = (paths[0].name, sum(map(_pairs_of, sets.members.values())))
    columns = request.stage(PAIRS, NAMES, _batches(sets), keep=NAMES)
    records = {"records": pairs.stage_made(request, "records", sets.records)}
    found = pairs.Pairs(columns, records, Roles(label=LABEL, group=SET), [source])
    return pairs.finish(
        request, found, options.Facts(negative_label=NO_MATCH, positive_label=MATCH)
    )


def _read(batch: pa.RecordBatch, columns: Sequence[str], key: str, sets: _Sets) -> None:
    """Adds the labelled rows of a batch to their sets."""
    cells = zip(*(batch[name].to_pylist() for name in columns), strict=True)
    values = cells if columns else iter([()] * batch.num_rows)
    keys = batch[key].to_pylist() if key else [""] * batch.num_rows
    wanted = (batch[SET].to_pylist(), batch[LABEL].to_pylist(), keys, values)
    for number, label, record, texts in zip(*wanted, strict=True):
        sets.rows += 1
        if number is None or label is None or record is None:
            sets.unlabelled.append(sets.rows)
            continue
        content = tuple(zip(columns, texts, strict=True))
        if not key:
            record = sets.records.one_more(content)
        elif not sets.records.keyed(record, content):
            sets.differing.append(sets.rows)
        sets.members.setdefault(number, []).append((record, label))


def _report(request: Request, sets: _Sets) -> None:
    if sets.unlabelled:
        request.tell(
            Level.WARNING,
            "no-label",
            f"{len(sets.unlabelled)} of {sets.rows} rows have no {SET}, no {LABEL} or no id and"
            " are left out.",
            rows=sets.unlabelled,
        )
    if sets.differing:
        request.tell(
            Level.WARNING,
            "record-differs",
            f"{len(sets.differing)} rows give a record other values than an earlier row with the"
            " same id; the first values are kept.",
            rows=sets.differing,
        )
    count = sum(map(_pairs_of, sets.members.values()))
    if count > MOST_PAIRS:
        largest = max(sets.members, key=lambda name: len(sets.members[name]))
        raise DatasetError(
            f"the labelling sets make {count:,} pairs, more than {MOST_PAIRS:,}; the largest,"
            f" {largest!r}, has {len(sets.members[largest])} records: divide it"
        )
    if not count:
        raise DatasetError(
            "no labelling set has two labelled records, so there is no pair; give a file whose"
            f" column {LABEL} is filled in"
        )


def _pairs_of(members: Sequence[tuple[str, str]]) -> int:
    return len(members) * (len(members) - 1) // 2


def _batches(sets: _Sets) -> Iterator[pa.RecordBatch]:
    """All pairs within the sets; their order inside a set is that of hashes and says nothing."""
    found: list[tuple[str, str, str, str]] = []
    for name, members in sets.members.items():
        for (left, one), (right, other) in combinations(sorted(members, key=_hash), 2):
            found.append((left, right, MATCH if one == other else NO_MATCH, name))
            if len(found) == BATCH_ROWS:
                yield pairs.batch_of(found, NAMES)
                found = []
    if found:
        yield pairs.batch_of(found, NAMES)


def _hash(member: tuple[str, str]) -> bytes:
    return hashlib.sha256(member[0].encode()).digest()


IMPORTER = Importer("findmatches", "a labelling file of AWS Glue FindMatches", OPTIONS, run)
