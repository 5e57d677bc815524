"""A draft without a fault has no finding, and every check says why it matters."""

import json
from pathlib import Path

import numpy as np
import pytest

from tabset import checks
from tabset.checks import CHECKS
from tabset.draft import Order, Roles, SplitMethod, SplitRule
from tabset.errors import DatasetError
from tabset.findings import Finding, Level
from tests.tabset.checks import drafts


def test_clean_rows_have_no_finding(tmp_path: Path) -> None:
    assert drafts.of_rows(tmp_path, drafts.rows()) == []


def test_clean_pairs_within_a_table_have_no_finding(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}

    # Without pairs that cross the split, some records would be in fewer pairs.
    found = drafts.of_pairs(tmp_path, tables, split=SplitRule(SplitMethod.GROUP))

    assert drafts.codes(found) <= {"crossing-pairs"}


def test_clean_pairs_between_two_tables_have_no_finding(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "left": drafts.records(), "right": drafts.records()}
    tables["pairs"]["right_id"] = [f"o{int(text[1:]) ^ 1}" for text in tables["pairs"]["left_id"]]
    half = len(tables["pairs"]["label"]) // 2
    tables["pairs"]["right_id"][half:] = [
        f"o{(int(text[1:]) + 100) % 300}" for text in tables["pairs"]["left_id"][half:]
    ]
    places = np.random.default_rng(4).permutation(300)
    named = [f"o{places[int(text[1:])]}" for text in tables["pairs"]["right_id"]]
    tables["pairs"]["right_id"] = named
    tables["pairs"]["label"] = ["1"] * half + ["0"] * (len(tables["pairs"]["label"]) - half)

    found = drafts.of_pairs(tmp_path, tables, order=Order.SHUFFLE)

    assert all(finding.level is Level.INFO for finding in found)


def test_every_check_says_why_it_matters() -> None:
    assert len({each.code for each in CHECKS}) == len(CHECKS)
    assert all(each.doc.endswith(".") and len(each.doc) > 30 for each in CHECKS)


def test_findings_of_the_reading_come_along_and_the_gravest_are_first(tmp_path: Path) -> None:
    folder = drafts.write(
        tmp_path, drafts.classification(drafts.rows(), title=""), {"rows": drafts.rows()}
    )
    read = [Finding(level, "reading", "Said.") for level in (Level.INFO, Level.ERROR)]
    text = json.dumps([finding.to_json() for finding in read])
    (folder / "findings.json").write_text(text, encoding="utf-8")

    found = drafts.check(folder)

    assert [(each.level, each.code) for each in found] == [
        (Level.ERROR, "reading"),
        (Level.WARNING, "description"),
        (Level.INFO, "reading"),
    ]


@pytest.mark.parametrize("text", ["no json", "{}", '[{"level": "grave"}]', "[1]"])
def test_findings_that_cannot_be_read_are_refused(tmp_path: Path, text: str) -> None:
    cells = drafts.rows(30)
    drafts.write(tmp_path, drafts.classification(cells), {"rows": cells})
    (tmp_path / "findings.json").write_text(text, encoding="utf-8")

    with pytest.raises(DatasetError, match=r"is not a list of findings"):
        drafts.check(tmp_path)


def test_the_progress_rises_from_nothing_to_all(tmp_path: Path) -> None:
    folder = drafts.write(tmp_path, drafts.classification(drafts.rows()), {"rows": drafts.rows()})
    seen: list[float] = []

    checks.check(folder, salt="salt", progress=lambda share, message: seen.append(share))

    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert not list(folder.glob(".checks-*"))


def test_of_rows_that_cannot_be_divided_only_that_is_said(tmp_path: Path) -> None:
    found = drafts.of_rows(tmp_path, drafts.rows(), split=SplitRule(SplitMethod.TIME))

    assert [finding.level for finding in found] == [Level.ERROR]
    assert "time" in found[0].message


@pytest.mark.parametrize("side", ["train", "test"])
def test_of_rows_that_all_lie_on_one_side_only_that_is_said(tmp_path: Path, side: str) -> None:
    found = drafts.of_rows(
        tmp_path,
        drafts.rows() | {"side": [side] * drafts.ROWS},
        roles=Roles(id="id", label="label", split="side"),
        split=SplitRule(SplitMethod.GIVEN),
    )

    assert [(finding.level, finding.code) for finding in found] == [(Level.ERROR, "empty-side")]
