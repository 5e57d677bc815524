"""Which staged row goes where: train or test, public or private, under which id and group."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset import splits
from tabset.draft import Draft, Order
from tabset.errors import DatasetError
from tabset.findings import Finding, Level, errors
from tabset.plan import methods, pairs
from tabset.plan.columns import draft_column, is_missing, taken
from tabset.plan.ids import Ids
from tabset.plan.rows import Rows, grouped, labelled
from tabset.splits import Mask, Usage
from tabset.stage import Stage

PARTS = (splits.PUBLIC, splits.PRIVATE, splits.IGNORED)


@dataclass(frozen=True)
class HeldOut:
    """The test rows in output order, each array with one entry per row.

    `numbers` are row numbers of the staged main table from 0. `groups` are the units of
    independence: the text of the role group, else the entity of the left record, else the id.
    """

    numbers: NDArray[np.int64]
    ids: pa.Array
    labels: pa.Array
    groups: pa.Array
    usage: Usage

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class Plan:
    """Where every staged row goes.

    `train` has row numbers of the staged main table from 0, in output order. Rows that are neither
    there nor in `test` are dropped, and `findings` say why. `words` say how train and test were
    divided, without the salt and without anything about test labels. `labels` are those that
    occur, sorted. `matching` has the records and entities of a matching data set.
    """

    train: NDArray[np.int64]
    test: HeldOut
    ids: Ids
    words: str
    labels: tuple[str, ...]
    findings: tuple[Finding, ...]
    matching: pairs.Matching | None = None


def make(draft: Draft, stage: Stage, *, salt: str) -> Plan:
    """The plan of a draft over its staged tables; the same inputs give the same plan.

    Faults of the data are findings of the plan; those of the level error block a build, and the
    plan then says what would happen to the rows that are in order. Raises `DatasetError` if there
    is no label column, or a staged table is absent or broken.
    """
    if not draft.roles.label:
        raise DatasetError("no column holds the label: set roles.label in draft.json")
    for table in draft.tables:
        if table not in stage.tables:
            raise DatasetError(f"the table {table!r} is not staged; import the raw files again")
    rows = labelled(draft, stage.tables[draft.main], draft.split.shared_salt or salt)
    matching = grouped(rows, stage)
    test, words = methods.divide(rows)
    test = methods.without_crossing(rows, test, matching)
    _tell_empty_side(rows, test)
    ids = Ids.of(draft, rows.staged.rows, salt)
    test_rows = _test_rows(rows, np.flatnonzero(test), ids)
    return Plan(
        train=rows.numbers[~test],
        test=_shuffled(test_rows, salt) if draft.order is Order.SHUFFLE else test_rows,
        ids=ids,
        words=words,
        labels=tuple(sorted(rows.label_texts)),
        findings=tuple(rows.findings),
        matching=matching,
    )


def _tell_empty_side(rows: Rows, test: Mask) -> None:
    if errors(rows.findings) or 0 < test.sum() < len(test):
        return
    side = "train" if test.any() else "test"
    message = f"No row with a label is left for {side}: change `split` in draft.json."
    rows.finding(Level.ERROR, "empty-side", message)


def _test_rows(rows: Rows, chosen: NDArray[np.int64], ids: Ids) -> HeldOut:
    numbers = rows.numbers[chosen]
    names = _ids(rows, numbers, ids)
    labels = pa.array(rows.label_texts, pa.string()).take(pa.array(rows.labels[chosen]))
    groups = names
    if rows.groups is not None and rows.group_texts is not None:
        groups = compute.coalesce(rows.group_texts(rows.groups[chosen]), names)
    return HeldOut(numbers, names, labels, groups, _usage(rows, chosen, labels, groups))


def _ids(rows: Rows, numbers: NDArray[np.int64], ids: Ids) -> pa.Array:
    """The ids of the test rows; where they are kept, missing and doubled ones are findings."""
    source = taken(rows.staged, ids.column, numbers) if ids.column else None
    found = ids.of_rows(numbers, source)
    if ids.new:
        return found
    column = draft_column(rows.draft, rows.draft.main, ids.column)
    if (missing := np.asarray(is_missing(column, found))).any():
        message = f"{int(missing.sum())} test rows have no id"
        _tell_ids(rows, "missing-id", message, ids.column, numbers[missing])
    codes, distinct = splits.encoded(found.filter(pa.array(~missing)))
    if len(distinct) < len(codes):
        doubled = (np.bincount(codes) > 1)[codes]
        message = f"{int(doubled.sum())} test rows share their id with another test row"
        _tell_ids(rows, "doubled-id", message, ids.column, numbers[~missing][doubled])
    return compute.fill_null(found, "")


def _tell_ids(rows: Rows, code: str, message: str, column: str, numbers: NDArray[np.int64]) -> None:
    advice = f"{message}: correct the column {column!r}, or set `ids` to new."
    rows.finding_at(Level.ERROR, code, advice, column, numbers)


def _usage(rows: Rows, chosen: NDArray[np.int64], labels: pa.Array, groups: pa.Array) -> Usage:
    if not len(chosen):
        return Usage((), rows.salt, 1, 0.0)
    if rows.draft.roles.usage:
        return splits.given_usage(_given_parts(rows, chosen))
    rule = rows.draft.split
    share, salts = rule.public_share, 1 if rule.shared_salt else splits.MOST_SALTS
    try:
        return splits.usable_public_private(
            groups, labels, salt=rows.salt, share=share, salts=salts
        )
    except DatasetError as error:
        rows.finding(
            Level.ERROR,
            "public-private",
            f"The test rows cannot be divided into a public and a private part: {error}. Choose a"
            " larger test share, another public share, or smaller groups"
            + (", or give all sister data sets another `shared_salt`." if salts == 1 else "."),
        )
        parts = splits.public_private(groups, rows.salt, share)
        return Usage(parts, rows.salt, 1, parts.count(splits.PUBLIC) / len(parts))


def _given_parts(rows: Rows, chosen: NDArray[np.int64]) -> tuple[str, ...]:
    """The parts in the column of the role usage; what is none of them counts as ignored."""
    name = rows.draft.roles.usage
    column = rows.column(name)
    names = np.array([*column.lowered(), ""], dtype=object)[column.codes[chosen]]
    unknown = ~np.isin(names.astype(str), PARTS)
    if unknown.any():
        rows.finding_at(
            Level.ERROR,
            "usage-value",
            f"{int(unknown.sum())} test rows have neither public, private nor ignored in {name!r}:"
            " correct the cells, or take the role `usage` away.",
            name,
            rows.numbers[chosen][unknown],
        )
        names[unknown] = splits.IGNORED
    by_name = {part: part for part in PARTS}
    return tuple(map(by_name.__getitem__, names.tolist()))


def _shuffled(test: HeldOut, salt: str) -> HeldOut:
    order = splits.generator(salt, "order").permutation(len(test))
    places = pa.array(order)
    parts = np.array(test.usage.parts, dtype=object)[order]
    return HeldOut(
        test.numbers[order],
        test.ids.take(places),
        test.labels.take(places),
        test.groups.take(places),
        replace(test.usage, parts=tuple(parts.tolist())),
    )
