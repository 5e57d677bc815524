"""Record tables whose order or ids reveal which records match."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabset import building
from tabset.draft import Order
from tabset.findings import Finding, Level
from tests.tabset.checks import drafts

THINGS = 150


def tables(*, in_order: bool, told_by_id: bool) -> Mapping[str, drafts.Cells]:
    """Two records of each thing and as many pairs of other records."""
    random = np.random.default_rng(6)
    count = 2 * THINGS
    ids = [f"r{n}" for n in (range(count) if told_by_id else random.permutation(count))]
    rows = np.arange(count) if in_order else random.permutation(count)
    things = random.permutation(THINGS)
    same = [(2 * n, 2 * n + 1) for n in things]
    other = [(2 * n, 2 * ((n + 40) % THINGS) + 1) for n in things]
    pairs = random.permutation([(*each, 1) for each in same] + [(*each, 0) for each in other])
    return {
        "pairs": {
            "left_id": [ids[left] for left, _, _ in pairs],
            "right_id": [ids[right] for _, right, _ in pairs],
            "label": [str(label) for _, _, label in pairs],
        },
        "records": {
            "record_id": [ids[row] for row in rows],
            "title": [f"offer {random.integers(10**9)}" for _ in rows],
        },
    }


def of(folder: Path, *, in_order: bool, told_by_id: bool, order: Order) -> list[Finding]:
    """The findings about the order and the ids of records."""
    found = drafts.of_pairs(folder, tables(in_order=in_order, told_by_id=told_by_id), order=order)
    return [each for each in found if "record" in each.code]


@pytest.mark.parametrize(
    ("order", "level"), [(Order.KEEP, Level.WARNING), (Order.SHUFFLE, Level.INFO)]
)
def test_an_order_that_tells_matches_is_told_and_shuffled(
    tmp_path: Path, order: Order, level: Level
) -> None:
    [found] = of(tmp_path, in_order=True, told_by_id=False, order=order)

    assert (found.level, found.code) == (level, "record-order")


def test_ids_that_tell_matches_are_a_warning_in_any_order(tmp_path: Path) -> None:
    [found] = of(tmp_path, in_order=False, told_by_id=True, order=Order.SHUFFLE)

    assert (found.level, found.code) == (Level.WARNING, "telling-record-ids")


def test_order_and_ids_that_say_nothing_have_no_finding(tmp_path: Path) -> None:
    assert of(tmp_path, in_order=False, told_by_id=False, order=Order.KEEP) == []


@pytest.mark.parametrize(("order", "most"), [(Order.KEEP, 1.0), (Order.SHUFFLE, 0.65)])
def test_shuffled_records_tell_nothing(tmp_path: Path, order: Order, most: float) -> None:
    cells = tables(in_order=True, told_by_id=False)
    draft = replace(drafts.matching(cells), order=order)
    folder = drafts.write(tmp_path / "draft", draft, cells)
    built = building.build_draft(
        folder, tmp_path / "public", tmp_path / "private", salt="s", progress=lambda *_: None
    )
    public = {name: pd.read_parquet(built.public / f"{name}.parquet") for name in ("records",)}
    places = pd.Series(range(2 * THINGS), index=public["records"]["record_id"])
    test = pd.read_parquet(built.public / "test.parquet")
    labels = pd.read_parquet(built.private / "solution.parquet")["label"]
    near = (test["left_id"].map(places) - test["right_id"].map(places)).abs() <= 1
    agreed = float((near == (labels == "1")).mean())
    assert agreed <= most
    assert (agreed == 1) == (order is Order.KEEP)
    assert sorted(public["records"]["title"]) == sorted(cells["records"]["title"])
