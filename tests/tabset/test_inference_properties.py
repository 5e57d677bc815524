"""Whatever the cells are: they read as their type, and batches make no difference."""

import json
import string

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabset import cells, inference
from tabset.inference import TableObserver, distinct
from tabset.schema import ColumnType
from tests.tabset.inferred import infer

POOLS = (
    ["1", "2.5", "-1", "-999", "1e5", "9007199254740993", "007", "+1", " 3", "0", "1e999", "nan"],
    ["2020-01-31", "2020-01-31T12:00:00Z", "2020-02-31", "2021-12-01 10:00"],
    ["01/02/2020", "31/01/2020", "01/31/2020", "31/02/2020"],
    ["31.01.2020", "1.2.2020", "31.02.2020", "Jan 31, 2020"],
    ["true", "False", "TRUE", " true", "yes", "No"],
    ['["a"]', "[]", '["a", "b"]', '["\\ud800"]', "[1]"],
    ["a; b", "b; c", "a", "; ", "a;b", "x|y", "x|z", "&amp;"],
    ["a.png", "b.JPG", "c.gif", ".png", "http://x/y.png"],
    ["AW", "DE", "r1", "r2", "Aug-62", "Sep-71", "\x00", "é", "\N{NO-BREAK SPACE}1", "word " * 30],
)
MARKERS = ["NA", "n/a", "-", "", " ", "None"]
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def columns_of_cells(draw: st.DrawFn) -> list[str | None]:
    """Cells mostly of one kind, with markers, other texts and gaps strewn in at times."""
    pool = st.sampled_from(draw(st.sampled_from(POOLS)))
    numbers = st.floats().map(repr) | st.integers().map(str)
    moments = st.datetimes().map(str)
    lists = st.lists(ANYTHING, max_size=3).map(json.dumps)
    usual = draw(st.sampled_from([pool, numbers, moments, lists, ANYTHING]))
    strange = draw(st.sampled_from([usual, st.sampled_from(MARKERS), st.none(), ANYTHING]))
    return draw(st.lists(usual | strange, max_size=40))


@given(columns_of_cells())
def test_every_cell_reads_as_the_type_that_was_inferred(values: list[str | None]) -> None:
    column = infer(values)
    parsed = cells.parse(column, pa.array(values, pa.string()))
    assert len(parsed) == len(values)
    missing = round(parsed.null_count / len(values), 6) if values else 0.0
    empty_lists = column.type is ColumnType.LIST and bool(column.format)  # of only separators
    assert column.missing == missing or (empty_lists and column.missing < missing)
    assert column.evidence


@given(columns_of_cells(), st.integers(1, 7), st.integers(1, 7), st.integers(1, 6))
def test_batches_make_no_difference(
    values: list[str | None], cuts: int, block: int, kept: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct, "KEPT", kept)
        whole = infer(values)
        patch.setattr(inference, "BLOCK_ROWS", block)
        assert infer(values, cuts=cuts) == whole


@given(columns_of_cells(), st.integers(1, 6))
def test_every_cell_reads_even_where_counting_has_ended(
    values: list[str | None], kept: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct, "KEPT", kept)
        patch.setattr(inference, "BLOCK_ROWS", 3)
        column = infer(values, cuts=1)
    cells.parse(column, pa.array(values, pa.string()))


@given(st.lists(st.text(string.digits + "+-.eE \t", min_size=1, max_size=8), min_size=1))
def test_texts_of_number_characters_never_fail(values: list[str]) -> None:
    column = infer(values)
    cells.parse(column, pa.array(values, pa.string()))


@given(st.lists(st.none() | ANYTHING), st.booleans())
def test_a_slice_of_an_array_is_read_as_it_stands(values: list[str | None], kept: bool) -> None:
    padded = pa.array(["9", *values, "not a number"], pa.string())
    observer = TableObserver(["x"])
    observer.see(pa.record_batch([padded.slice(1, len(values))], names=["x"]))
    assert observer.columns(["x"] if kept else ()) == (infer(values, kept=kept),)
