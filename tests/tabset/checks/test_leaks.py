"""What gives a label away: a column, ids, image names, the order of the rows; large groups."""

from pathlib import Path

import numpy as np
import pytest

from tabset.checks.evidence import clustering
from tabset.draft import Keep, Order, Roles, SplitMethod, SplitRule
from tabset.findings import Finding, Level
from tests.tabset.checks import drafts


def codes_of_labels(cells: dict[str, list[str | None]]) -> list[int]:
    """0 for lamps, 1 for chairs, 2 for tables."""
    return [["lamp", "chair", "table"].index(str(text)) for text in cells["label"]]


def telling(folder: Path, values: list[str | None], name: str = "extra") -> list[Finding]:
    """The findings about clean rows with one more column."""
    return drafts.of_rows(folder, drafts.rows() | {name: values})


def test_a_column_that_determines_the_label_is_a_warning(tmp_path: Path) -> None:
    labels = codes_of_labels(drafts.rows())
    values: list[str | None] = [f"shelf {code * 5 + n % 5}" for n, code in enumerate(labels)]

    [found] = telling(tmp_path, values)

    assert (found.level, found.code, found.column) == (Level.WARNING, "telling-column", "extra")
    assert "100.0% of the test rows (without it 3" in found.message


def test_a_column_that_nearly_determines_the_label_is_a_warning(tmp_path: Path) -> None:
    values: list[str | None] = [f"shelf {code}" for code in codes_of_labels(drafts.rows())]
    values[::50] = ["shelf 1"] * 8

    [found] = telling(tmp_path, values)

    assert found.code == "telling-column"
    assert "100.0%" not in found.message


def test_a_column_that_says_something_is_fine(tmp_path: Path) -> None:
    values: list[str | None] = [f"shelf {code}" for code in codes_of_labels(drafts.rows())]
    values[::4] = ["shelf 1"] * 100

    assert not telling(tmp_path, values)


def test_missing_cells_that_determine_the_label_are_a_warning(tmp_path: Path) -> None:
    cells = drafts.rows()
    cells["label"] = ["chair" if text == "chair" else "lamp" for text in cells["label"]]
    cells["extra"] = [
        f"word {number}" if text == "lamp" else None for number, text in enumerate(cells["label"])
    ]

    assert drafts.codes(drafts.of_rows(tmp_path, cells)) == {"telling-column"}


@pytest.mark.parametrize("name", ["price", "listed"])
def test_a_range_of_numbers_or_dates_that_determines_the_label_is_a_warning(
    tmp_path: Path, name: str
) -> None:
    random = np.random.default_rng(5)
    values: list[str | None] = []
    for code in codes_of_labels(drafts.rows()):
        number = code * 300 + random.integers(0, 290)
        day = np.datetime64("2020-01-01") + np.timedelta64(int(number), "D")
        values.append(f"{number + random.random():.4f}" if name == "price" else str(day))

    found = drafts.only(telling(tmp_path, values, name), "telling-column")

    assert found.column == name


def test_an_entity_id_on_both_records_is_a_warning(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}
    tables["records"]["class"] = [f"c{number // 2}" for number in range(drafts.RECORDS)]

    found = drafts.only(drafts.of_pairs(tmp_path, tables), "telling-column")

    assert (
        "Whether both records have the same 'class' by itself predicts the label" in found.message
    )


@pytest.mark.parametrize(("order", "level"), [("keep", Level.WARNING), ("shuffle", Level.INFO)])
def test_labels_that_lie_together_are_told_by_the_order(
    tmp_path: Path, order: str, level: Level
) -> None:
    cells = drafts.rows()
    cells["label"] = sorted(map(str, cells["label"]))

    [found] = drafts.of_rows(tmp_path, cells, order=Order(order))

    assert (found.level, found.code) == (level, "row-order")


def test_labels_that_take_turns_are_told_by_the_order(tmp_path: Path) -> None:
    cells = drafts.rows() | {"side": ["train"] * 200 + ["test"] * 200}
    cells["label"] = [("lamp", "chair", "table")[number % 3] for number in range(drafts.ROWS)]

    found = drafts.of_rows(
        tmp_path,
        cells,
        roles=Roles(id="id", label="label", split="side"),
        split=SplitRule(SplitMethod.GIVEN),
    )

    assert drafts.codes(found) == {"row-order"}


@pytest.mark.parametrize(("ids", "level"), [(Keep.KEEP, Level.WARNING), (Keep.NEW, Level.INFO)])
@pytest.mark.parametrize("form", ["{code}-{number}", "r{place}"])
def test_ids_that_carry_the_label_are_a_warning(
    tmp_path: Path, ids: Keep, level: Level, form: str
) -> None:
    cells = drafts.rows()
    cells["id"] = [
        form.format(code="xyz"[code], number=number, place=1000 * code + number)
        for number, code in enumerate(codes_of_labels(cells))
    ]

    [found] = drafts.of_rows(tmp_path, cells, ids=ids)

    assert (found.level, found.code) == (level, "telling-ids")


def test_ids_that_name_their_label_are_a_warning(tmp_path: Path) -> None:
    cells = drafts.rows()
    cells["id"] = [f"{number}: {text}" for number, text in enumerate(cells["label"])]

    found = drafts.of_rows(tmp_path, cells)

    assert [each.code for each in found] == ["telling-ids"]
    assert "100.0% of the ids" in found[0].message


@pytest.mark.parametrize(("unit", "count"), [("group", 60), ("group", 100)])
def test_a_group_of_more_than_a_fifth_of_the_rows_is_a_warning(
    tmp_path: Path, unit: str, count: int
) -> None:
    cells = drafts.rows() | {"group": [f"g{max(number - count, 0)}" for number in range(400)]}

    found = drafts.of_rows(
        tmp_path,
        cells,
        roles=Roles(id="id", label="label", group="group"),
        split=SplitRule(SplitMethod.GROUP, test_share=0.4),
    )

    large = [each for each in found if each.code == "large-group"]
    assert [each.count for each in large] == ([101] if count == 100 else [])
    assert all(each.level is Level.WARNING for each in large)


def test_an_entity_of_more_than_a_fifth_of_the_pairs_is_a_warning(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}
    tables["pairs"]["left_id"] += ["o0"] * 150
    tables["pairs"]["right_id"] += [f"o{number}" for number in range(100, 250)]
    tables["pairs"]["label"] += ["0"] * 150

    found = drafts.only(drafts.of_pairs(tmp_path, tables, split=SplitRule()), "large-group")

    assert "One entity has" in found.message


@pytest.mark.parametrize("classes", [2, 5, 30])
def test_labels_in_random_order_are_not_clustered(classes: int) -> None:
    random = np.random.default_rng(7)
    seen = [clustering(random.integers(0, classes, 500)) for _ in range(300)]

    assert not any(each.tells for each in seen)
    assert abs(np.mean([each.z for each in seen])) < 0.3
    assert np.std([each.z for each in seen]) == pytest.approx(1, abs=0.15)
