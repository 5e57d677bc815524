import json
from pathlib import Path

import pytest

from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.schema import ColumnType
from tests.tabset.importers.raw import Imported, edited, imported, write

CSV = "key,price,note,y\n1,1.5,a,x\n2,2,b,z\n"


@pytest.fixture
def first(tmp_path: Path) -> Imported:
    return imported("table", write(tmp_path, {"t.csv": CSV}), label="y", id="key")


def changed(first: Imported, **keys: object) -> Path:
    document = json.loads((first.folder / "draft.json").read_text())
    columns = document["tables"]["rows"]
    columns[1] |= {"type": "text", "rename": "cost", "description": "What it costs."}
    columns[2] |= {"use": False, "missing_values": ["-"]}
    return edited(first, tables={"rows": columns}, **keys)


def test_decisions_on_columns_are_taken_over(first: Imported, tmp_path: Path) -> None:
    raw = write(tmp_path, {"t.csv": "key,new,price,y\n1,n,1.5,x\n2,m,2,z\n"})
    draft = str(changed(first, title="Prices"))
    found = imported("table", raw, to="second", draft=draft)
    assert [column.name for column in found.draft.tables["rows"]] == ["key", "price", "y", "new"]
    price = found.column("price")
    assert (price.type, price.rename, price.description) == (
        ColumnType.TEXT,
        "cost",
        "What it costs.",
    )
    assert price.evidence.startswith("Set to text in the edited draft; found numeric")
    assert found.finding("column-new").column == "new"
    gone = found.finding("column-gone")
    assert (gone.level, gone.column) == (Level.WARNING, "note")
    assert found.draft.title == "Prices"
    assert (found.draft.roles.label, found.draft.roles.id) == ("y", "key")


def test_options_go_before_the_edited_draft(first: Imported, tmp_path: Path) -> None:
    split = {"method": "random", "test_share": 0.5, "public_share": 0.5, "strict": True}
    draft = changed(first, title="Prices", split=split, licence={"name": "CC0", "url": "u"})
    options = {"draft": str(draft), "title": "Costs", "test_share": "0.1", "licence": "MIT"}
    found = imported("table", tmp_path / "raw", to="second", **options).draft
    assert found.title == "Costs"
    assert (found.split.test_share, found.split.public_share, found.split.strict) == (
        0.1,
        0.5,
        True,
    )
    assert (found.licence.name, found.licence.url) == ("MIT", "u")


def test_roles_are_those_of_the_edited_draft(first: Imported, tmp_path: Path) -> None:
    roles = {"label": "note", "id": "", "slices": ["y"]}
    found = imported("table", tmp_path / "raw", to="second", draft=str(edited(first, roles=roles)))
    assert (found.draft.roles.label, found.draft.roles.id) == ("note", "")
    assert found.draft.roles.slices == ("y",)


def test_the_folder_of_a_draft_will_do(first: Imported, tmp_path: Path) -> None:
    found = imported("table", tmp_path / "raw", to="second", draft=str(first.folder))
    assert found.draft == first.draft


def test_the_meaning_of_labels_is_taken_over(tmp_path: Path) -> None:
    files = {
        "records.csv": "id,name\n1,a\n2,b\n",
        "pairs.csv": "left_id,right_id,label\n1,2,same\n2,1,other\n",
    }
    first = imported("magellan", write(tmp_path, files), positive="same")
    found = imported("magellan", tmp_path / "raw", to="second", draft=str(first.folder))
    assert found.draft == first.draft


def test_a_role_whose_column_is_gone_is_told(tmp_path: Path) -> None:
    files = {
        "train.csv": "Id,y\n1,a\n2,b\n",
        "test.csv": "Id\n3\n",
        "solution.csv": "Id,y,Usage\n3,a,Public\n",
    }
    raw = write(tmp_path, files)
    first = imported("kaggle", raw)
    (raw / "solution.csv").write_text("Id,y\n3,a\n")
    found = imported("kaggle", raw, to="second", draft=str(first.folder))
    assert found.draft.roles.usage == ""
    assert found.finding("role-gone").column == "usage"


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "is not JSON"), ("{}", "not a draft of the format"), (b"\xff", "is not JSON")],
)
def test_a_broken_draft_is_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    raw = write(tmp_path, {"t.csv": CSV, "draft.json": text})
    with pytest.raises(DatasetError, match=message):
        imported("table", raw / "t.csv", label="y", draft=str(raw / "draft.json"))


def test_a_draft_of_other_data_is_refused(first: Imported, tmp_path: Path) -> None:
    files = {"p.txt": "COL a VAL x\tCOL a VAL y\t1\nCOL a VAL z\tCOL a VAL y\t0\n"}
    (tmp_path / "pairs").mkdir()
    raw = write(tmp_path / "pairs", files)
    with pytest.raises(DatasetError, match="belongs to other data"):
        imported("ditto", raw, draft=str(first.folder))


def test_slices_of_the_records_are_taken_over_from_the_edited_draft(tmp_path: Path) -> None:
    files = {
        "records.csv": "id,shop\n1,a\n2,b\n",
        "pairs.csv": "left_id,right_id,label\n1,2,1\n2,1,0\n",
    }
    raw = write(tmp_path, files)
    before = imported("magellan", raw)
    roles = {"label": "label", "slices": ["shop"]}
    found = imported("magellan", raw, to="second", draft=str(edited(before, roles=roles)))
    assert found.draft.roles.slices == ("shop",)
