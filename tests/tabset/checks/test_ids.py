"""Ids that are easily changed on their way through other programs."""

from pathlib import Path

import pytest

from tabset.draft import Keep
from tabset.findings import Level
from tests.tabset.checks import drafts


@pytest.mark.parametrize("odd", [" r1", "r1 ", "a\nb", "e\u0301", "x\u00a0", "\x1f"])
def test_an_odd_id_is_a_warning(tmp_path: Path, odd: str) -> None:
    cells = drafts.rows()
    cells["id"][4] = odd
    found = drafts.only(drafts.of_rows(tmp_path / "kept", cells), "odd-ids")

    assert (found.level, found.rows, found.count) == (Level.WARNING, (5,), 1)
    assert "odd-ids" not in drafts.codes(drafts.of_rows(tmp_path / "new", cells, ids=Keep.NEW))


@pytest.mark.parametrize("plain", ["ü", "a b", "a,b", '"', "007", "None"])
def test_an_id_that_stays_as_it_is_has_no_finding(tmp_path: Path, plain: str) -> None:
    cells = drafts.rows()
    cells["id"][4] = plain

    assert drafts.of_rows(tmp_path, cells) == []


def test_an_odd_id_of_a_record_is_a_warning(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}
    tables["records"]["record_id"] = [f"{text} " for text in tables["records"]["record_id"]]
    for side in ("left_id", "right_id"):
        tables["pairs"][side] = [f"{text} " for text in tables["pairs"][side]]
    found = drafts.only(drafts.of_pairs(tmp_path, tables), "odd-ids")

    assert (found.table, found.column, found.count) == ("records", "record_id", drafts.RECORDS)
