"""Check a submitted file against the public ids and classes, and align it to them.

Everything here knows the test ids and the declared classes only; labels come later, in
`scoring.scorer`. So no problem can depend on a private label, and `check` can validate a file
without a solution. All problems of a file are collected before it is rejected.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring import hints
from scoring.alignment import IdIndex, Places
from scoring.columns import Floats, Numbers, as_text, combined, numbers
from scoring.header import resolve_header
from scoring.messages import SHOWN, listing, names, quoted
from scoring.reading import RawTable, Unreadable, read_table
from scoring.result import Checked, Problem, Rejected
from scoring.spec import TaskSpec

SUM_KEPT = 1e-9
"""Row sums of probabilities this close to 1 are kept bit for bit."""
SUM_ACCEPTED = 1e-3
"""Row sums this close to 1 are divided by the sum; all others are refused."""

Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
Order = Rows | slice


@dataclass(frozen=True)
class Submission:
    """A valid file, aligned to the n expected ids.

    `labels` holds class codes of shape (n,), `probabilities` has shape (n, K) with rows that sum
    to 1, `scores` has shape (n,). What the file does not contain is None.
    """

    labels: Codes | None
    probabilities: Floats | None = None
    scores: Floats | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def decision(self) -> Codes | None:
        """The class codes (n,) that the file decides on: its labels, or what its numbers imply.

        None where no decision can be made: matching scores outside [0,1] without labels.
        """
        if self.labels is not None:
            return self.labels
        if self.probabilities is not None:
            # The first of equal maxima wins, which is the first class in declared order.
            largest: Codes = self.probabilities.argmax(axis=1).astype(np.int32)
            return largest
        if self.scores is not None and in_unit_interval(self.scores):
            return (self.scores >= 0.5).astype(np.int32)
        return None

    def taken(self, order: Order) -> Submission:
        """The same rows in another order."""
        labels = None if self.labels is None else self.labels[order]
        probabilities = None if self.probabilities is None else self.probabilities[order]
        scores = None if self.scores is None else self.scores[order]
        return Submission(labels, probabilities, scores, self.notes)


def check(path: Path, spec: TaskSpec, index: IdIndex) -> Checked | Rejected:
    """Whether a file is a valid submission for these test ids; needs no solution."""
    start = time.perf_counter()
    try:
        with Path(path).open("rb") as file:
            submission = read_submission(file, spec, index)
    except Unreadable as error:
        return Rejected(error.problems)
    return Checked(submission.notes, time.perf_counter() - start)


def public_ids(path: Path) -> IdIndex:
    """The ids of a test.parquet in file order; ValueError if they are not unique text."""
    table = pq.ParquetFile(path, pre_buffer=False).read(columns=["id"], use_threads=False)
    ids = as_text(combined(table["id"]))
    if ids is None or ids.null_count:
        raise ValueError(f"{path}: column `id` must be text without nulls")
    return IdIndex.of(ids)


def read_submission(file: BinaryIO, spec: TaskSpec, index: IdIndex) -> Submission:
    """The file aligned to the expected ids; Unreadable carries all problems of the file."""
    numeric = ("score",) if spec.kind == "matching" else spec.classes
    raw = read_table(file, most_rows=2 * len(index) + 1000, numeric=numeric)
    raw, header_problems = resolve_header(raw, spec)
    if not raw.rows and not raw.problems:
        message = "The file has a header but no rows. Add one row for each test id."
        raise Unreadable(*header_problems, Problem("empty_file", message))
    checker = _Checker(raw, spec, index, [*header_problems, *raw.problems])
    submission = checker.run()
    if checker.problems:
        raise Unreadable(*checker.problems)
    assert submission is not None  # noqa: S101 - no problem means that every column was there
    return submission


@dataclass
class _Checker:
    """Collects the problems of one table; each step reports its own and returns what it can."""

    raw: RawTable
    spec: TaskSpec
    index: IdIndex
    problems: list[Problem] = field(default_factory=list)
    is_swapped: bool = False

    def run(self) -> Submission | None:
        """The aligned submission, or None after adding at least one problem."""
        order = self.order() if "id" in self.raw.names else None
        if self.is_swapped:
            return None
        labels = self.labels() if "prediction" in self.raw.names else None
        probabilities = scores = None
        if self.spec.kind == "matching":
            scores = self.scores() if "score" in self.raw.names else None
        elif labels is None and set(self.spec.classes) <= set(self.raw.names):
            probabilities = self.probabilities()
        if self.problems or order is None:
            return None
        return Submission(labels, probabilities, scores, self.raw.notes).taken(order)

    # Ids

    def order(self) -> Order | None:
        """The permutation that brings rows into the order of the expected ids, or None if ids are
        wrong."""
        text = self.text_column("id")
        if text is None:
            return None
        n, rows = len(self.index), self.raw.rows + self.raw.ragged
        if rows == len(text) and self.index.in_order(text):
            return slice(None)
        place = _mapped(text, self.index.locate)
        if rows == len(text) == n and place.min(initial=0) >= 0:
            order = np.full(n, -1, dtype=np.int64)
            order[place] = np.arange(n)
            if order.min() >= 0:
                return order
        self.report_ids(text, place)
        if rows != n:
            message = f"The file has {rows} rows where {n} are expected."
            self.problems.append(Problem("wrong_row_count", message))
        return None

    def report_ids(self, text: pa.Array, place: Places) -> None:
        counts = np.bincount(place[place >= 0], minlength=len(self.index))
        explained = self.report_unknown_ids(text, place)
        self.report_duplicates(text, place, counts)
        if not explained:
            self.report_missing(counts)

    def report_unknown_ids(self, text: pa.Array, place: Places) -> bool:
        """Whether one mistake explains why not a single id is known."""
        blank = _blank(text)
        empty, unknown = np.flatnonzero(blank), np.flatnonzero((place < 0) & ~blank)
        self.add("empty_id", "the id is empty{}", "rows have no id", _USE_IDS, empty, None)
        first = [each.text for each in hints.distinct(text, unknown[:SHOWN])]
        swapped = self.swapped_columns() if len(unknown) == len(text) else ""
        self.is_swapped = bool(swapped)
        known = swapped or hints.id_advice(first, self.are_ids)
        advice = known or _USE_IDS
        self.add(
            "unknown_id",
            "id {} is not in the test set",
            "ids are not in the test set",
            advice,
            unknown,
            text,
        )
        return bool(known) and len(unknown) == len(text)

    def are_ids(self, texts: Sequence[str]) -> bool:
        """Whether all of these are ids of test rows."""
        return bool((self.index.locate(pa.array(texts, pa.string())) >= 0).all())

    def swapped_columns(self) -> str:
        """Advice for a file whose ids are in another column than `id`; empty for other files."""
        for name, column in zip(self.raw.names, self.raw.columns, strict=True):
            first = column.slice(0, SHOWN)
            is_other = name != "id" and len(first) > 0 and pa.types.is_string(column.type)
            if is_other and self.are_ids(first.to_pylist()):
                return f"The ids are in the column {quoted(name)}: exchange the two names."
        return ""

    def report_duplicates(self, text: pa.Array, place: Places, counts: Rows) -> None:
        repeated = np.flatnonzero((place >= 0) & (counts[place] > 1))
        _, first = np.unique(place[repeated], return_index=True)
        again = np.delete(repeated, first)
        often = "twice" if len(again) == 1 else "more than once"
        self.add(
            "duplicate_id",
            f"id {{}} appears {often}",
            "rows repeat the id of an earlier row",
            "Keep one of the two rows." if len(again) == 1 else "Keep one row for each id.",
            again,
            text,
        )

    def report_missing(self, counts: Rows) -> None:
        missing = np.flatnonzero(counts == 0)
        if not len(missing):
            return
        # Sorted, so that the order of the expected ids reveals nothing.
        values = sorted(self.index.ids.take(missing).to_pylist())
        what = "test id has no row" if len(missing) == 1 else "test ids have no row"
        message = f"{len(missing)} {what}: {names(values)}. Add one row for each."
        self.problems.append(Problem("missing_id", message, (), len(missing)))

    # Values

    def labels(self) -> Codes | None:
        """Class codes of the prediction column in file order, or None if a label is wrong."""
        text = self.text_column("prediction")
        if text is None:
            return None
        classes = pa.array(self.spec.classes, pa.string())
        codes = _mapped(text, lambda values: _places(values, classes))
        if codes.min(initial=0) < 0:
            self.report_labels(text, codes)
        return codes

    def report_labels(self, text: pa.Array, codes: Codes) -> None:
        blank = _blank(text)
        empty, unknown = np.flatnonzero(blank), np.flatnonzero((codes < 0) & ~blank)
        advice = "Every row needs one of the classes."
        self.add("empty_value", "the label is empty{}", "rows have no label", advice, empty, None)
        wrong = hints.distinct(text, unknown)
        meant = [hints.nearest(value.text, self.spec.classes) for value in wrong[:SHOWN]]
        advice = hints.label_advice(wrong, self.spec.classes)
        if not advice and (len(unknown) > 1 or meant == [None]):
            advice = f"The classes are {hints.some(self.spec.classes)}."
        elif not advice and meant:
            advice = f"Did you mean {quoted(meant[0] or '')}?"
        self.add_distinct(
            "unknown_label",
            ("label {} is not a class of this task", "labels are not classes of this task"),
            advice,
            unknown,
            (wrong, meant),
        )

    def scores(self) -> Floats | None:
        """The score column in file order, or None if it is not numeric at all."""
        values = self.matrix(("score",))
        return None if values is None else np.ascontiguousarray(values[:, 0])

    def probabilities(self) -> Floats | None:
        """Probabilities (rows, K) in declared class order, each row divided by its sum."""
        values = self.matrix(self.spec.classes)
        if values is None:
            return None
        finite = np.isfinite(values).all(axis=1)
        negative = finite & (values < 0).any(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            sums = values.sum(axis=1)
            off = finite & ~negative & ~(np.abs(sums - 1) <= SUM_ACCEPTED)
        self.add(
            "negative_probability",
            "a probability is negative{}",
            "rows have a negative probability",
            "Probabilities lie between 0 and 1.",
            np.flatnonzero(negative),
            None,
        )
        rows = np.flatnonzero(off)
        shown = [f"sum {sums[row]:.6g}" for row in rows[:SHOWN]]
        self.add_shown(
            "row_sum",
            "the probabilities do not sum to 1 ({})",
            "rows have probabilities that do not sum to 1",
            hints.sum_advice(sums[rows], SUM_ACCEPTED),
            rows,
            shown,
        )
        if self.problems:
            return None
        renormalise(values, sums)
        return values

    def matrix(self, columns: Sequence[str]) -> Floats | None:
        """The named columns as floats (rows, len(columns)), or None if one has another type."""
        parsed: list[Numbers] = []
        for name in columns:
            column = self.column(name)
            result = numbers(column, parse=self.raw.is_text)
            if result is None:
                self.wrong_type(name, column, "numbers")
                continue
            parsed.append(result.named(name))
        self.report_numbers(parsed)
        return (
            side_by_side([each.values for each in parsed]) if len(parsed) == len(columns) else None
        )

    def report_numbers(self, parsed: Sequence[Numbers]) -> None:
        """Adds one problem each for empty, non-numeric and non-finite cells of all columns."""
        for code, one, many, advice in _NUMBER_FAULTS:
            rows = np.concatenate([column.faults(code) for column in parsed] or [_NO_ROWS])
            if not len(rows):
                continue
            if code == "not_a_number":
                advice = hints.number_advice(self.some_cells(parsed, code))
            which = np.repeat(np.arange(len(parsed)), [len(c.faults(code)) for c in parsed])
            order = np.lexsort((which, rows))
            shown = [parsed[which[i]].shown(int(rows[i])) for i in order[:SHOWN]]
            self.add_shown(code, one, many, advice, rows[order], shown)

    def some_cells(self, parsed: Sequence[Numbers], code: str) -> list[str]:
        """A few texts of cells with this fault, of all columns that have one."""
        few = [(column.source, column.faults(code)[:SHOWN]) for column in parsed]
        return [
            value.text
            for source, rows in few
            if len(rows)
            for value in hints.distinct(source, rows)
        ]

    # Helpers

    def listed(
        self, found: Sequence[hints.Distinct], meant: Sequence[str | None], total: int
    ) -> str:
        numbers = [int(self.raw.row_numbers[value.first]) for value in found]
        return hints.listed(found, numbers, meant, total)

    def column(self, name: str) -> pa.Array:
        return self.raw.columns[self.raw.names.index(name)]

    def text_column(self, name: str) -> pa.Array | None:
        """The column as text or a dictionary of text; None after reporting that it is neither."""
        column = self.column(name)
        is_dictionary = pa.types.is_dictionary(column.type)
        text = as_text(column.dictionary if is_dictionary else column)
        if text is None:
            self.wrong_type(name, column, "text (string)")
        elif is_dictionary:
            # A few long texts may occur in many cells, so they are never expanded.
            return pa.DictionaryArray.from_arrays(column.indices, text.fill_null(""))
        return text

    def wrong_type(self, name: str, column: pa.Array, expected: str) -> None:
        found = quoted(str(column.type))
        message = f"Column {quoted(name)} has the type {found}. Write it as {expected}."
        self.problems.append(Problem("wrong_type", message))

    def add(
        self, code: str, one: str, many: str, advice: str, rows: Rows, values: pa.Array | None
    ) -> None:
        """Adds a problem for these row indices, showing their values if there are any."""
        first = rows[:SHOWN]
        shown = [""] * len(first) if values is None else _quoted_at(values, first)
        self.add_shown(code, one, many, advice, rows, shown)

    def add_shown(
        self, code: str, one: str, many: str, advice: str, rows: Rows, shown: Sequence[str]
    ) -> None:
        """Adds a problem for these row indices with the texts of the first of them."""
        if len(rows):
            numbered = self.raw.row_numbers[rows]
            self.problems.append(listing(code, one, many, advice, numbered, shown))

    def add_distinct(
        self,
        code: str,
        what: tuple[str, str],
        advice: str,
        rows: Rows,
        found: tuple[Sequence[hints.Distinct], Sequence[str | None]],
    ) -> None:
        """Adds a problem that names each wrong value once, with what it may have meant."""
        one, many = what
        if len(rows) == 1:
            self.add_shown(code, one, many, advice, rows, [quoted(found[0][0].text)])
        elif len(rows):
            message = f"{len(rows):,} {many}: {self.listed(*found, len(rows))}."
            numbers = tuple(int(row) for row in self.raw.row_numbers[rows[:SHOWN]])
            self.problems.append(Problem(code, f"{message} {advice}", numbers, len(rows)))


_ROWS_AT_A_TIME = 4096
_USE_IDS = "Use the ids of the test file, each once."
_NO_ROWS = np.array([], dtype=np.int64)
_NUMBER_FAULTS = (
    ("empty_value", "{} is empty", "cells are empty", "Give a number in every cell."),
    ("not_a_number", "{} is not a number", "cells are not numbers", "Write numbers as 0.25."),
    ("not_finite", "{} is not finite", "cells are not finite", "Replace NaN and infinity."),
)


def side_by_side(columns: Sequence[Floats]) -> Floats:
    """Columns of shape (n,) as an array of shape (n, len(columns))."""
    values = np.empty((len(columns[0]), len(columns)))
    # In batches of rows, so that the column-by-column writes stay in the cache.
    for start in range(0, len(values), _ROWS_AT_A_TIME):
        part = slice(start, start + _ROWS_AT_A_TIME)
        for index, column in enumerate(columns):
            values[part, index] = column[part]
    return values


def renormalise(values: Floats, sums: Floats) -> None:
    """Divides rows by their sums, except rows whose sum is within 1e-9 of 1; those stay bit for
    bit."""
    rows = np.flatnonzero(np.abs(sums - 1) > SUM_KEPT)
    values[rows] /= sums[rows, None]


def in_unit_interval(scores: Floats) -> bool:
    """Whether all scores are in [0,1], so that they can be read as probabilities."""
    return bool(((scores >= 0) & (scores <= 1)).all())


def _mapped(text: pa.Array, places: Callable[[pa.Array], Places]) -> Places:
    """`places` of every cell, or -1 if it is null; dictionaries are looked up, not expanded."""
    if not pa.types.is_dictionary(text.type):
        return places(text)
    of_value = np.append(places(text.dictionary), np.int32(-1))
    # Null has no index; -1 names the value that was just appended.
    codes = text.indices.cast(pa.int64()).fill_null(-1).to_numpy()
    mapped: Places = of_value[codes]
    return mapped


def _places(text: pa.Array, among: pa.Array) -> Places:
    found: Places = pc.index_in(text, value_set=among).fill_null(-1).to_numpy()
    return found


def _blank(text: pa.Array) -> npt.NDArray[np.bool_]:
    """Where the text is empty or null."""
    empty = _mapped(text, lambda values: _places(values, pa.array([""]))) >= 0
    null: npt.NDArray[np.bool_] = text.is_null().to_numpy(zero_copy_only=False)
    return empty | null


def _quoted_at(values: pa.Array, rows: Rows) -> list[str]:
    # One by one: a hostile cell may hold megabytes.
    return [quoted(values[row].as_py()) for row in rows.tolist()]
