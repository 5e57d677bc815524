"""Single columns: empty, constant, unreadable cells, categories that never repeat."""

from dataclasses import replace
from pathlib import Path

import pytest

from tabset.checks import columns, scan
from tabset.findings import Finding, Level
from tabset.schema import ColumnType
from tests.tabset.checks import drafts


def with_column(
    folder: Path, values: list[str | None], kind: ColumnType, missing: tuple[str, ...] = ()
) -> list[Finding]:
    """The findings about clean rows with one more column, `extra`."""
    cells = drafts.rows(len(values)) | {"extra": values}
    draft = drafts.classification(cells)
    table = tuple(
        replace(each, type=kind, missing_values=missing) if each.name == "extra" else each
        for each in draft.tables["rows"]
    )
    return drafts.check(
        drafts.write(folder, replace(draft, tables={"rows": table}), {"rows": cells})
    )


def test_an_empty_column_is_a_warning(tmp_path: Path) -> None:
    [found] = with_column(tmp_path, [None, "-"] * 200, ColumnType.NUMERIC, ("-",))

    assert (found.level, found.code, found.column) == (Level.WARNING, "empty-column", "extra")


def test_a_constant_column_is_a_warning(tmp_path: Path) -> None:
    [found] = with_column(tmp_path, ["a"] * 400, ColumnType.TEXT)

    assert (found.level, found.code, found.column) == (Level.WARNING, "constant-column", "extra")


def test_a_column_with_one_value_and_missing_cells_says_something(tmp_path: Path) -> None:
    assert not with_column(tmp_path, ["a", "a", None, "a", None] * 80, ColumnType.TEXT)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (ColumnType.NUMERIC, ["1", "2.5", None], "12 EUR"),
        (ColumnType.NUMERIC, ["1", "2.5", None], "inf"),
        (ColumnType.DATETIME, ["2026-01-31", "2025-01-31T10:00:00", None], "yesterday"),
        (ColumnType.BOOLEAN, ["true", "false", None], "perhaps"),
        (ColumnType.LIST, ['["a"]', "[]", None], "a; b"),
    ],
)
def test_a_cell_that_does_not_fit_the_type_is_an_error_with_its_row(
    tmp_path: Path, kind: ColumnType, good: list[str | None], bad: str
) -> None:
    values = (good * 134)[:400]
    assert not with_column(tmp_path / "good", values, kind)

    values[7] = values[300] = bad
    [found] = with_column(tmp_path / "bad", values, kind)

    assert (found.level, found.code) == (Level.ERROR, "unreadable-cells")
    assert (found.rows, found.count) == ((8, 301), 2)
    assert f"row 8: {bad!r} is not" in found.message
    assert not with_column(tmp_path / "missing", values, kind, (bad,))


def test_cells_of_a_column_that_is_left_out_are_not_looked_at(tmp_path: Path) -> None:
    cells = drafts.rows() | {"extra": ["no number"] * 400}
    draft = drafts.classification(cells)
    table = tuple(
        replace(each, type=ColumnType.NUMERIC, use=False) if each.name == "extra" else each
        for each in draft.tables["rows"]
    )

    assert not drafts.check(
        drafts.write(tmp_path, replace(draft, tables={"rows": table}), {"rows": cells})
    )


def test_counting_faulty_cells_ends_after_some_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "FAULTY_BATCHES", 1)
    monkeypatch.setattr(columns, "FAULTY_BATCHES", 1)

    [found] = with_column(tmp_path, ["x", "1"] * 200, ColumnType.NUMERIC)

    assert "at least 200 cells" in found.message


def test_a_categorical_column_whose_values_never_repeat_is_a_warning(tmp_path: Path) -> None:
    values: list[str | None] = [f"word {number}" for number in range(400)]

    [found] = with_column(tmp_path / "a", values, ColumnType.CATEGORICAL)

    assert (found.level, found.code, found.column) == (Level.WARNING, "many-values", "extra")
    assert not with_column(tmp_path / "b", values, ColumnType.TEXT)


def test_record_columns_are_looked_at_too(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}
    tables["records"]["price"] = ["1"] * 299 + ["one"]

    found = drafts.only(drafts.of_pairs(tmp_path, tables), "unreadable-cells")

    assert (found.table, found.column, found.rows) == ("records", "price", (300,))
