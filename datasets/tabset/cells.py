"""The cells of a column: text to typed values, and typed values to canonical text and CSV.

Everything works on whole Arrow arrays; Python sees single values only where they are rare.
"""

import datetime as dt
import json
import re
import string
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pyarrow as pa
from pyarrow import compute

from tabset.errors import DatasetError
from tabset.schema import ColumnType

ARROW_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.ID: pa.string(),
    ColumnType.TEXT: pa.string(),
    ColumnType.NUMERIC: pa.float64(),
    ColumnType.CATEGORICAL: pa.string(),
    ColumnType.DATETIME: pa.timestamp("us"),
    ColumnType.IMAGE: pa.string(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.LIST: pa.list_(pa.string()),
}
TRUE_WORDS = ("true", "yes", "t", "y")
FALSE_WORDS = ("false", "no", "f", "n")
MOST_BATCH_BYTES = 1 << 28  # Arrow counts the bytes of one text array in 32 bits
SHOWN = 80
LOOKED_AT = 1024
_SPECIAL = '[",\r\n]'
_LOCALE_NUMBER = re.compile(r"[+-]?[0-9][0-9.,' ]*,[0-9.,' ]*")


class Described(Protocol):
    """What `parse` has to know of a column; `tabset.draft.DraftColumn` says what it means."""

    @property
    def type(self) -> ColumnType: ...
    @property
    def format(self) -> str: ...
    @property
    def missing_values(self) -> tuple[str, ...]: ...


class CellError(DatasetError):
    """One cell that does not fit its column: its 0-based `row`, its text, what was `expected`."""

    def __init__(self, row: int, value: str, expected: str) -> None:
        self.row = row
        self.value = value
        self.expected = expected
        super().__init__(f"row {row + 1}: {self.fault}")

    @property
    def fault(self) -> str:
        """The value and what was expected, without the row."""
        shown = self.value if len(self.value) <= SHOWN else f"{self.value[:SHOWN]}…"
        return f"{shown!r} is not {self.expected}"


def parse(column: Described, values: pa.Array) -> pa.Array:
    """The typed values of raw text cells, of the type that the standard keeps them in.

    Null, an empty cell and each of `missing_values` are missing. Numbers, dates, booleans and lists
    may have blanks around them; dates with a zone become UTC. Raises `CellError` at the first cell
    that does not fit.
    """
    read = _RAW.get(column.type)
    if read is None:
        return _without(values, ("", *column.missing_values))
    try:
        return read(_without(values, column.missing_values), column.format)
    except CellError:  # blanks are rare, so they are looked for when a cell does not fit
        trimmed = _without(compute.ascii_trim_whitespace(values), ("", *column.missing_values))
    try:
        return read(trimmed, column.format)
    except CellError as error:
        raise CellError(error.row, values[error.row].as_py(), error.expected) from error


def read(kind: ColumnType, values: pa.Array) -> pa.Array:
    """The typed values of canonical texts as `render` writes them; `CellError` if they are not."""
    canonical = _CANONICAL.get(kind)
    return values if canonical is None else canonical(values)


def render(values: pa.Array) -> pa.Array:
    """The canonical texts of typed values, null where one is missing.

    They depend only on the values, in every version of Arrow: content hashes are made from them.
    """
    write = _WRITERS.get(values.type.id)
    return values if write is None else write(values)


def csv_buffer(batch: pa.RecordBatch) -> pa.Buffer:
    """The canonical CSV lines of a typed batch: UTF-8, LF, RFC 4180, an empty cell is missing."""
    if batch.nbytes > MOST_BATCH_BYTES and batch.num_rows > 1:
        half = batch.num_rows // 2
        parts = (csv_buffer(batch.slice(0, half)), csv_buffer(batch.slice(half)))
        return pa.py_buffer(b"".join(parts))
    texts = [_quoted(render(column), column.type) for column in batch.columns]
    last = compute.binary_join_element_wise(
        texts[-1], "\n", "", null_handling="replace", null_replacement=""
    )
    lines = compute.binary_join_element_wise(
        *texts[:-1], last, ",", null_handling="replace", null_replacement=""
    )
    return _data(lines)


def quoted(text: str) -> str:
    """The text as one CSV cell."""
    return '"' + text.replace('"', '""') + '"' if re.search(_SPECIAL, text) else text


def _data(texts: pa.Array) -> pa.Buffer:
    """The bytes of a text array, one text after the other."""
    offsets = texts.buffers()[1]
    if len(texts) == 0 or offsets is None or texts.buffers()[2] is None:
        return pa.py_buffer(b"")
    ends = memoryview(offsets).cast("i")
    start, end = ends[texts.offset], ends[texts.offset + len(texts)]
    return texts.buffers()[2].slice(start, end - start)


