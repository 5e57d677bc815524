"""Plans: each split keeps its promise, ids and parts are right, faults are findings."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabset import DatasetError, plan, splits
from tabset.draft import Draft, Keep, Order, Roles, SplitMethod, SplitRule
from tabset.findings import Finding, Level
from tabset.plan import Plan
from tabset.plan.ids import Ids
from tests.tabset import staged

ROLES = Roles(id="key", label="label")
SALTS = ("one", "two", "three")
# Every example writes a folder of its own below the test's.
with_files = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def planned(folder: Path, draft: Draft, salt: str = "salt", **cells: Sequence[str | None]) -> Plan:
    """The plan of a classification draft over changed cells."""
    count = len(next(iter(cells.values()))) if cells else 200
    stage = staged.stage(folder, {"rows": staged.row_cells(count, **cells)})
    return plan.make(draft, stage, salt=salt)


def paired(folder: Path, salt: str = "salt", **changes: Any) -> Plan:
    """The plan of the pairs, of a changed draft."""
    draft = staged.pairs_draft(**changes)
    return plan.make(draft, staged.stage(folder, staged.pair_tables()), salt=salt)


def by(method: SplitMethod, roles: Roles = ROLES, **rule: Any) -> Draft:
    """A draft that divides its rows so."""
    return staged.rows_draft(roles=roles, split=SplitRule(method, **rule))


def found(made: Plan, code: str) -> Finding:
    """The one finding of that code."""
    (finding,) = (each for each in made.findings if each.code == code)
    return finding


def cells_of(name: str, rows: np.ndarray[Any, Any], count: int = 200) -> list[str | None]:
    """The cells of a column in those rows."""
    column = staged.row_cells(count)[name]
    return [column[row] for row in rows.tolist()]


METHODS = {
    SplitMethod.GIVEN: replace(ROLES, split="side"),
    SplitMethod.RANDOM: ROLES,
    SplitMethod.GROUP: replace(ROLES, group="shop"),
    SplitMethod.TIME: replace(ROLES, time="day"),
}


@pytest.mark.parametrize("method", METHODS)
def test_every_row_goes_to_one_side_and_keeps_its_order(
    tmp_path: Path, method: SplitMethod
) -> None:
    made = planned(tmp_path, by(method, METHODS[method]))
    assert sorted([*made.train.tolist(), *made.test.numbers.tolist()]) == list(range(200))
    assert (np.diff(made.train) > 0).all()
    assert (np.diff(made.test.numbers) > 0).all()
    assert made.test.ids.to_pylist() == cells_of("key", made.test.numbers)
    assert made.test.labels.to_pylist() == cells_of("label", made.test.numbers)
    assert made.labels == ("007", "NA", "ü")
    assert "salt" not in made.words


@pytest.mark.parametrize("method", METHODS)
def test_the_same_draft_and_salt_give_the_same_plan(tmp_path: Path, method: SplitMethod) -> None:
    draft = by(method, METHODS[method])
    one, two, other = (
        planned(tmp_path / name, draft, salt)
        for name, salt in (("1", "salt"), ("2", "salt"), ("3", "other"))
    )
    assert one.test.numbers.tolist() == two.test.numbers.tolist()
    assert one.test.usage == two.test.usage
    drawn = method in (SplitMethod.RANDOM, SplitMethod.GROUP)
    assert (one.test.numbers.tolist() != other.test.numbers.tolist()) == drawn


def test_given_sides_are_read_in_any_case(tmp_path: Path) -> None:
    words = ["TRAIN", "Valid", "validation", " dev ", "training", "Test", "TESTING", "test"] * 5
    made = planned(tmp_path, by(SplitMethod.GIVEN, METHODS[SplitMethod.GIVEN]), side=words)
    assert {row % 8 for row in made.train.tolist()} == {0, 1, 2, 3, 4}
    assert {row % 8 for row in made.test.numbers.tolist()} == {5, 6, 7}
    assert made.words == "as the source gives it"


def test_other_words_for_a_side_are_an_error_with_rows(tmp_path: Path) -> None:
    words: list[str | None] = ["train", "test", "holdout", None] * 10
    made = planned(tmp_path, by(SplitMethod.GIVEN, METHODS[SplitMethod.GIVEN]), side=words)
    finding = found(made, "split-value")
    assert (finding.level, finding.column, finding.count) == (Level.ERROR, "side", 20)
    assert finding.rows[:3] == (3, 4, 7)
    assert "'holdout'" in finding.message


@given(st.floats(0.1, 0.9), st.sampled_from(SALTS))
@with_files
def test_a_random_split_has_its_share_of_every_class(
    tmp_path_factory: pytest.TempPathFactory, share: float, salt: str
) -> None:
    folder = tmp_path_factory.mktemp("plan")
    made = planned(folder, by(SplitMethod.RANDOM, test_share=share), salt)
    assert len(made.test) == int(200 * share + 0.5)
    labels = made.test.labels.to_pylist()
    for label in made.labels:
        total = staged.row_cells(200)["label"].count(label)
        assert abs(labels.count(label) - total * share) < 1


@given(st.floats(0.1, 0.9), st.sampled_from(SALTS))
@with_files
def test_a_group_is_on_one_side(
    tmp_path_factory: pytest.TempPathFactory, share: float, salt: str
) -> None:
    folder = tmp_path_factory.mktemp("plan")
    draft = by(SplitMethod.GROUP, METHODS[SplitMethod.GROUP], test_share=share)
    made = planned(folder, draft, salt)
    groups = cells_of("shop", made.test.numbers)
    assert not set(groups) & set(cells_of("shop", made.train))
    assert abs(len(made.test) - 200 * share) <= 5
    assert made.test.groups.to_pylist() == groups
    parts: dict[Any, set[str]] = {}
    for group, part in zip(groups, made.test.usage.parts, strict=True):
        parts.setdefault(group, set()).add(part)
    assert all(len(each) == 1 for each in parts.values())


def test_a_row_without_a_group_is_one_of_its_own(tmp_path: Path) -> None:
    shops = [None if row % 10 == 0 else f"s{row % 25}" for row in range(200)]
    made = planned(tmp_path, by(SplitMethod.GROUP, METHODS[SplitMethod.GROUP]), shop=shops)
    assert (found(made, "no-group").count, found(made, "no-group").rows[:2]) == (20, (1, 11))
    for row, group in zip(made.test.numbers.tolist(), made.test.groups.to_pylist(), strict=True):
        assert group == (shops[row] or f"k{row}")


def test_groups_on_both_sides_of_another_split_are_told(tmp_path: Path) -> None:
    made = planned(tmp_path, by(SplitMethod.RANDOM, METHODS[SplitMethod.GROUP]))
    assert found(made, "crossing-groups").level is Level.WARNING
    assert "group" in found(made, "crossing-groups").message


def test_the_newest_rows_are_the_test_set(tmp_path: Path) -> None:
    days: list[str | None] = [f"{row % 20 + 1:02d}.03.2025" for row in range(200)]
    days[3] = None
    draft = by(SplitMethod.TIME, METHODS[SplitMethod.TIME])
    columns = tuple(
        replace(column, format="%d.%m.%Y") if column.name == "day" else column
        for column in draft.tables["rows"]
    )
    made = planned(tmp_path, replace(draft, tables={"rows": columns}), day=days)
    assert {days[row] for row in made.test.numbers.tolist()} == {
        f"{day}.03.2025" for day in range(16, 21)
    }
    assert 3 in made.train
    assert (found(made, "no-time").rows, found(made, "no-time").count) == ((4,), 1)
    assert "2025-03-16" in made.words


def test_numbers_can_be_times(tmp_path: Path) -> None:
    made = planned(tmp_path, by(SplitMethod.TIME, replace(ROLES, time="number")))
    assert made.test.numbers.tolist() == list(range(150, 200))
    assert "'number' is 37.5 or later" in made.words


@pytest.mark.parametrize(
    ("draft", "cells", "said"),
    [
        (by(SplitMethod.GIVEN), {}, "role split"),
        (by(SplitMethod.GROUP), {}, "role group"),
        (by(SplitMethod.TIME), {}, "role time"),
        (by(SplitMethod.TIME, replace(ROLES, time="text")), {}, "the type text"),
        (by(SplitMethod.TIME, METHODS[SplitMethod.TIME]), {"day": ["soon"] * 9}, "row 1, column"),
        (by(SplitMethod.TIME, METHODS[SplitMethod.TIME]), {"day": ["2026-01-01"] * 9}, "fewer"),
    ],
)
def test_a_split_that_cannot_be_made_is_an_error(
    tmp_path: Path, draft: Draft, cells: dict[str, Any], said: str
) -> None:
    made = planned(tmp_path, draft, **cells)
    assert found(made, "split").level is Level.ERROR
    assert said in found(made, "split").message
    assert len(made.test) == 0


def test_a_draft_without_label_or_table_is_refused(tmp_path: Path) -> None:
    stage = staged.stage(tmp_path, {"rows": staged.row_cells(10)})
    with pytest.raises(DatasetError, match=r"roles\.label"):
        plan.make(staged.rows_draft(roles=Roles()), stage, salt="s")
    with pytest.raises(DatasetError, match="'pairs' is not staged"):
        plan.make(staged.pairs_draft(), stage, salt="s")


def test_rows_without_a_label_are_left_out_and_counted(tmp_path: Path) -> None:
    labels = [(None, "", "?", "a", "b", "c", "d")[row % 7] for row in range(210)]
    draft = by(SplitMethod.RANDOM)
    columns = tuple(
        replace(column, missing_values=("?",)) if column.name == "label" else column
        for column in draft.tables["rows"]
    )
    made = planned(tmp_path, replace(draft, tables={"rows": columns}), label=labels)
    assert len(made.train) + len(made.test) == 120
    assert (found(made, "no-label").count, found(made, "no-label").rows[:4]) == (90, (1, 2, 3, 8))
    assert "42.9%" in found(made, "no-label").message
    assert made.labels == ("a", "b", "c", "d")


def test_no_label_at_all_is_an_error(tmp_path: Path) -> None:
    made = planned(tmp_path, by(SplitMethod.RANDOM), label=[None] * 8)
    assert found(made, "empty-side").level is Level.ERROR


def test_a_side_without_rows_is_an_error(tmp_path: Path) -> None:
    draft = by(SplitMethod.GIVEN, METHODS[SplitMethod.GIVEN])
    for word, side in (("train", "test"), ("test", "train")):
        made = planned(tmp_path / word, draft, side=[word] * 40)
        assert found(made, "empty-side").message.startswith(
            f"No row with a label is left for {side}"
        )


def test_labels_that_are_not_declared_are_an_error(tmp_path: Path) -> None:
    made = planned(tmp_path, staged.rows_draft(classes=("NA", "007")))
    assert (found(made, "undeclared-label").rows[:2], found(made, "undeclared-label").count) == (
        (3, 6),
        66,
    )
    assert "'ü'" in found(made, "undeclared-label").message
    other = paired(tmp_path / "pairs", positive_label="match")
    assert "negative_label or positive_label" in found(other, "undeclared-label").message


def test_missing_and_doubled_ids_of_test_rows_are_errors(tmp_path: Path) -> None:
    keys: list[str | None] = [f"k{row}" for row in range(200)]
    keys[0], keys[4], keys[8], keys[12] = None, "", "same", "same"
    draft = by(SplitMethod.GIVEN, METHODS[SplitMethod.GIVEN])
    made = planned(tmp_path / "1", draft, key=keys)
    assert (found(made, "missing-id").rows, found(made, "doubled-id").rows) == ((1, 5), (9, 13))
    fresh = planned(tmp_path / "2", replace(draft, ids=Keep.NEW), key=keys)
    assert not fresh.findings
    assert len(set(fresh.test.ids.to_pylist())) == len(fresh.test)


@pytest.mark.parametrize("roles", [ROLES, Roles(label="label")])
def test_new_ids_say_nothing_and_depend_on_the_salt(tmp_path: Path, roles: Roles) -> None:
    draft = staged.rows_draft(ids=Keep.NEW, roles=roles)
    one, two = (planned(tmp_path / salt, draft, salt) for salt in ("a", "b"))
    for made in (one, two):
        assert all(len(each) == 12 and int(each, 16) >= 0 for each in made.test.ids.to_pylist())
        assert made.test.groups.equals(made.test.ids)
    assert not set(one.test.ids.to_pylist()) & set(two.test.ids.to_pylist())


def test_rows_without_an_id_column_get_new_ids(tmp_path: Path) -> None:
    made = planned(tmp_path, staged.rows_draft(roles=Roles(label="label")))
    assert made.ids.new
    assert made.ids.digits == 12


def test_long_tables_get_longer_ids() -> None:
    draft = staged.rows_draft(roles=Roles(label="label"))
    assert Ids.of(draft, 65_536, "s").digits == 12
    ids = Ids.of(draft, 65_537, "s").of_rows(np.arange(3), None).to_pylist()
    assert [len(each) for each in ids] == [16] * 3


def test_given_parts_are_read_in_any_case(tmp_path: Path) -> None:
    roles = Roles(id="key", label="label", split="side", usage="part")
    words: list[str | None] = [
        ("Public", " PRIVATE", "Ignored", "private")[r // 4 % 4] for r in range(200)
    ]
    made = planned(tmp_path / "1", by(SplitMethod.GIVEN, roles), part=words)
    expected = tuple(str(words[row]).strip().lower() for row in made.test.numbers.tolist())
    assert made.test.usage.parts == expected
    assert (made.test.usage.salt, made.test.usage.attempt) == ("", 0)
    words[4], words[8], words[9] = "both", None, None
    strange = planned(tmp_path / "2", by(SplitMethod.GIVEN, roles), part=words)
    assert (found(strange, "usage-value").rows, found(strange, "usage-value").count) == ((5, 9), 2)
    assert strange.test.usage.parts[1] == "ignored"


def test_the_parts_are_those_of_the_published_hash(tmp_path: Path) -> None:
    made = planned(tmp_path, by(SplitMethod.RANDOM))
    usage = made.test.usage
    ids = made.test.ids.to_pylist()
    assert usage.parts == splits.public_private(ids, usage.salt, 0.3)


def test_test_rows_that_no_salt_divides_are_an_error(tmp_path: Path) -> None:
    made = planned(tmp_path, by(SplitMethod.RANDOM), label=["a", "b", "b", "b", "a"])
    assert found(made, "public-private").level is Level.ERROR


def test_shuffled_test_rows_keep_what_belongs_to_them(tmp_path: Path) -> None:
    draft = by(SplitMethod.GROUP, METHODS[SplitMethod.GROUP])
    kept = planned(tmp_path / "1", draft).test
    mixed = planned(tmp_path / "2", replace(draft, order=Order.SHUFFLE)).test
    assert mixed.numbers.tolist() != kept.numbers.tolist()

    def told(test: plan.HeldOut) -> set[tuple[Any, ...]]:
        columns = (test.ids, test.labels, test.groups)
        lists = [test.numbers.tolist(), *(each.to_pylist() for each in columns), test.usage.parts]
        return set(zip(*lists, strict=True))

    assert told(mixed) == told(kept)


# Matching


def sides(made: Plan) -> tuple[set[str], set[str], set[str], set[str]]:
    """The left and right record ids of train and of test."""
    pairs = staged.pair_tables()["pairs"]
    return tuple(  # type: ignore[return-value]
        {str(pairs[name][row]) for row in rows.tolist()}
        for rows in (made.train, made.test.numbers)
        for name in ("left_id", "right_id")
    )


@given(st.sampled_from([SplitMethod.GROUP, SplitMethod.RANDOM]), st.text(max_size=3))
@with_files
def test_strict_leaves_no_record_on_both_sides(
    tmp_path_factory: pytest.TempPathFactory, method: SplitMethod, salt: str
) -> None:
    made = paired(tmp_path_factory.mktemp("plan"), salt, split=SplitRule(method, strict=True))
    train_left, train_right, test_left, test_right = sides(made)
    assert not train_left & test_left
    assert not train_right & test_right
    # A record and its twin are one entity.
    twins = {f"b{name[1:]}" for name in train_left}
    assert not twins & test_right
    dropped = found(made, "crossing-pairs")
    assert dropped.level is Level.INFO
    assert dropped.count == 180 - len(made.train) - len(made.test)


def test_pairs_go_with_the_entity_of_their_left_record(tmp_path: Path) -> None:
    made = paired(tmp_path)
    train_left, _, test_left, _ = sides(made)
    assert not train_left & test_left
    assert len(made.train) + len(made.test) == len(staged.pair_tables()["pairs"]["label"])
    crossing = found(made, "crossing-pairs")
    assert crossing.level is Level.WARNING
    assert "%" in crossing.message
    labels = made.test.labels.to_pylist()
    assert labels.count("1") == 15
    assert made.test.groups.to_pylist() == [
        f"e{str(staged.pair_tables()['pairs']['left_id'][row])[1:]}"
        for row in made.test.numbers.tolist()
    ]


def test_declared_entities_join_records_that_no_pair_does(tmp_path: Path) -> None:
    draft = staged.pairs_draft(roles=Roles(label="label", entity="category"))
    made = plan.make(draft, staged.stage(tmp_path, staged.pair_tables()), salt="s")
    assert made.matching is not None
    names = made.matching.entities
    assert len({int(names[row]) for row in range(0, 60, 3)}) == 1  # all lamps, left and right
    assert names[0] == names[60] != names[1] == names[61]
    assert len({int(names[row]) for row in range(2, 60, 3)}) == 20  # without a category


def test_an_entity_column_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="which no record table has"):
        paired(tmp_path, roles=Roles(label="label", entity="maker"))


def test_pairs_of_unknown_records_are_an_error_with_rows(tmp_path: Path) -> None:
    tables = staged.pair_tables()
    pairs = {name: list(cells) for name, cells in tables["pairs"].items()}
    pairs["left_id"][2], pairs["right_id"][4], pairs["right_id"][5] = "a999", None, "a1"
    stage = staged.stage(tmp_path, {**tables, "pairs": pairs})
    made = plan.make(staged.pairs_draft(), stage, salt="s")
    told = {
        finding.column: finding.rows
        for finding in made.findings
        if finding.code == "unknown-record"
    }
    assert told == {"left_id": (3,), "right_id": (5, 6)}
    assert not {2, 4, 5} & {*made.train.tolist(), *made.test.numbers.tolist()}
