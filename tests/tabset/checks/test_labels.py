"""Labels: their texts, how many rows each has, and the parts of the test set."""

from pathlib import Path

import pytest

from tabset.draft import Roles, SplitMethod, SplitRule
from tabset.findings import Level
from tests.tabset.checks import drafts


@pytest.mark.parametrize("label", [" lamp", "lamp ", "la\tmp", "u\u0308", "score", "id"])
def test_a_label_that_cannot_be_compared_is_an_error(tmp_path: Path, label: str) -> None:
    cells = drafts.rows()
    places = [row for row, text in enumerate(cells["label"]) if text == "chair"]
    for row in places:
        cells["label"][row] = label

    found = drafts.only(drafts.of_rows(tmp_path, cells), "label-text")

    assert found.level is Level.ERROR
    assert repr(label) in found.message
    assert (found.rows[0], found.count) == (places[0] + 1, len(places))


@pytest.mark.parametrize("labels", [("NA", "None", "007"), ("1.0", "true", "ü, or ue")])
def test_awkward_labels_are_fine(tmp_path: Path, labels: tuple[str, ...]) -> None:
    cells = drafts.rows()
    names = dict(zip(("lamp", "chair", "table"), labels, strict=True))
    cells["label"] = [names[str(text)] for text in cells["label"]]

    assert not drafts.of_rows(tmp_path, cells)


def test_labels_that_differ_by_case_alone_are_a_warning(tmp_path: Path) -> None:
    cells = drafts.rows()
    chairs = [row for row, text in enumerate(cells["label"]) if text == "chair"]
    for row in chairs[::2]:
        cells["label"][row] = "Chair"

    found = drafts.only(drafts.of_rows(tmp_path, cells), "similar-labels")

    assert found.level is Level.WARNING
    assert "'Chair', 'chair'" in found.message


@pytest.mark.parametrize(("negative", "positive"), [("", "1"), ("0", ""), ("1", "1")])
def test_matching_needs_two_different_labels(tmp_path: Path, negative: str, positive: str) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}

    found = drafts.of_pairs(tmp_path, tables, negative_label=negative, positive_label=positive)

    assert drafts.only(found, "few-labels").level is Level.ERROR


def test_a_single_label_is_an_error(tmp_path: Path) -> None:
    found = drafts.of_rows(tmp_path, drafts.rows() | {"label": ["lamp"] * drafts.ROWS})

    assert drafts.only(found, "few-labels").level is Level.ERROR


@pytest.mark.parametrize(("count", "level"), [(1, Level.ERROR), (8, Level.WARNING)])
def test_a_class_with_few_rows_is_told_of(tmp_path: Path, count: int, level: Level) -> None:
    cells = drafts.rows()
    cells["label"][:count] = ["vase"] * count

    found = [each for each in drafts.of_rows(tmp_path, cells) if each.code == "rare-classes"]

    assert found[0].level is level
    assert "'vase'" in found[0].message


def test_a_class_without_a_training_row_is_an_error(tmp_path: Path) -> None:
    cells = drafts.rows() | {"side": ["train"] * 300 + ["test"] * 100}
    cells["label"][300:330] = ["vase"] * 30
    cells["label"][:300] = [text if text != "table" else "lamp" for text in cells["label"][:300]]

    found = drafts.of_rows(
        tmp_path,
        cells,
        roles=Roles(id="id", label="label", split="side"),
        split=SplitRule(SplitMethod.GIVEN),
    )

    rare = drafts.only(found, "rare-classes")
    assert rare.level is Level.ERROR
    assert "'table', 'vase'" in rare.message


def test_a_declared_class_without_any_row_is_an_error(tmp_path: Path) -> None:
    [found] = drafts.of_rows(tmp_path, drafts.rows(), classes=("lamp", "chair", "table", "vase"))

    assert (found.level, found.code) == (Level.ERROR, "rare-classes")


def test_a_class_without_a_test_row_is_a_warning(tmp_path: Path) -> None:
    cells = drafts.rows() | {"side": ["train"] * 300 + ["test"] * 100}
    cells["label"][300:] = [text if text != "table" else "lamp" for text in cells["label"][300:]]

    [found] = drafts.of_rows(
        tmp_path,
        cells,
        roles=Roles(id="id", label="label", split="side"),
        split=SplitRule(SplitMethod.GIVEN),
    )

    assert (found.level, found.code) == (Level.WARNING, "rare-classes")
    assert "no test row" in found.message


def test_a_given_part_without_a_second_label_is_an_error(tmp_path: Path) -> None:
    cells = drafts.rows()
    cells["part"] = ["public" if text == "lamp" else "private" for text in cells["label"]]

    found = drafts.of_rows(tmp_path, cells, roles=Roles(id="id", label="label", usage="part"))

    parts = [each for each in found if each.code == "parts"]
    assert [each.level for each in parts] == [Level.ERROR, Level.WARNING]
    assert "The public part" in parts[0].message
    assert "'lamp'" in parts[1].message


def test_a_label_that_is_not_declared_is_an_error_told_once(tmp_path: Path) -> None:
    [found] = drafts.of_rows(tmp_path, drafts.rows(), classes=("lamp", "chair"))

    assert (found.level, found.code) == (Level.ERROR, "undeclared-label")
