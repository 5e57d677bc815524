"""Cells: raw text to values with a clear fault, and values to the one canonical CSV."""

import datetime as dt
import json
import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabset import ColumnType, cells
from tabset.draft import DraftColumn

TEXT = st.text(st.characters(codec="utf-8")) | st.sampled_from(["a,b", '"', "\r", "\n", "plain"])
NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**18), 10**18).map(float)
    | st.floats(-1e12, 1e12).map(lambda number: round(number, 2))
    | st.sampled_from([0.0, -0.0, 1e-4, 9e-5, 1e10, 1e10 + 0.5, 1e15, -1e15, 1e16])
)
MOMENTS = st.datetimes() | st.dates().map(lambda day: dt.datetime(day.year, day.month, day.day))
VALUES: dict[ColumnType, st.SearchStrategy[Any]] = {
    ColumnType.TEXT: TEXT,
    ColumnType.NUMERIC: NUMBERS,
    ColumnType.DATETIME: MOMENTS,
    ColumnType.BOOLEAN: st.booleans(),
    ColumnType.LIST: st.lists(TEXT),
}


def spelled(value: Any) -> str:
    """The canonical text of one value, in plain Python: what the standard lays down."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else repr(value)
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def line(values: list[Any]) -> str:
    """One line of canonical CSV, in plain Python."""
    texts = [spelled(value) for value in values]
    quoted = [
        '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text
        for text in texts
    ]
    return ",".join(quoted) + "\n"


@st.composite
def batches(draw: st.DrawFn) -> pa.RecordBatch:
    """Some rows of columns of any types, cut out of a longer batch."""
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=4))
    rows = draw(st.integers(0, 8))
    arrays = [
        pa.array(
            draw(st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)),
            cells.ARROW_TYPES[kind],
        )
        for kind in kinds
    ]
    whole = pa.RecordBatch.from_arrays(arrays, names=[str(place) for place in range(len(kinds))])
    start = draw(st.integers(0, rows))
    return whole.slice(start, draw(st.integers(0, rows - start)))


@given(batch=batches())
def test_the_csv_of_a_batch_is_that_of_its_cells_one_by_one(batch: pa.RecordBatch) -> None:
    rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
    assert cells.csv_buffer(batch).to_pybytes() == "".join(line(list(row)) for row in rows).encode()


@pytest.mark.parametrize("different", [3, 2000])
def test_many_texts_are_quoted_whether_they_come_often_or_once(different: int) -> None:
    texts = [f'{row % different}, "{row % different}"' if row % 5 else None for row in range(2000)]
    batch = pa.RecordBatch.from_pydict({"x": texts, "y": texts})
    expected = "".join(line([text, text]) for text in texts)
    assert cells.csv_buffer(batch).to_pybytes() == expected.encode()


def test_what_a_cut_batch_has_to_quote_is_seen() -> None:
    texts = ["plain", "plain", "a,b", None, 'say "c"', "plain"]
    lists = [[text or ""] for text in texts]
    batch = pa.RecordBatch.from_pydict({"x": texts, "y": lists})
    for start in range(len(texts)):
        expected = "".join(line([texts[row], lists[row]]) for row in range(start, len(texts)))
        assert cells.csv_buffer(batch.slice(start)).to_pybytes() == expected.encode()


def test_a_batch_of_too_many_bytes_is_written_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = pa.RecordBatch.from_pydict({"x": [f"a,{number}" for number in range(100)]})
    whole = cells.csv_buffer(batch)
    monkeypatch.setattr(cells, "MOST_BATCH_BYTES", 40)
    assert cells.csv_buffer(batch) == whole


@given(data=st.data(), kind=st.sampled_from(list(VALUES)))
def test_rendered_values_are_read_and_parsed_back(data: st.DataObject, kind: ColumnType) -> None:
    cell = VALUES[kind].filter(lambda value: value != "")
    values = pa.array(data.draw(st.lists(st.none() | cell)), cells.ARROW_TYPES[kind])
    texts = cells.render(values)
    assert cells.read(kind, texts).to_pylist() == values.to_pylist()
    assert cells.parse(DraftColumn("x", kind), texts).to_pylist() == values.to_pylist()


def parsed(kind: ColumnType, texts: list[str | None], **options: Any) -> list[Any]:
    """The values of raw texts."""
    column = DraftColumn("x", kind, **options)
    values: list[Any] = cells.parse(column, pa.array(texts, pa.string())).to_pylist()
    return values


NOON = dt.datetime(2026, 1, 31, 12)
DAY = dt.datetime(2026, 1, 31)


@pytest.mark.parametrize(
    ("kind", "options", "texts", "values"),
    [
        (ColumnType.NUMERIC, {}, ["1", " 2.5 ", "", "\t", None, "1e3", "+4"],
         [1.0, 2.5, None, None, None, 1000.0, 4.0]),
        (ColumnType.NUMERIC, {"missing_values": ("NA", "-")}, ["1", "NA", " - "],
         [1.0, None, None]),
        (ColumnType.BOOLEAN, {}, ["TRUE", "no", " Yes", "false", None, ""],
         [True, False, True, False, None, None]),
        (ColumnType.DATETIME, {}, ["2026-01-31", "2026-01-31 12:00", None, ""],
         [DAY, NOON, None, None]),
        (ColumnType.DATETIME, {}, ["2026-01-31T12:00:00Z", "2026-01-31T14:00:00+02:00"],
         [NOON, NOON]),
        (ColumnType.DATETIME, {}, ["2026-01-31", " 2026-01-31T14:00:00+02:00 "], [DAY, NOON]),
        (ColumnType.DATETIME, {"format": "%d/%m/%Y"}, ["31/01/2026", "31/1/2026", " 31/01/2026"],
         [DAY, DAY, DAY]),
        (ColumnType.DATETIME, {"format": "%d.%m.%y %H:%M:%S.%f"}, ["31.01.26 12:00:00.5"],
         [NOON.replace(microsecond=500_000)]),
        (ColumnType.DATETIME, {"format": "%Y%m%d %H%M%z"}, ["20260131 1400+0200"], [NOON]),
        (ColumnType.LIST, {}, ['["a", "b"]', " [] ", None, ""], [["a", "b"], [], None, None]),
        (ColumnType.LIST, {"format": ";"}, ["a; b ;;c;", "x", ";", "", None],
         [["a", "b", "c"], ["x"], None, None, None]),
        (ColumnType.LIST, {"format": "\\E"}, ["a\\Eb"], [["a", "b"]]),
        (ColumnType.LIST, {"format": "|"}, ["a|b c"], [["a", "b c"]]),
        (ColumnType.TEXT, {"missing_values": ("n/a",)}, [" a ", "n/a", "", "NA"],
         [" a ", None, None, "NA"]),
        (ColumnType.ID, {}, ["007", "NA", "1.0"], ["007", "NA", "1.0"]),
        (ColumnType.CATEGORICAL, {}, ["true", "None"], ["true", "None"]),
        (ColumnType.IMAGE, {}, ["images/1.png"], ["images/1.png"]),
    ],
)  # fmt: skip
def test_raw_texts_become_values(
    kind: ColumnType, options: dict[str, Any], texts: list[str | None], values: list[Any]
) -> None:
    assert parsed(kind, texts, **options) == values


@pytest.mark.parametrize(
    ("kind", "form", "text", "expected"),
    [
        (ColumnType.NUMERIC, "", "abc", "a finite number"),
        (ColumnType.NUMERIC, "", "inf", "a finite number"),
        (ColumnType.NUMERIC, "", "nan", "a finite number"),
        (ColumnType.NUMERIC, "", "1e999", "a finite number"),
        (ColumnType.NUMERIC, "", "1 234", "a finite number"),
        (ColumnType.NUMERIC, "", "1.234,50", "a number with a point before the decimals"),
        (ColumnType.NUMERIC, "", "1,234.50", "nothing between thousands, as 1234.5"),
        (ColumnType.BOOLEAN, "", "1", "true or false, or yes or no"),
        (ColumnType.DATETIME, "", "31.1.2026", "a date or time in ISO 8601"),
        (ColumnType.DATETIME, "", "2026-02-30", "a date or time in ISO 8601"),
        (ColumnType.DATETIME, "%d/%m/%Y", "31/02/2026", "a date of the format %d/%m/%Y"),
        (ColumnType.DATETIME, "%Q", "31/02/2026", "a date of the format %Q"),
        (ColumnType.DATETIME, "%", "31/02/2026", "a date of the format %"),
        (ColumnType.LIST, "", "a;b", "a JSON list of texts"),
        (ColumnType.LIST, "", "[1]", "a JSON list of texts"),
        (ColumnType.LIST, "", "[" * 100_000, "a JSON list of texts"),
    ],
)
def test_the_first_cell_that_does_not_fit_is_named(
    kind: ColumnType, form: str, text: str, expected: str
) -> None:
    good = {
        ColumnType.NUMERIC: "1",
        ColumnType.BOOLEAN: "no",
        ColumnType.DATETIME: "" if form else "2026-01-01",
        ColumnType.LIST: '["a"]',
    }[kind]
    with pytest.raises(cells.CellError) as caught:
        parsed(kind, [None, good, good, text, good, text], format=form)
    assert (caught.value.row, caught.value.value) == (3, text)
    assert expected in caught.value.expected
    assert str(caught.value).startswith("row 4: ")
    assert len(str(caught.value)) < 300


@given(
    kind=st.sampled_from(list(ColumnType)),
    form=st.sampled_from(["", ";", "%d/%m/%Y", "%Y-%m-%dT%H:%M:%S", "%H:%M"]) | st.text(max_size=4),
    texts=st.lists(st.none() | TEXT | st.sampled_from(["1", "true", "2026-01-31", "[]", "\0"])),
)
def test_any_text_is_parsed_or_refused_with_its_row(
    kind: ColumnType, form: str, texts: list[str | None]
) -> None:
    column = DraftColumn("x", kind, format=form)
    refused = None
    try:
        values = cells.parse(column, pa.array(texts, pa.string()))
    except cells.CellError as error:
        refused = error
    if refused:
        assert refused.value == texts[refused.row]
    else:
        assert values.type == cells.ARROW_TYPES[kind]
        assert len(values) == len(texts)


@given(text=st.text("0123456789/", min_size=1, max_size=10), padded=st.booleans())
def test_dates_of_a_format_are_those_of_python(text: str, padded: bool) -> None:
    texts = [text, "01/02/2026" if padded else "1/2/2026"]
    try:
        expected = [dt.datetime.strptime(each, "%d/%m/%Y") for each in texts]
    except ValueError:
        with pytest.raises(cells.CellError):
            parsed(ColumnType.DATETIME, list(texts), format="%d/%m/%Y")
    else:
        assert parsed(ColumnType.DATETIME, list(texts), format="%d/%m/%Y") == expected
