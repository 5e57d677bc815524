"""Arrow values of any type as texts."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyarrow import compute
from pyarrow import types as kinds

from tabset import cells
from tabset.readers.embedded import Images
from tabset.readers.raw import SHOWN_ROWS, ImageSink, Report, shown

_MICROSECONDS = pa.timestamp("us")
_FIRST_MOMENT = dt.datetime(1, 1, 1)
_LAST_MOMENT = dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)
_PLAIN = (
    kinds.is_null,
    kinds.is_integer,
    kinds.is_boolean,
    kinds.is_decimal,
    kinds.is_time,
)


@dataclass
class _Oddity:
    """Something about the cells of one column: the first rows and how many."""

    rows: list[int] = field(default_factory=list)
    count: int = 0
    example: str = ""


@dataclass
class Converter:
    """Turns the columns of one file into texts, and reports in the end what was odd in them."""

    name: str
    report: Report
    images: ImageSink | None = None
    _odd: dict[tuple[str, str], _Oddity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._images = Images(self.name, self.report, self.images)

    def texts(self, column: str, values: pa.Array, before: int) -> pa.Array:
        """The texts of a batch's column, `before` rows after the start of the file.

        Whole floats are written without a point, moments in ISO 8601 and UTC, lists as JSON lists
        of texts, images as file names, whatever else is nested as JSON.
        """
        kind = values.type
        if kinds.is_nested(kind) or kinds.is_dictionary(kind):
            values.validate(full=True)  # a damaged file may point outside of its own data
        if isinstance(kind, pa.BaseExtensionType):
            return self.texts(column, values.storage, before)
        if kinds.is_dictionary(kind):
            return self.texts(column, values.dictionary_decode(), before)
        if any(test(kind) for test in _PLAIN):
            return compute.cast(values, pa.string())
        for test, convert in self._conversions():
            if test(kind):
                return convert(column, values, before)
        return self._nested(column, values, before)

    def _conversions(
        self,
    ) -> tuple[tuple[Callable[[pa.DataType], bool], Callable[[str, pa.Array, int], pa.Array]], ...]:
        return (
            (kinds.is_floating, self._numbers),
            (kinds.is_timestamp, self._moments),
            (kinds.is_date, self._dates),
            (kinds.is_duration, self._durations),
            (_is_text, self._binary),  # Arrow does not look whether a file's text is UTF-8
            (_is_binary, self._binary),
            (_is_image, self._images.names),
            (_is_flat_list, self._lists),
        )

    def tell(self) -> None:
        """Reports what was odd, once per column and kind."""
        for (code, column), odd in self._odd.items():
            tell = self.report.error if code in _ERRORS else self.report.warning
            tell(
                code,
                f"{self.name}: column {column!r}, row {odd.rows[0]}: {odd.example} "
                f"{_WORDS[code]} ({odd.count} rows)",
                column=column,
                rows=odd.rows,
                count=odd.count,
            )

    def _note(self, code: str, column: str, mask: pa.Array, before: int, values: pa.Array) -> None:
        """Remembers the rows where the mask holds."""
        places = compute.indices_nonzero(compute.fill_null(mask, False))
        if not len(places):
            return
        odd = self._odd.setdefault((code, column), _Oddity())
        if not odd.rows:
            odd.example = shown(_example(values, places[0].as_py()))
        first = places.slice(0, max(0, SHOWN_ROWS - len(odd.rows))).to_pylist()
        odd.rows += [before + place + 1 for place in first]
        odd.count += len(places)

    def _numbers(self, column: str, values: pa.Array, before: int) -> pa.Array:
        if not kinds.is_float64(values.type):
            # By way of text: 0.1 of a short float is to be 0.1 and not 0.10000000149011612.
            values = compute.cast(compute.cast(values, pa.string()), pa.float64())
        odd = compute.invert(compute.is_finite(values))
        if compute.any(odd).as_py():
            self._note("nan", column, compute.is_nan(values), before, values)
            self._note("infinite", column, compute.is_inf(values), before, values)
            values = compute.if_else(odd, pa.scalar(None, pa.float64()), values)
        return cells.render(values)

    def _moments(self, column: str, values: pa.Array, before: int) -> pa.Array:
        kind = values.type
        if kind.tz:
            self._note("time-zone", column, compute.is_valid(values), before, values)
        values = compute.cast(values, pa.timestamp(kind.unit))  # the moments themselves are in UTC
        if kind.unit == "ns":
            cut = compute.cast(compute.cast(values, _MICROSECONDS, safe=False), values.type)
            self._note("nanoseconds", column, compute.not_equal(cut, values), before, values)
        values = self._in_range(column, values, before)
        return cells.render(compute.cast(values, _MICROSECONDS, safe=False))

    def _in_range(self, column: str, values: pa.Array, before: int) -> pa.Array:
        """The moments, without those that no calendar of four-digit years has."""
        if values.type.unit == "ns":
            return values
        first, last = (
            pa.scalar(moment, _MICROSECONDS).cast(values.type, safe=False)
            for moment in (_FIRST_MOMENT, _LAST_MOMENT)
        )
        outside = compute.or_(compute.less(values, first), compute.greater(values, last))
        if not compute.any(outside).as_py():
            return values
        self._note("year", column, outside, before, values)
        return compute.if_else(outside, pa.scalar(None, values.type), values)

    def _dates(self, column: str, values: pa.Array, before: int) -> pa.Array:
        moments = compute.cast(compute.cast(values, pa.date32(), safe=False), pa.timestamp("s"))
        kept = self._in_range(column, moments, before)
        return compute.cast(compute.cast(kept, pa.date32()), pa.string())

    def _durations(self, column: str, values: pa.Array, before: int) -> pa.Array:
        self._note("duration", column, compute.is_valid(values), before, values)
        return compute.cast(compute.cast(values, pa.int64()), pa.string())

    def _binary(self, column: str, values: pa.Array, before: int) -> pa.Array:
        values = compute.cast(values, pa.large_binary())
        try:
            return compute.cast(values, pa.string())
        except pa.ArrowInvalid:
            texts = [_decoded(value) for value in values.to_pylist()]
        result = pa.array(texts, pa.string())
        wrong = compute.and_(compute.is_null(result), compute.is_valid(values))
        self._note("binary", column, wrong, before, values)
        return result

    def _lists(self, column: str, values: pa.Array, before: int) -> pa.Array:
        values = compute.cast(values, pa.large_list(values.type.value_type))
        lengths = compute.fill_null(compute.list_value_length(values), 0).to_pylist()
        # What is odd in an item becomes null there, and the row of its list is reported.
        items = Converter(self.name, Report()).texts(column, values.flatten(), 0).to_pylist()
        texts: list[str | None] = []
        nulls = []
        start = 0
        for valid, length in zip(values.is_valid().to_pylist(), lengths, strict=True):
            cell = items[start : start + length]
            start += length
            nulls.append(valid and None in cell)
            kept = [item for item in cell if item is not None]
            texts.append(json.dumps(kept, ensure_ascii=False) if valid else None)
        self._note("null-in-list", column, pa.array(nulls, pa.bool_()), before, values)
        return pa.array(texts, pa.string())

    def _nested(self, column: str, values: pa.Array, before: int) -> pa.Array:
        self._note("nested", column, compute.is_valid(values), before, values)
        texts = [None if value is None else _json(value) for value in values.to_pylist()]
        return pa.array(texts, pa.string())


_ERRORS = ("infinite", "year", "binary")
_WORDS = {
    "nan": "is read as missing; write null if that is right",
    "infinite": "is not finite and left out; write a number, or null if it is not known",
    "time-zone": "is in a time zone; moments are read in UTC",
    "nanoseconds": "has nanoseconds, which are cut to microseconds",
    "year": "is not in the years 1 to 9999 and left out; correct it, or write null",
    "duration": "is a duration, read as a whole number of the column's unit",
    "binary": "is neither text in UTF-8 nor an image with a path and left out; write it as text, "
    "or images as a struct of bytes and path",
    "null-in-list": "is a list with nulls (or what cannot be kept) in it, which are left out",
    "nested": "is nested and kept as JSON text; flatten it to use it",
}


def _is_text(kind: pa.DataType) -> bool:
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        kinds.is_binary(kind)
        or kinds.is_large_binary(kind)
        or kinds.is_fixed_size_binary(kind)
        or kinds.is_binary_view(kind)
    )


def _is_image(kind: pa.DataType) -> bool:
    if not kinds.is_struct(kind) or {field.name for field in kind} != {"bytes", "path"}:
        return False
    return kind.num_fields == 2 and _is_binary(kind.field("bytes").type)


def _is_flat_list(kind: pa.DataType) -> bool:
    if not (kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind)):
        return False
    return not (kinds.is_nested(kind.value_type) or _is_binary(kind.value_type))


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _example(values: pa.Array, place: int) -> str:
    """The value as Arrow writes it, which has a text for what Python cannot hold."""
    try:
        return str(values[place].as_py())
    except (ValueError, OverflowError):
        return str(compute.cast(values.slice(place, 1), pa.string())[0].as_py())


def _json(value: Any) -> str:
    return json.dumps(_speakable(value), ensure_ascii=False)


def _speakable(value: Any) -> Any:
    """The value in terms of JSON."""
    if isinstance(value, dict):
        return {str(key): _speakable(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_speakable(each) for each in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and value - value == 0:
        return value
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
