"""Pairs of a matching data set: twice, on both sides, with both labels, implied by others."""

from pathlib import Path

import pytest

from tabset.draft import Roles, SplitMethod, SplitRule
from tabset.findings import Finding, Level
from tests.tabset.checks import drafts

GIVEN = {
    "roles": Roles(label="label", split="side"),
    "split": SplitRule(SplitMethod.GIVEN),
}
# The records of these pairs are counted through, and even ones are in one pair, which others see.
OF_OTHERS = {"crossing-pairs", "row-order", "record-order", "telling-record-ids", "telling-degree"}
TRAIN = [("o0", "o1", "1"), ("o2", "o4", "0"), ("o6", "o7", "1"), ("o7", "o8", "1")]


def of(folder: Path, extra: list[tuple[str, str, str, str]], *, two: bool = False) -> list[Finding]:
    """The findings about a given split with some more pairs: left, right, label, side."""
    train = [(f"o{n}", f"o{n + 1 + n % 2}", str(1 - n % 2), "train") for n in range(20, 140)]
    test = [(f"o{n}", f"o{n + 1 + n % 2}", str(1 - n % 2), "test") for n in range(150, 290)]
    rows = [*((*pair, "train") for pair in TRAIN), *train, *test, *extra]
    names = ("left_id", "right_id", "label", "side")
    cells = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    records = ("left", "right") if two else ("records",)
    tables = {"pairs": cells} | {name: drafts.records() for name in records}
    found = drafts.of_pairs(folder, tables, **GIVEN)
    return [each for each in found if each.code not in OF_OTHERS]


def test_sides_without_a_shared_record_have_no_finding(tmp_path: Path) -> None:
    assert of(tmp_path, []) == []


@pytest.mark.parametrize("pair", [("o0", "o1"), ("o1", "o0")])
def test_a_pair_on_both_sides_is_an_error(tmp_path: Path, pair: tuple[str, str]) -> None:
    found = drafts.only(of(tmp_path, [(*pair, "1", "test")]), "pairs-on-both-sides")

    assert found.level is Level.ERROR
    assert (found.rows, found.count) == ((265,), 1)


@pytest.mark.parametrize(
    ("pair", "side"), [(("o0", "o1"), "train"), (("o1", "o0"), "train"), (("o151", "o153"), "test")]
)
def test_a_pair_that_occurs_twice_is_a_warning(
    tmp_path: Path, pair: tuple[str, str], side: str
) -> None:
    label = "1" if side == "train" else "0"
    [found] = of(tmp_path, [(*pair, label, side)])

    assert (found.level, found.code) == (Level.WARNING, "duplicate-pairs")
    assert (found.rows, found.count) == ((265,), 1)


def test_between_two_tables_the_sides_of_a_pair_do_not_change_places(tmp_path: Path) -> None:
    assert not of(tmp_path / "other", [("o1", "o0", "1", "train")], two=True)
    found = of(tmp_path / "same", [("o0", "o1", "1", "train")], two=True)

    assert drafts.codes(found) == {"duplicate-pairs"}


def test_a_pair_with_both_labels_is_a_warning(tmp_path: Path) -> None:
    found = drafts.only(of(tmp_path, [("o0", "o1", "0", "train")]), "two-answers")

    assert found.level is Level.WARNING
    assert (found.rows, found.count) == ((1, 265), 2)


def test_a_record_with_itself_is_a_warning(tmp_path: Path) -> None:
    [found] = of(tmp_path, [("o15", "o15", "1", "train")])

    assert (found.level, found.code, found.rows) == (Level.WARNING, "self-pairs", (265,))


def test_records_on_both_sides_of_a_given_split_are_a_warning_with_their_share(
    tmp_path: Path,
) -> None:
    [found] = of(tmp_path, [("o0", "o15", "0", "test"), ("o2", "o16", "0", "test")])

    assert (found.level, found.code, found.count) == (Level.WARNING, "shared-records", 2)
    assert "% of the records in test pairs" in found.message


def test_a_test_pair_that_follows_from_matching_training_pairs_is_a_warning(
    tmp_path: Path,
) -> None:
    found = of(tmp_path, [("o6", "o8", "1", "test"), ("o2", "o5", "0", "test")])

    assert drafts.codes(found) == {"implied-pairs", "shared-records"}
    implied = drafts.only(found, "implied-pairs")
    assert (implied.level, implied.rows) == (Level.WARNING, (265,))


def test_pairs_of_the_same_cells_under_other_ids_are_a_warning(tmp_path: Path) -> None:
    rows = [*((*pair, "train") for pair in TRAIN)]
    rows += [(f"o{n}", f"o{n + 1 + n % 2}", str(1 - n % 2), "train") for n in range(20, 140)]
    rows += [(f"o{n}", f"o{n + 1 + n % 2}", str(1 - n % 2), "test") for n in range(150, 290)]
    rows += [("o11", "o10", "1", "test")]
    names = ("left_id", "right_id", "label", "side")
    cells = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    records = drafts.records()
    for name in ("title", "colour"):
        records[name][10:12] = records[name][0:2]

    found = drafts.of_pairs(tmp_path, {"pairs": cells, "records": records}, **GIVEN)

    alike = drafts.only(found, "pairs-on-both-sides")
    assert alike.level is Level.WARNING
    assert alike.rows == (len(rows),)
