"""What importers of pairs share: labels, record ids, entities, and the draft made from them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyarrow import compute

from tabset.draft import PAIRS, RECORD_ID, Draft, DraftColumn, Roles
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers import options, rows
from tabset.importers.base import Request
from tabset.importers.records import Records
from tabset.plan.columns import taken
from tabset.schema import ColumnType, Kind
from tabset.stage import BATCH_ROWS, StagedTable

SIDES = ("left_id", "right_id")
RESERVED = frozenset({RECORD_ID, "id"})
VOCABULARY = (  # (no match, match) in lower case
    ("0", "1"),
    ("false", "true"),
    ("no", "yes"),
    ("n", "y"),
    ("f", "t"),
    ("0.0", "1.0"),
    ("-1", "1"),
    ("nonmatch", "match"),
    ("non-match", "match"),
    ("different", "same"),
    ("negative", "positive"),
)


@dataclass(frozen=True)
class Pairs:
    """Staged pairs and records: their columns, roles, and from which files the pairs came.

    `sources` are (file name, number of pairs) in the order of staging.
    """

    columns: tuple[DraftColumn, ...]
    records: Mapping[str, tuple[DraftColumn, ...]]
    roles: Roles
    sources: Sequence[tuple[str, int]]


def staged(request: Request, table: str) -> StagedTable:
    """A table that this import has staged."""
    return StagedTable.open(request.out / f"{table}.arrow")


def batch_of(found: Sequence[Sequence[str]], names: Sequence[str]) -> pa.RecordBatch:
    """A batch of rows of texts."""
    arrays = [pa.array(cells, pa.string()) for cells in zip(*found, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, list(names))


def stage_made(request: Request, table: str, records: Records) -> tuple[DraftColumn, ...]:
    """Stages records that were collected from pairs; gives the columns without `record_id`."""
    return request.stage(table, records.names, records.batches(), keep={RECORD_ID})[1:]


def with_usable_id(request: Request, roles: Roles) -> Roles:
    """The roles without the id if it is empty or doubled and was not asked for."""
    if not roles.id or request.options.get("id"):
        return roles
    ids = staged(request, PAIRS).read([roles.id])[0]
    if not ids.null_count and compute.count_distinct(ids).as_py() == len(ids):
        return roles
    request.tell(
        Level.INFO,
        "id-not-unique",
        f"The column {roles.id!r} is not one id per pair, so pairs get new ids.",
        table=PAIRS,
        column=roles.id,
    )
    return replace(roles, id="")


def finish(request: Request, pairs: Pairs, facts: options.Facts = options.NO_FACTS) -> Draft:
    """The draft of staged pairs; findings tell unknown records, doubled ids and odd labels."""
    labels = _labels(request, pairs, facts)
    joined = _Joined(request, pairs, labels.positive)
    joined.check()
    records = {
        table: tuple(_record_column(request, table, columns, each) for each in columns)
        for table, columns in pairs.records.items()
    }
    roles = pairs.roles
    if entities := [] if roles.entity else joined.entities():
        roles = replace(roles, entity=entities[0])
        records = {table: _without(columns, entities) for table, columns in records.items()}
    columns = tuple(_pair_column(column, roles, labels) for column in pairs.columns)
    facts = replace(facts, negative_label=labels.negative, positive_label=labels.positive)
    tables = {PAIRS: tuple(column for column in columns if column.name not in SIDES), **records}
    return options.draft(request, Kind.MATCHING, tables, roles, facts)


def _pair_column(column: DraftColumn, roles: Roles, labels: "_Labels") -> DraftColumn:
    if column.name == roles.label:
        return replace(column, evidence=f"{column.evidence} {labels.evidence}".strip())
    return replace(column, use=False)


def _record_column(
    request: Request, table: str, columns: Sequence[DraftColumn], column: DraftColumn
) -> DraftColumn:
    if not column.use:
        return column
    taken = {each.name for each in columns}
    return replace(column, rename=rows.renamed(request, table, column.name, taken, RESERVED))


def _without(columns: Sequence[DraftColumn], names: Collection[str]) -> tuple[DraftColumn, ...]:
    evidence = "equal in both records exactly where they match: it names the entity"
    return tuple(
        replace(column, use=False, type=ColumnType.ID, evidence=evidence, format="")
        if column.name in names
        else column
        for column in columns
    )


@dataclass(frozen=True)
class _Labels:
    negative: str
    positive: str
    evidence: str


def _labels(request: Request, pairs: Pairs, facts: options.Facts) -> _Labels:
    """Which label means match, and which does not.

    Other labels are reported by file and row if there are several files; the checks of the draft
    find them as well, by their rows in the staged table.
    """
    name = pairs.roles.label
    counts: Counter[str] = Counter()
    for batch in staged(request, PAIRS).batches([name]):
        for item in compute.value_counts(batch.column(0).drop_null()).to_pylist():
            counts[item["values"]] += item["counts"]
    if not counts:
        raise DatasetError(f"no pair has a label in the column {name!r}; give labelled pairs")
    if facts.positive_label:
        found = _Labels(facts.negative_label, facts.positive_label, "")
    else:
        found = _meaning(request.options["positive"], counts)
    odd = [label for label in counts if label not in (found.negative, found.positive)]
    if odd and len(pairs.sources) > 1:
        _report_odd(request, pairs, found, odd)
    if not all(counts[label] for label in (found.negative, found.positive)):
        request.tell(
            Level.ERROR,
            "one-label",
            f"Every labelled pair has the label {next(iter(counts))!r}: give pairs that match and"
            " pairs that do not.",
            table=PAIRS,
            column=name,
        )
    return found


def _meaning(positive: str, counts: Counter[str]) -> _Labels:
    if positive:
        if positive not in counts:
            raise DatasetError(
                f"no pair has the label {positive!r} (option positive); the labels are"
                f" {_shown(counts)}"
            )
        others = [label for label, _ in counts.most_common() if label != positive]
        negative = others[0] if others else f"not {positive}"
        return _Labels(negative, positive, f"{positive!r} means match, as was said.")
    for negative, match in VOCABULARY:
        spelled = {label.lower(): label for label in counts}
        if match in spelled and (negative in spelled or len(spelled) == 1):
            other = spelled.get(negative, negative)
            return _Labels(other, spelled[match], f"{spelled[match]!r} means match by its word.")
        if negative in spelled and len(spelled) == 1:
            return _Labels(spelled[negative], match, f"{match!r} would mean match.")
    raise DatasetError(
        f"which label means match? Say so by the option positive; the labels are {_shown(counts)}"
    )


def _shown(counts: Counter[str]) -> str:
    return ", ".join(f"{label!r} ({count})" for label, count in counts.most_common(5))


def _report_odd(request: Request, pairs: Pairs, labels: _Labels, odd: Sequence[str]) -> None:
    cells = staged(request, PAIRS).read([pairs.roles.label]).column(0)
    places = compute.indices_nonzero(compute.is_in(cells, value_set=pa.array(odd, pa.string())))
    for where, found in located(pairs.sources, places.to_pylist()):
        request.tell(
            Level.ERROR,
            "label-unknown",
            f"{where}: {len(found)} pairs have another label than {labels.negative!r} and"
            f" {labels.positive!r}, such as {odd[0]!r}: correct or remove them.",
            table=PAIRS,
            column=pairs.roles.label,
            rows=found,
        )


def located(
    sources: Sequence[tuple[str, int]], places: Iterable[int]
) -> list[tuple[str, list[int]]]:
    """Places in the staged table (from 0) as rows (from 1) of the files that they came from."""
    wanted = sorted(places)
    found, start = [], 0
    for name, count in sources:
        inside = [place - start + 1 for place in wanted if start <= place < start + count]
        if inside:
            found.append((name, inside))
        start += count
    return found


class _Joined:
    """The staged pairs with the records they name."""

    def __init__(self, request: Request, pairs: Pairs, positive: str) -> None:
        self._request = request
        self._pairs = pairs
        self._positive = positive
        self._tables = [side if side in pairs.records else "records" for side in ("left", "right")]
        self._keys = {table: staged(request, table).read([RECORD_ID])[0] for table in pairs.records}
        named = staged(request, PAIRS).read(list(SIDES))
        self._places = [
            compute.index_in(column, value_set=self._keys[table].combine_chunks())
            for column, table in zip(named.columns, self._tables, strict=True)
        ]

    def check(self) -> None:
        """Errors for pairs of unknown records, by file and row where there are several files.

        The checks of the draft find them as well, by their rows in the staged table.
        """
        if len(self._pairs.sources) < 2:
            return
        for side, table, places in zip(SIDES, self._tables, self._places, strict=True):
            unknown = compute.indices_nonzero(compute.is_null(places)).to_pylist()
            for where, found in located(self._pairs.sources, unknown):
                self._request.tell(
                    Level.ERROR,
                    "pair-of-unknown-record",
                    f"{where}: {len(found)} pairs have a {side} that no record of the table {table}"
                    " has: add the records, or remove the pairs.",
                    table=PAIRS,
                    column=side,
                    rows=found,
                )

    def entities(self) -> list[str]:
        """The columns of both records that are equal exactly where a pair matches."""
        if any(places.null_count for places in self._places):
            return []
        names = [{column.name for column in self._pairs.records[table]} for table in self._tables]
        shared = [
            column.name
            for column in self._pairs.records[self._tables[0]]
            if column.name in names[1]
        ]
        label = staged(self._request, PAIRS).read([self._pairs.roles.label])[0]
        matches = compute.equal(label, self._positive)
        found = [name for name in shared if self._tells(name, matches)]
        for name in found:
            self._request.tell(
                Level.WARNING,
                "column-tells-label",
                f"{name!r} is equal in both records exactly where a pair matches, so it names the"
                " entity: it is left out of the features and taken as roles.entity.",
                table=self._tables[0],
                column=name,
            )
        return found

    def _tells(self, name: str, matches: pa.ChunkedArray) -> bool:
        for count in (BATCH_ROWS, len(matches)):  # most columns are ruled out by a few pairs
            same = compute.equal(*(self._cells(name, side, count) for side in (0, 1)))
            wanted = matches.slice(0, count)
            if same.null_count or not compute.all(compute.equal(same, wanted)).as_py():
                return False
        return bool(compute.any(matches).as_py() and not compute.all(matches).as_py())

    def _cells(self, name: str, side: int, count: int) -> pa.Array:
        """The cells of one side's records in the first pairs, read batch by batch."""
        places = self._places[side].slice(0, count).to_numpy()
        wanted = np.unique(places).astype(np.int64)
        cells = taken(staged(self._request, self._tables[side]), name, wanted)
        return cells.take(pa.array(np.searchsorted(wanted, places)))
