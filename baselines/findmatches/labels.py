"""Labelled pairs of records: a file of pairs, or a labelling file of AWS Glue FindMatches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.findmatches.tables import Records, read_cells, shown
from baselines.formulas.findmatches import Labelled, Pair, labelled_pairs
from baselines.method import BaselineError
from tabset.importers.pairs import VOCABULARY

PAIR_COLUMNS = (("left_id", "right_id", "label"), ("ltable_id", "rtable_id", "label"))
SET, LABEL = "labeling_set_id", "label"
MEANINGS = {no: False for no, _ in VOCABULARY} | {yes: True for _, yes in VOCABULARY}


@dataclass(frozen=True)
class Labels:
    """Pairs of records by their places in the tables, and whether they match."""

    pairs: list[tuple[int, int]]
    is_match: list[bool]


def read_labels(path: Path, tables: Sequence[Records]) -> Labels:
    """The labelled pairs in a file, each once, of the records of one table or between two.

    In a table's own pairs the smaller place is first. Raises BaselineError with what to do for
    unknown columns, ids and labels, and if no pair or every pair matches.
    """
    cells = read_cells(path)
    names = cells.column_names
    for wanted in PAIR_COLUMNS:
        if set(wanted) <= set(names):
            rows = zip(*(cells[name].to_pylist() for name in wanted), strict=True)
            return _checked(path.name, _of_pairs(path.name, rows, tables), tables)
    if SET in names and LABEL in names:
        key = tables[0].key
        if key not in names:
            raise BaselineError(
                f"{path.name} has no column {key!r}, which identifies its records in "
                f"{tables[0].file}; add it. Its columns are {shown(names)}."
            )
        rows = zip(*(cells[name].to_pylist() for name in (SET, LABEL, key)), strict=True)
        return _checked(path.name, _of_sets(path.name, rows, tables), tables)
    raise BaselineError(
        f"{path.name} has neither the columns left_id, right_id and label nor {SET} and {LABEL}; "
        f"it has {shown(names)}."
    )


Found = Iterator[tuple[tuple[int, int], bool]]


def _of_pairs(
    file: str, rows: Iterator[tuple[str | None, ...]], tables: Sequence[Records]
) -> Found:
    left, right = tables[0].places(), tables[-1].places()
    for row, (first, second, label) in enumerate(rows, start=1):
        for record, places, table in ((first, left, tables[0]), (second, right, tables[-1])):
            if record not in places:
                raise BaselineError(
                    f"{file}, row {row}: {record or ''!r} is not an id of {table.file}; correct or "
                    "remove the row."
                )
        match = MEANINGS.get((label or "").strip().lower())
        if match is None:
            raise BaselineError(
                f"{file}, row {row}: the label is {label or ''!r}; write 1 for records that match "
                "and 0 for records that do not."
            )
        yield (left[first or ""], right[second or ""]), match


def _of_sets(file: str, rows: Iterator[tuple[str | None, ...]], tables: Sequence[Records]) -> Found:
    """With two tables only pairs between them count. Rows without set or label are left out."""
    sides = [table.places() for table in tables]
    labelled = []
    for row, (shown_in, label, record) in enumerate(rows, start=1):
        if shown_in is None or label is None:
            continue
        found = [side for side, places in enumerate(sides) if record in places]
        if len(found) != 1:
            where = " and ".join(table.file for table in tables)
            why = f"is in both {where}: give labels as left_id, right_id, label"
            raise BaselineError(
                f"{file}, row {row}: the id {record or ''!r} "
                + (f"{why}." if found else f"is none of {where}; correct or remove the row.")
            )
        labelled.append(Labelled(shown_in, label, f"{found[0]}{record}"))
    matches, others = labelled_pairs(labelled)
    for pairs, match in ((matches, True), (others, False)):
        for pair in pairs:
            if len(tables) == 1 or pair[0][0] != pair[1][0]:
                yield _places(pair, sides), match


def _places(pair: Pair, sides: Sequence[dict[str, int]]) -> tuple[int, int]:
    """The places of two records whose names begin with the number of their table."""
    first, second = ((sides[int(name[0])])[name[1:]] for name in sorted(pair))
    return first, second


def _checked(file: str, found: Found, tables: Sequence[Records]) -> Labels:
    labels_by_pair: dict[tuple[int, int], bool] = {}
    for (left, right), match in found:
        pair = (right, left) if len(tables) == 1 and right < left else (left, right)
        names = f"{tables[0].ids[left]!r} and {tables[-1].ids[right]!r}"
        if len(tables) == 1 and left == right:
            raise BaselineError(f"{file} pairs {tables[0].ids[left]!r} with itself; remove that.")
        if labels_by_pair.setdefault(pair, match) != match:
            raise BaselineError(
                f"{file} says of {names} both that they match and that they do not; keep one label."
            )
    for wanted, what in ((True, "matches"), (False, "does not match")):
        if wanted not in labels_by_pair.values():
            raise BaselineError(
                f"{file} has no pair that {what}; label some of both kinds, ideally of pairs "
                "that look similar."
            )
    return Labels(list(labels_by_pair), list(labels_by_pair.values()))
