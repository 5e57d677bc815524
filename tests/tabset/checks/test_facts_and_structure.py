"""What a draft says about itself is complete and fits its tables."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tabset.draft import Draft, DraftColumn, Roles
from tabset.findings import Level
from tabset.schema import ColumnType, Licence
from tests.tabset.checks import drafts


@pytest.mark.parametrize("name", ["", "Shop Offers", "../x", "a--b", "ü"])
def test_a_name_that_is_no_slug_is_an_error(tmp_path: Path, name: str) -> None:
    found = drafts.of_rows(tmp_path, drafts.rows(), name=name)

    assert [(each.level, each.code) for each in found] == [(Level.ERROR, "name")]


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("title", "description"),
        ("description", "description"),
        ("citation", "citation"),
        ("origin", "citation"),
    ],
)
def test_a_missing_text_is_a_warning_that_names_its_key(
    tmp_path: Path, key: str, code: str
) -> None:
    [found] = drafts.of_rows(tmp_path, drafts.rows(), **{key: "  "})

    assert (found.level, found.code) == (Level.WARNING, code)
    assert f"`{key}`" in found.message


def test_a_missing_licence_is_a_warning(tmp_path: Path) -> None:
    [found] = drafts.of_rows(tmp_path, drafts.rows(), licence=Licence("", "https://example.org"))

    assert (found.level, found.code) == (Level.WARNING, "licence")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "example.org", " "])
def test_a_licence_whose_address_is_no_link_is_an_error(tmp_path: Path, url: str) -> None:
    [found] = drafts.of_rows(tmp_path, drafts.rows(), licence=Licence("CC0", url))

    assert (found.level, found.code) == (Level.ERROR, "licence")


def changed(draft: Draft, column: str, **changes: Any) -> Draft:
    """The draft with changes to one column of its rows."""
    columns = tuple(
        replace(each, **changes) if each.name == column else each for each in draft.tables["rows"]
    )
    return replace(draft, tables={"rows": columns})


def test_a_column_that_was_not_read_is_an_error_and_nothing_else_is_asked(tmp_path: Path) -> None:
    cells = drafts.rows()
    draft = drafts.classification(cells)
    columns = (*draft.tables["rows"], DraftColumn("weight", ColumnType.NUMERIC))
    drafts.write(tmp_path, replace(draft, tables={"rows": columns}), {"rows": cells})

    [found] = drafts.check(tmp_path)

    assert (found.level, found.code, found.column) == (Level.ERROR, "tables", "weight")


def test_a_table_that_was_not_read_is_an_error(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}
    drafts.write(tmp_path, drafts.matching(tables), {"pairs": tables["pairs"]})

    [found] = drafts.check(tmp_path)

    assert (found.level, found.code, found.table) == (Level.ERROR, "tables", "records")


@pytest.mark.parametrize(
    ("table", "key"), [("pairs", "left_id"), ("pairs", "right_id"), ("records", "record_id")]
)
def test_a_matching_table_without_its_key_is_an_error(tmp_path: Path, table: str, key: str) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}
    del tables[table][key]

    [found] = drafts.of_pairs(tmp_path, tables)

    assert (found.level, found.code) == (Level.ERROR, "tables")
    assert (found.table, found.column) == (table, key)


def test_a_draft_without_a_label_is_an_error(tmp_path: Path) -> None:
    found = drafts.only(drafts.of_rows(tmp_path, drafts.rows(), roles=Roles(id="id")), "roles")

    assert found.level is Level.ERROR
    assert "`roles.label`" in found.message


def test_a_draft_without_a_feature_is_an_error(tmp_path: Path) -> None:
    cells = {name: drafts.rows()[name] for name in ("id", "label")}

    [found] = drafts.of_rows(tmp_path, cells)

    assert (found.level, found.code) == (Level.ERROR, "roles")


@pytest.mark.parametrize(
    ("rename", "said"),
    [
        ("score", "is reserved"),
        ("prediction", "is reserved"),
        ("price", "2 columns are named"),
        (" title", "begins or ends with white space"),
        ("ti\ntle", "control character"),
        ("u\u0308", "NFC"),
    ],
)
def test_a_column_name_that_clashes_or_breaks_is_an_error(
    tmp_path: Path, rename: str, said: str
) -> None:
    draft = changed(drafts.classification(drafts.rows()), "title", rename=rename)
    drafts.write(tmp_path, draft, {"rows": drafts.rows()})

    found = [each for each in drafts.check(tmp_path) if each.code == "names"]

    assert found
    assert all(each.level is Level.ERROR and said in each.message for each in found)


def test_a_column_that_is_not_used_may_have_any_name(tmp_path: Path) -> None:
    draft = changed(drafts.classification(drafts.rows()), "title", rename="score", use=False)

    assert not drafts.check(drafts.write(tmp_path, draft, {"rows": drafts.rows()}))


def test_a_record_column_named_id_is_an_error(tmp_path: Path) -> None:
    tables = {"pairs": drafts.pairs(), "records": drafts.records()}
    tables["records"]["id"] = tables["records"]["title"]

    [found] = drafts.of_pairs(tmp_path, tables)

    assert (found.code, found.table, found.column) == ("names", "records", "id")
