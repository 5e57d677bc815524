"""Data sets over the same records that share a salt have every row and pair in the same part."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tabset import DatasetError, building, plan, splits
from tabset import draft as drafts
from tabset.draft import Draft, Roles, SplitMethod, SplitRule
from tabset.plan import Plan
from tabset.schema import ColumnType
from tabset.sisters import Conflicts, Sister, conflicts
from tabset.splits import PRIVATE, PUBLIC
from tests.tabset import staged

SALT = "4bd2a9c61f0e7753"
SHARED = SplitRule(SplitMethod.GROUP, test_share=0.5, shared_salt=SALT)
ROLES = Roles(id="key", label="label", group="shop")
RECORDS = 960


def planned(folder: Path, split: SplitRule = SHARED, roles: Roles = ROLES, **cells: Any) -> Plan:
    """The plan of a classification draft over changed cells, under a salt of its own."""
    stage = staged.stage(folder, {"rows": staged.row_cells(200, **cells)})
    return plan.make(staged.rows_draft(split=split, roles=roles), stage, salt=folder.name)


def parts(made: Plan) -> dict[int, str]:
    """The part of every row: public, private or train."""
    test = zip(made.test.numbers.tolist(), made.test.usage.parts, strict=True)
    return dict.fromkeys(made.train.tolist(), "train") | dict(test)


def messages(made: Plan) -> str:
    """What the findings of a plan say."""
    return "\n".join(finding.message for finding in made.findings)


def test_a_group_is_in_the_same_part_whatever_the_labels_and_the_salt_of_the_build(
    tmp_path: Path,
) -> None:
    other = [("x", "y")[number * 5 % 7 % 2] for number in range(200)]
    first, second = planned(tmp_path / "one"), planned(tmp_path / "two", label=other)
    assert parts(first) == parts(second)
    assert set(parts(first).values()) == {"train", PUBLIC, PRIVATE}
    assert (first.test.usage.salt, first.test.usage.attempt) == (SALT, 1)
    apart = [
        parts(planned(tmp_path / name, replace(SHARED, shared_salt=""), label=other))
        for name in ("three", "four")
    ]
    assert apart[0] != apart[1]


def test_one_salt_for_all_is_never_passed_over(tmp_path: Path) -> None:
    rare = ["rare", *["often"] * 199]
    made = planned(tmp_path, label=rare)
    assert made.test.usage.attempt == 1
    assert "the salt does not give a public part of about 30%" in messages(made)
    assert "give all sister data sets another `shared_salt`" in messages(made)
    assert SALT not in messages(made)


@pytest.mark.parametrize(
    ("split", "roles", "cells", "told"),
    [
        (replace(SHARED, method=SplitMethod.RANDOM), ROLES, {}, "set `split.method` to group"),
        (
            replace(SHARED, method=SplitMethod.TIME),
            Roles(id="key", label="label", time="day"),
            {},
            "needs a column of the role group that says the same",
        ),
        (SHARED, ROLES, {"shop": [None, *["s"] * 199]}, "1 rows have no group"),
    ],
)
def test_a_split_that_sisters_cannot_have_in_common_is_refused(
    tmp_path: Path, split: SplitRule, roles: Roles, cells: Mapping[str, Any], told: str
) -> None:
    made = planned(tmp_path, split, roles, **cells)
    assert told in messages(made)
    assert not len(made.test)


def test_a_salt_that_can_be_guessed_is_refused() -> None:
    document = staged.rows_draft(split=replace(SHARED, shared_salt="secret")).to_json()
    with pytest.raises(DatasetError, match=r"draft.split.shared_salt has 6 characters, .* 16") as e:
        drafts.from_json(document)
    assert "secret" not in str(e.value)


# Matching


def records() -> dict[str, Sequence[str | None]]:
    """Four records of each of 240 products, which the column `family` names."""
    return {
        "record_id": [f"r{number}" for number in range(RECORDS)],
        "title": [f"offer {number} of a thing" for number in range(RECORDS)],
        "price": [f"{number / 8}" for number in range(RECORDS)],
        "family": [f"f{number // 4}" for number in range(RECORDS)],
    }


def links(*, exact: bool) -> dict[str, Sequence[str | None]]:
    """Pairs within and between products: the first two of the four are exactly the same.

    Of the pairs between products, one data set has them in one order and one in the other.
    """
    within = [(n, n + step) for n in range(0, RECORDS, 4) for step in (1, 2)]
    across = [(n, (n + 17) % RECORDS) for n in range(RECORDS)]
    pairs = [*within, *(across if exact else [(b, a) for a, b in across])]
    same = [a // 4 == b // 4 and (not exact or b - a == 1) for a, b in pairs]
    return {
        "left_id": [f"r{left}" for left, _ in pairs],
        "right_id": [f"r{right}" for _, right in pairs],
        "label": ["1" if each else "0" for each in same],
    }


def pairs_draft(**changes: Any) -> Draft:
    """A matching draft over one record table, whose entities the column `family` declares."""
    kinds = {"title": ColumnType.TEXT, "price": ColumnType.NUMERIC, "family": ColumnType.ID}
    whole = staged.pairs_draft()
    tables = {"pairs": whole.tables["pairs"], "records": staged.columns(**kinds)}
    roles = Roles(label="label", entity="family")
    return replace(whole, tables=tables, roles=roles, split=SHARED, **changes)


def built(folder: Path, draft: Draft, tables: Mapping[str, staged.Cells]) -> Sister:
    """The data set of a draft."""
    source = staged.draft_folder(folder / "draft", draft, tables)
    public, private = folder / "public", folder / "private"
    building.build_draft(source, public, private, salt=folder.name, progress=lambda *_: None)
    return Sister(public, private / "solution.parquet")


def matching(folder: Path, *, exact: bool, split: SplitRule = SHARED) -> Sister:
    """One of two data sets over the same records, with another meaning of match."""
    tables = {"pairs": links(exact=exact), "records": records()}
    return built(folder, replace(pairs_draft(), split=split), tables)


def test_equal_pairs_of_two_meanings_of_match_are_in_the_same_part(tmp_path: Path) -> None:
    exact = matching(tmp_path / "exact", exact=True)
    assert conflicts(exact, matching(tmp_path / "variant", exact=False)) == Conflicts()
    lonely = replace(SHARED, shared_salt="")
    apart = matching(tmp_path / "apart", exact=False, split=lonely)
    found = conflicts(exact, apart)
    assert found.usage > 0
    assert found.train > 0
    assert conflicts(apart, exact) == found


def test_pairs_without_a_declared_entity_need_one(tmp_path: Path) -> None:
    tables = {"pairs": links(exact=True), "records": records()}
    stage = staged.stage(tmp_path, tables)
    undeclared = replace(pairs_draft(), roles=Roles(label="label"))
    assert "the role group or entity" in messages(plan.make(undeclared, stage, salt="s"))
    cells = {**records(), "family": [None] * 4 + [*records()["family"]][4:]}
    stage = staged.stage(tmp_path / "gap", {**tables, "records": cells})
    made = plan.make(pairs_draft(), stage, salt="s")
    assert "rows have no group" in messages(made)


def test_a_group_is_named_by_its_first_declared_entity(tmp_path: Path) -> None:
    tables = {"pairs": links(exact=True), "records": records()}
    made = plan.make(pairs_draft(), staged.stage(tmp_path, tables), salt="s")
    pairs = tables["pairs"]
    for row, group in zip(made.test.numbers.tolist(), made.test.groups.to_pylist(), strict=True):
        ids = [int(str(pairs[f"{side}_id"][row])[1:]) for side in ("left", "right")]
        assert group == min(f"f{number // 4}" for number in ids)
    expected = splits.in_test(made.test.groups, salt=SALT, share=0.5)
    assert np.all(expected)
    assert isinstance(made.test.groups, pa.Array | pa.ChunkedArray)
