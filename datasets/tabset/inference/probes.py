"""Probes: which cells of a column would read as one type, and which few would not."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tabset import cells
from tabset.cells import CellError
from tabset.inference import shapes
from tabset.inference.distinct import Texts
from tabset.schema import ColumnType

MOST_EXCEPTIONS = 20
HEAD = 200
SENTINELS = pa.array(
    [
        f"-{digits}{end}"
        for digits in ("1", "9", "99", "999", "9999", "99999")
        for end in ("", ".0")
    ],
    pa.string(),
)
FIRST_INEXACT = 2.0**53
Mask = NDArray[np.bool_]


class Probe:
    """Sorts filled cells into those that read as its type and at most 20 different exceptions.

    With more exceptions the type is ruled out for good: `alive` becomes False and the probe no
    longer looks. `exceptions` maps texts to their numbers of cells, in order of appearance.
    """

    def __init__(self) -> None:
        self.alive = True
        self.fitting = 0
        self.exceptions: dict[str, int] = {}

    def fits(self, values: pa.Array) -> Mask:
        """Which values read as the type."""
        raise NotImplementedError

    def see(self, texts: Texts) -> None:
        """Looks at the next filled cells."""
        if not self.alive or not len(texts.values):
            return
        texts = self._without_known(texts)
        if len(texts.values) > HEAD and not self._promising(texts.values.slice(0, HEAD)):
            texts = Texts(texts.values.slice(0, HEAD))
        mask = self.fits(texts.values)
        self.fitting += texts.total(mask)
        self.note(texts, mask)
        if not mask.all():
            self._except(texts.filter(~mask))

    def note(self, texts: Texts, mask: Mask) -> None:
        """Takes down what the fitting cells are like."""

    def _promising(self, head: pa.Array) -> bool:
        """Whether the first cells leave the type possible, which spares reading all of them."""
        others = head.filter(pa.array(~self.matches(head)))
        return len(others) + len(self.exceptions) <= MOST_EXCEPTIONS or (
            len(compute.unique(others)) + len(self.exceptions) <= MOST_EXCEPTIONS
        )

    def matches(self, values: pa.Array) -> Mask:
        """Which values have the outer shape of the type; a cheap condition that `fits` implies."""
        raise NotImplementedError

    def _without_known(self, texts: Texts) -> Texts:
        """The cells that are not known exceptions; those are counted."""
        if not self.exceptions:
            return texts
        known = list(self.exceptions)
        places = compute.index_in(texts.values, value_set=pa.array(known, pa.string()))
        if places.null_count == len(places):
            return texts
        place = np.asarray(compute.fill_null(places, -1))
        for number, text in enumerate(known):
            self.exceptions[text] += texts.total(place == number)
        return texts.filter(place < 0)

    def _except(self, texts: Texts) -> None:
        values = compute.unique(texts.values)
        for text in values.slice(0, MOST_EXCEPTIONS + 1 - len(self.exceptions)).to_pylist():
            found = np.asarray(compute.equal(texts.values, text))
            self.exceptions[text] = texts.total(found)
        self.alive = len(self.exceptions) <= MOST_EXCEPTIONS


class Shape(Probe):
    """Cells that match a pattern."""

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self._pattern = pattern

    def matches(self, values: pa.Array) -> Mask:
        return _matching(values, self._pattern)

    def fits(self, values: pa.Array) -> Mask:
        return self.matches(values)


@dataclass(frozen=True)
class Dated:
    """What `cells.parse` has to know of a column of dates."""

    format: str
    type: ColumnType = ColumnType.DATETIME
    missing_values: tuple[str, ...] = ()


class Dates(Shape):
    """Cells that are dates of one format and in the calendar."""

    def __init__(self, form: str) -> None:
        super().__init__(shapes.DATES[form])
        self.form = form

    def fits(self, values: pa.Array) -> Mask:
        mask = self.matches(values)
        for _ in range(MOST_EXCEPTIONS + 1):
            try:
                cells.parse(Dated(self.form), values.filter(pa.array(mask)))
            except CellError as error:  # 31 February
                impossible = values[int(np.flatnonzero(mask)[error.row])]
                mask &= ~np.asarray(compute.equal(values, impossible))
            else:
                return mask
        return mask


class Numbers(Probe):
    """Cells that are numbers and lose nothing as such, with what the numbers are like.

    No number in this sense is one with leading zeros or a plus sign, which are signs of a code,
    nor a whole number from 2^53 on, whose last digits may be lost. `sentinels` counts the cells
    -1, -99, -999 …, which mean "missing" in many sources, as long as no other number is negative.
    """

    def __init__(self) -> None:
        super().__init__()
        self.low = np.inf
        self.high = -np.inf
        self.whole = True
        self.otherwise_negative = False
        self.sentinels: dict[str, int] = {}

    def matches(self, values: pa.Array) -> Mask:
        return _matching(values, shapes.NUMBER)

    def fits(self, values: pa.Array) -> Mask:
        try:
            self._numbers = np.asarray(compute.cast(values, pa.float64()))
            return self._sound(values, self._numbers)
        except pa.ArrowInvalid:
            mask = self.matches(values)
            bare = compute.ascii_trim_whitespace(values.filter(pa.array(mask)))
            numbers = np.asarray(compute.cast(bare, pa.float64()))
            self._numbers = np.zeros(len(values))
            self._numbers[mask] = numbers
            mask[mask] = self._sound(bare, numbers)
            return mask

    def note(self, texts: Texts, mask: Mask) -> None:
        numbers = self._numbers[mask]
        if not len(numbers):
            return
        low = numbers.min()
        self.low, self.high = min(self.low, float(low)), max(self.high, float(numbers.max()))
        self.whole = self.whole and bool((numbers == np.floor(numbers)).all())
        if low < 0 and not self.otherwise_negative:
            self._note_negative(texts.filter(mask & (self._numbers < 0)))

    def _note_negative(self, texts: Texts) -> None:
        spelled = compute.unique(texts.values)
        if not compute.all(compute.is_in(spelled, value_set=SENTINELS)).as_py():
            self.otherwise_negative = True
            return
        for text in spelled.to_pylist():
            count = texts.total(np.asarray(compute.equal(texts.values, text)))
            self.sentinels[text] = self.sentinels.get(text, 0) + count

    @staticmethod
    def _sound(values: pa.Array, numbers: NDArray[np.float64]) -> Mask:
        """Which of the numbers stand for themselves."""
        sound: Mask = np.isfinite(numbers) & ~_coded(values)
        large = np.flatnonzero(np.abs(numbers) >= FIRST_INEXACT)
        if len(large):
            sound[large] &= ~_matching(values.take(pa.array(large)), shapes.WHOLE)
        return sound


def _matching(values: pa.Array, pattern: str) -> Mask:
    return np.array(compute.match_substring_regex(values, pattern), np.bool_)


def _coded(values: pa.Array) -> Mask:
    """Which number texts begin with a plus sign or with a zero and another digit.

    It looks at bytes, since a pattern would take longer than reading the numbers does.
    """
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[
        values.offset : values.offset + len(values) + 1
    ]
    data = np.frombuffer(data_buffer, np.uint8)
    starts = offsets[:-1] + (data[offsets[:-1]] == ord("-"))
    first = data[starts]
    more = starts + 1 < offsets[1:]
    second = data[np.where(more, starts + 1, starts)]
    digit = (second >= ord("0")) & (second <= ord("9"))
    coded: Mask = (first == ord("+")) | ((first == ord("0")) & digit & more)
    return coded
