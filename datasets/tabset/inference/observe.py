"""What is seen of one column while its cells go by."""

import re
from collections.abc import Sequence

import pyarrow as pa
from pyarrow import compute

from tabset.inference import shapes
from tabset.inference.distinct import Distinct
from tabset.inference.probes import Dates, Numbers, Probe, Shape


class ColumnObserver:
    """The different values of one column and the types that are still possible.

    `rows` counts all cells, `filled` those that are neither null nor empty.
    """

    def __init__(self, name: str, byte_limit: int) -> None:
        self.name = name
        self.rows = 0
        self.filled = 0
        self.distinct = Distinct(byte_limit)
        self.numbers = Numbers()
        self.images: Shape | None = None
        self.lists: Shape | None = None
        self.dates: dict[str, Dates] = {}
        self._probes: list[Probe] = [self.numbers]
        self._undecided = True

    def see(self, chunks: Sequence[pa.Array]) -> None:
        """Takes the next cells, in order."""
        cells = _filled(chunks)
        self.rows += sum(len(chunk) for chunk in chunks)
        self.filled += len(cells)
        if not len(cells):
            return
        if self.distinct.full and not any(probe.alive for probe in self._probes):
            return
        texts = self.distinct.see(cells)
        if self._undecided:
            self._consider(texts.values)
        for probe in self._probes:
            probe.see(texts)

    def _consider(self, values: pa.Array) -> None:
        """Chooses the other probes by the first value that does not mean missing.

        To try them all would take too long where there are thousands of columns. The cells before,
        which all mean missing, are those that the numbers have as exceptions.
        """
        first = next((text for text in map(_text, values) if not shapes.is_missing(text)), None)
        if first is None:
            return
        self._undecided = False
        if shapes.DATED.match(first):
            found = [form for form, pattern in shapes.DATES.items() if re.match(pattern, first)]
            self.dates = {form: Dates(form) for form in found}
        if first.lstrip().startswith("["):
            self.lists = Shape(shapes.JSON_LIST)
        if re.search(shapes.IMAGE, first):
            self.images = Shape(shapes.IMAGE)
        chosen = [probe for probe in (self.lists, self.images, *self.dates.values()) if probe]
        for probe in chosen:
            probe.alive = self.numbers.alive
            probe.exceptions = dict(self.numbers.exceptions)
        self._probes += chosen


def _text(value: pa.StringScalar) -> str:
    text: str = value.as_py()
    return text


def _filled(chunks: Sequence[pa.Array]) -> pa.Array:
    cells = pa.concat_arrays(chunks)
    filled = cells.drop_null() if cells.null_count else cells
    if compute.min(compute.binary_length(filled)).as_py() == 0:
        filled = filled.filter(compute.not_equal(filled, ""))
    return filled
