"""A draft survives its JSON, and a slip of the pen in it is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from tabset import draft as drafts
from tabset.draft import Draft, DraftColumn, Keep, Order, Roles, SplitMethod, SplitRule
from tabset.errors import DatasetError
from tabset.schema import ColumnType, Kind, Licence

TITLE = DraftColumn("title", ColumnType.TEXT, rename="name", evidence="Long texts.", samples=("a",))
LABEL = DraftColumn("label", ColumnType.CATEGORICAL, missing_values=("NA",))
ROWS = Draft(
    "shop-offers",
    Kind.CLASSIFICATION,
    {"rows": (TITLE, LABEL)},
    licence=Licence("CC0", "https://example.org"),
    roles=Roles(label="label", slices=("title",)),
    split=SplitRule(SplitMethod.GROUP, 0.2, 0.4, True),
    ids=Keep.NEW,
    order=Order.SHUFFLE,
)
PAIRS = Draft(
    "offers",
    Kind.MATCHING,
    {"pairs": (LABEL,), "records": (TITLE,)},
    roles=Roles(label="label", entity="title", slices=("title",)),
)


@pytest.mark.parametrize("draft", [ROWS, PAIRS])
def test_a_draft_is_read_as_it_was_written(draft: Draft, tmp_path: Path) -> None:
    drafts.write(draft, tmp_path)
    assert drafts.read(tmp_path) == draft


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "podium-draft/9"}, "not a draft of the format"),
        ({"naem": "x"}, "draft has no key 'naem'"),
        ({"ids": "fresh"}, "draft.ids is 'fresh', expected one of keep, new"),
        ({"title": 3}, "draft.title is 3, expected text"),
        ({"classes": "a"}, "draft.classes is 'a', expected a list"),
        ({"classes": [1]}, r"draft.classes\[0\] is 1, expected text"),
        ({"tables": []}, r"draft.tables is \[\], expected an object"),
        ({"tables": {}}, "a classification draft needs the table 'rows'"),
        ({"tables": {"rows": [{"name": "a"}]}}, r"draft.tables.rows\[0\]: .*type"),
        ({"tables": {"rows": [{"name": "a", "type": "number"}]}}, "expected one of id, text"),
        ({"split": {"strict": "yes"}}, "draft.split.strict is 'yes', expected true or false"),
        ({"split": {"test_share": 1.5}}, "draft.split.test_share is 1.5"),
        ({"split": {"test_share": True}}, "draft.split.test_share is True, expected a number"),
        ({"licence": None}, "draft.licence is None, expected an object"),
        ({"roles": {"label": "y"}}, "draft.roles.label is 'y', which is not a column of rows"),
        ({"roles": {"slices": ["y"]}}, "draft.roles.slices names 'y', which is not a column"),
        ({"kind": "matching"}, "a matching draft needs the table 'pairs'"),
    ],
)
def test_a_slip_is_named(change: dict[str, Any], told: str) -> None:
    document = json.loads(json.dumps(ROWS.to_json()))
    with pytest.raises(DatasetError, match=told):
        drafts.from_json({**document, **change})


@pytest.mark.parametrize("tables", [{"pairs": []}, {"pairs": [], "left": []}])
def test_a_matching_draft_needs_its_record_tables(tables: dict[str, Any]) -> None:
    document = {**json.loads(json.dumps(PAIRS.to_json())), "roles": {}, "tables": tables}
    with pytest.raises(DatasetError, match="records, or the tables left and right"):
        drafts.from_json(document)


def test_an_entity_is_a_column_of_the_records() -> None:
    document = json.loads(json.dumps(PAIRS.to_json()))
    with pytest.raises(DatasetError, match=r"draft\.roles\.entity names 'who'"):
        drafts.from_json({**document, "roles": {"entity": "who"}})


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"\xff"])
def test_a_file_that_is_no_draft_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / drafts.FILE).write_bytes(content)
    with pytest.raises(DatasetError, match=r"draft\.json|not a draft"):
        drafts.read(tmp_path)
