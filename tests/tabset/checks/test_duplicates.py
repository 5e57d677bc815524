"""Ids and rows that occur more than once."""

from pathlib import Path

import pytest

from tabset.draft import Keep, Roles, SplitMethod, SplitRule
from tabset.findings import Level
from tests.tabset.checks import drafts

GIVEN = {
    "roles": Roles(id="id", label="label", split="side"),
    "split": SplitRule(SplitMethod.GIVEN),
}


def divided() -> dict[str, list[str | None]]:
    """Clean rows; the last hundred are the test."""
    return drafts.rows() | {"side": ["train"] * 300 + ["test"] * 100}


def copy(cells: dict[str, list[str | None]], source: int, target: int, *, label: bool) -> None:
    """Makes one row the same as another but for the id, and the label if that is not wanted."""
    for name in ("title", "price", "colour", *(("label",) if label else ())):
        cells[name][target] = cells[name][source]


@pytest.mark.parametrize(("ids", "level"), [(Keep.KEEP, Level.ERROR), (Keep.NEW, Level.INFO)])
def test_an_id_that_occurs_twice_is_an_error_unless_ids_are_new(
    tmp_path: Path, ids: Keep, level: Level
) -> None:
    cells = drafts.rows()
    cells["id"][399] = cells["id"][3]

    [found] = drafts.of_rows(tmp_path, cells, ids=ids)

    assert (found.level, found.code) == (level, "duplicate-ids")
    assert (found.rows, found.count) == ((400,), 1)


@pytest.mark.parametrize(("ids", "level"), [(Keep.KEEP, Level.ERROR), (Keep.NEW, Level.INFO)])
def test_a_row_without_an_id_is_an_error_unless_ids_are_new(
    tmp_path: Path, ids: Keep, level: Level
) -> None:
    cells = drafts.rows()
    cells["id"][5] = cells["id"][7] = None
    cells["id"][6] = ""

    [found] = drafts.of_rows(tmp_path, cells, ids=ids)

    assert (found.level, found.code) == (level, "empty-ids")
    assert (found.rows, found.count) == ((6, 7, 8), 3)


def test_a_record_id_that_occurs_twice_or_is_empty_is_an_error(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}
    tables["records"]["record_id"] += ["o1", None]
    for name in ("title", "colour"):
        tables["records"][name] += ["new thing", "newer thing"]

    found = drafts.of_pairs(tmp_path, tables, ids=Keep.NEW)

    assert drafts.only(found, "duplicate-ids").level is Level.ERROR
    assert drafts.only(found, "duplicate-ids").rows == (301,)
    assert drafts.only(found, "empty-ids").rows == (302,)


def test_rows_without_an_id_column_are_numbered(tmp_path: Path) -> None:
    cells = drafts.rows()
    del cells["id"]

    assert not drafts.of_rows(tmp_path, cells)


def test_a_test_row_that_is_in_train_is_an_error(tmp_path: Path) -> None:
    cells = divided()
    copy(cells, 10, 350, label=True)

    [found] = drafts.of_rows(tmp_path, cells, **GIVEN)

    assert (found.level, found.code) == (Level.ERROR, "rows-on-both-sides")
    assert (found.rows, found.count) == ((351,), 1)


def test_rows_of_few_different_values_are_alike_by_chance(tmp_path: Path) -> None:
    cells = {name: divided()[name] for name in ("id", "colour", "label", "side")}

    found = drafts.of_rows(tmp_path, cells, **GIVEN)

    assert drafts.only(found, "rows-on-both-sides").level is Level.WARNING
    assert "by chance" in drafts.only(found, "rows-on-both-sides").message


@pytest.mark.parametrize(("first", "second"), [(10, 20), (310, 320)])
def test_a_row_that_occurs_twice_on_one_side_is_a_warning(
    tmp_path: Path, first: int, second: int
) -> None:
    cells = divided()
    copy(cells, first, second, label=True)

    [found] = drafts.of_rows(tmp_path, cells, **GIVEN)

    assert (found.level, found.code) == (Level.WARNING, "duplicate-rows")
    assert (found.rows, found.count) == ((second + 1,), 1)


@pytest.mark.parametrize(("first", "second"), [(10, 20), (10, 320)])
def test_the_same_row_with_two_labels_is_a_warning(tmp_path: Path, first: int, second: int) -> None:
    cells = divided()
    cells["label"][first], cells["label"][second] = "lamp", "chair"
    copy(cells, first, second, label=False)

    [found] = drafts.of_rows(tmp_path, cells, **GIVEN)

    assert (found.level, found.code) == (Level.WARNING, "two-labels")
    assert (found.rows, found.count) == ((first + 1, second + 1), 2)


def test_rows_that_are_left_out_are_the_same_as_none(tmp_path: Path) -> None:
    cells = divided()
    copy(cells, 10, 350, label=True)
    cells["label"][10] = None

    found = drafts.of_rows(tmp_path, cells, **GIVEN)

    assert drafts.codes(found) == {"no-label"}