def _quoted(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """The texts as CSV cells; one look at the bytes finds columns without anything to quote."""
    if not (pa.types.is_string(kind) or pa.types.is_list(kind)):
        return texts
    data = _data(texts).to_pybytes()
    if not any(mark in data for mark in (b",", b'"', b"\n", b"\r")):
        return texts
    if compute.count_distinct(texts.slice(0, LOOKED_AT)).as_py() > LOOKED_AT // 4:
        return _marked(texts)
    encoded = texts.dictionary_encode()  # few texts that come often are quoted once
    return _marked(encoded.dictionary).take(encoded.indices)


def _marked(texts: pa.Array) -> pa.Array:
    special = compute.match_substring_regex(texts, _SPECIAL)
    doubled = compute.replace_substring(texts, '"', '""')
    return compute.if_else(special, compute.binary_join_element_wise('"', doubled, '"', ""), texts)


def _without(values: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    """The values with the texts that mean missing made null."""
    if not missing:
        return values
    if missing == ("",) and compute.min(compute.binary_length(values)).as_py() != 0:
        return values  # known without reading the texts
    found = compute.is_in(values, value_set=pa.array(missing, pa.string()))
    if not compute.any(found).as_py():
        return values
    return compute.if_else(found, pa.scalar(None, pa.string()), values)


# Text to values


def _numbers(texts: pa.Array, _: str = "") -> pa.Array:
    numbers = _converted(texts, lambda part: compute.cast(part, pa.float64()), _expected_number)
    finite = compute.is_finite(numbers)
    if compute.all(finite).as_py() is False:
        row = compute.index(finite, False).as_py()
        raise CellError(row, texts[row].as_py(), _expected_number(texts[row].as_py()))
    return numbers


def _expected_number(text: str) -> str:
    if _LOCALE_NUMBER.fullmatch(text.strip()):
        return "a number with a point before the decimals and nothing between thousands, as 1234.5"
    return "a finite number"


def _converted(
    texts: pa.Array, convert: Callable[[pa.Array], pa.Array], expected: Callable[[str], str]
) -> pa.Array:
    """The converted texts; the first one that cannot be converted is found by halving."""
    try:
        return convert(texts)
    except pa.ArrowInvalid:
        start, end = 0, len(texts)
    while end - start > 1:
        middle = (start + end) // 2
        try:
            convert(texts.slice(start, middle - start))
            start = middle
        except pa.ArrowInvalid:
            end = middle
    text = texts[start].as_py()
    raise CellError(start, text, expected(text))


def _distinct(
    texts: pa.Array, convert: Callable[[str], Any], kind: ColumnType, expected: str
) -> pa.Array:
    """The texts converted by a Python function that sees each different text once."""
    encoded = texts.dictionary_encode()
    converted = []
    for text in encoded.dictionary.to_pylist():
        try:
            converted.append(convert(text))
        except (ValueError, OverflowError, RecursionError) as error:
            row = compute.index(texts, pa.scalar(text, pa.string())).as_py()
            raise CellError(row, text, expected) from error
    return pa.array(converted, ARROW_TYPES[kind]).take(encoded.indices)


def _canonical_moments(texts: pa.Array) -> pa.Array:
    return _converted(
        texts,
        lambda part: compute.cast(part, pa.timestamp("us")),
        lambda _: "a date and time as 2026-01-31T12:00:00",
    )


def _moments(texts: pa.Array, form: str) -> pa.Array:
    if form:
        return _moments_as(texts, form)
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return compute.cast(texts, kind).cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            continue
    expected = "a date or time in ISO 8601, as 2026-01-31 or 2026-01-31T12:00:00"
    return _distinct(
        texts, lambda text: _utc(dt.datetime.fromisoformat(text)), ColumnType.DATETIME, expected
    )


def _moments_as(texts: pa.Array, form: str) -> pa.Array:
    """Dates of a strptime format.

    Arrow reads 31 February as a day in March, so its reading counts where it gives the text back;
    Python reads the other texts.
    """
    seconds = compute.strptime(texts, form, "s", error_is_null=True)
    sure = compute.fill_null(compute.equal(compute.strftime(seconds, form), texts), False)
    rest = compute.if_else(sure, pa.scalar(None, pa.string()), texts)
    moments = seconds.cast(pa.timestamp("us"))
    if rest.null_count == len(rest):
        return moments
    slow = _distinct(
        rest,
        lambda text: _utc(dt.datetime.strptime(text, form)),
        ColumnType.DATETIME,
        f"a date of the format {form}",
    )
    return compute.if_else(sure, moments, slow)


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def _canonical_booleans(texts: pa.Array) -> pa.Array:
    return _words(texts, TRUE_WORDS[:1], FALSE_WORDS[:1], "true or false")


def _booleans(texts: pa.Array, _: str) -> pa.Array:
    lower = compute.utf8_lower(texts)
    return _words(lower, TRUE_WORDS, FALSE_WORDS, "true or false, or yes or no")


def _words(
    texts: pa.Array, true: tuple[str, ...], false: tuple[str, ...], expected: str
) -> pa.Array:
    place = compute.index_in(texts, value_set=pa.array((*true, *false), pa.string()))
    if place.null_count > texts.null_count:
        unknown = compute.and_(compute.is_null(place), compute.is_valid(texts))
        row = compute.index(unknown, True).as_py()
        raise CellError(row, texts[row].as_py(), expected)
    return compute.less(place, len(true))


def _canonical_lists(texts: pa.Array) -> pa.Array:
    return _distinct(texts, _json_list, ColumnType.LIST, "a JSON list of texts")


def _lists(texts: pa.Array, separator: str) -> pa.Array:
    """Lists from JSON, or from texts with a separator, without blanks and empty items."""
    if not separator:
        return _canonical_lists(texts)
    escaped = "".join(f"\\{mark}" if mark in string.punctuation else mark for mark in separator)
    between = rf"\s*(?:{escaped}\s*)+"
    tidy = compute.replace_substring_regex(texts, rf"^{between}|{between}$|^\s+|\s+$", "")
    tidy = compute.replace_substring_regex(tidy, between, separator.replace("\\", "\\\\"))
    return compute.split_pattern(_without(tidy, ("",)), separator)


def _json_list(text: str) -> list[str]:
    items = json.loads(text)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(text)
    return items


_RAW: Mapping[ColumnType, Callable[[pa.Array, str], pa.Array]] = {
    ColumnType.NUMERIC: _numbers,
    ColumnType.DATETIME: _moments,
    ColumnType.BOOLEAN: _booleans,
    ColumnType.LIST: _lists,
}
_CANONICAL: Mapping[ColumnType, Callable[[pa.Array], pa.Array]] = {
    ColumnType.NUMERIC: _numbers,
    ColumnType.DATETIME: _canonical_moments,
    ColumnType.BOOLEAN: _canonical_booleans,
    ColumnType.LIST: _canonical_lists,
}


# Values to text


def _number_texts(values: pa.Array) -> pa.Array:
    """The shortest texts that read back as the same floats; whole numbers without a point.

    Arrow's texts are Python's for whole numbers by way of integers and between 1e-4 and 1e10.
    """
    ends = compute.min_max(values).as_py()
    if ends["min"] == ends["max"] and ends["min"] is not None and not values.null_count:
        return pa.repeat(_number(ends["min"]), len(values))
    if _all_whole(values, ends):
        return compute.cast(compute.cast(values, pa.int64()), pa.string())
    texts = compute.cast(compute.add(values, 0.0), pa.string())  # -0.0 + 0.0 is 0.0
    size = compute.abs(values)
    plain = compute.and_(compute.greater_equal(size, 1e-4), compute.less(size, 1e10))
    rare = compute.fill_null(compute.invert(compute.or_(plain, compute.equal(size, 0.0))), False)
    if not compute.any(rare).as_py():
        return texts
    spelled = [_number(value) for value in values.filter(rare).to_pylist()]
    return compute.replace_with_mask(texts, rare, pa.array(spelled, pa.string()))


def _all_whole(values: pa.Array, ends: Mapping[str, float | None]) -> bool:
    if ends["min"] is None or ends["max"] is None:
        return True
    small = ends["min"] > -1e15 and ends["max"] < 1e15
    return small and bool(compute.all(compute.equal(compute.floor(values), values)).as_py())


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _moment_texts(values: pa.Array) -> pa.Array:
    try:
        texts = compute.cast(compute.cast(values, pa.timestamp("s")), pa.string())
    except pa.ArrowInvalid:  # fractions of a second, empty for whole seconds
        texts = compute.replace_substring_regex(compute.cast(values, pa.string()), r"\.000000$", "")
    return compute.replace_substring(texts, " ", "T")


def _boolean_texts(values: pa.Array) -> pa.Array:
    return compute.cast(values, pa.string())


def _list_texts(values: pa.Array) -> pa.Array:
    """The lists as JSON, put together from the JSON of their items."""
    items = values.flatten().dictionary_encode()
    spelled = pa.array(
        [json.dumps(item, ensure_ascii=False) for item in items.dictionary.to_pylist()], pa.string()
    )
    spelled = compute.fill_null(spelled.take(items.indices), "null")
    lengths = compute.fill_null(compute.list_value_length(values), 0)
    ends = compute.cumulative_sum(lengths)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends.cast(pa.int32())])
    joined = compute.binary_join(pa.ListArray.from_arrays(offsets, spelled), ", ")
    texts = compute.binary_join_element_wise("[", joined, "]", "")
    return compute.if_else(compute.is_valid(values), texts, pa.scalar(None, pa.string()))


# by the number of the type: lists from Parquet name their items otherwise and are the same lists
_WRITERS: Mapping[int, Callable[[pa.Array], pa.Array]] = {
    pa.float64().id: _number_texts,
    pa.timestamp("us").id: _moment_texts,
    pa.bool_().id: _boolean_texts,
    pa.list_(pa.string()).id: _list_texts,
}
