"""Files of pairs: which columns name the left and right record, and which carry their values."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from tabset.findings import Level
from tabset.importers.base import Request
from tabset.importers.records import Cells, Records

# (left, right) as prefixes or suffixes of the names of columns
STYLES = (("ltable_", "rtable_"), ("left_", "right_"), ("_left", "_right"))
KEYS = ("id", "_id")


@dataclass(frozen=True)
class Side:
    """The columns of one side: `key` names the record's id (or is empty), `columns` its values.

    `columns` are (name in the record, name in the file of pairs).
    """

    key: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Form:
    """A file of pairs: both sides, and the columns of the pair itself in `rest`."""

    left: Side
    right: Side
    rest: tuple[str, ...]

    @property
    def has_keys(self) -> bool:
        """Whether both records are named by their ids."""
        return bool(self.left.key and self.right.key)


def form(names: Sequence[str]) -> Form | None:
    """How columns stand for pairs, by the first style that fits; None if they do not."""
    for marks in STYLES:
        left, right = (_side(names, mark) for mark in marks)
        if _is_pair(left, right):
            taken = {name for side in (left, right) for _, name in side.columns}
            taken |= {left.key, right.key}
            return Form(left, right, tuple(name for name in names if name not in taken))
    return None


def _side(names: Sequence[str], mark: str) -> Side:
    marked = [
        (name[: -len(mark)] if mark.startswith("_") else name[len(mark) :], name)
        for name in names
        if (name.endswith(mark) if mark.startswith("_") else name.startswith(mark))
    ]
    key = next((name for short, name in marked if short in KEYS), "")
    return Side(key, tuple((short, name) for short, name in marked if short and name != key))


def _is_pair(left: Side, right: Side) -> bool:
    shared = {short for short, _ in left.columns} & {short for short, _ in right.columns}
    return bool(left.key and right.key) or bool(shared)


class Makers:
    """Makes the records of pairs that carry them: one per id, or else one per text."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self.sides = {"left": Records(), "right": Records()}
        self._odd: dict[str, list[int]] = {"left": [], "right": []}
        self._row = 0

    def ids(self, batch: pa.RecordBatch) -> list[pa.Array]:
        """The ids of the left and of the right record of each pair."""
        found = []
        for name, side in (("left", self._form.left), ("right", self._form.right)):
            cells = _cells(batch, side)
            if self._form.has_keys:
                keys = batch[side.key]
                for place, (key, each) in enumerate(zip(keys.to_pylist(), cells, strict=True)):
                    if key is not None and not self.sides[name].keyed(key, each):
                        self._odd[name].append(self._row + place + 1)
                found.append(keys)
            else:
                made = [self.sides[name].id_of(each) for each in cells]
                found.append(pa.array(made, pa.string()))
        self._row += batch.num_rows
        return found

    def tell(self, request: Request) -> None:
        """A finding about made ids, or about ids that stand for several texts."""
        if not self._form.has_keys:
            request.tell(
                Level.INFO,
                "records-made",
                "The pairs have no record ids: one record is made for each different text of a"
                " side, and its id is a hash of that text.",
            )
        for name, odd in self._odd.items():
            if odd:
                request.tell(
                    Level.WARNING,
                    "record-differs",
                    f"{len(odd)} pairs give a {name} record other values than an earlier pair"
                    " with the same id; the first values are kept. Give the record tables as well"
                    " if they should decide.",
                    table="pairs",
                    rows=odd,
                )


def _cells(batch: pa.RecordBatch, side: Side) -> list[Cells]:
    names = [short for short, _ in side.columns]
    columns = [batch[name].to_pylist() for _, name in side.columns]
    return [tuple(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
