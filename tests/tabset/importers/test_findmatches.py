from pathlib import Path

import pytest

from tabset.draft import SplitMethod
from tabset.errors import DatasetError
from tabset.importers import findmatches
from tests.tabset.importers.raw import imported, write

CSV = """labeling_set_id,label,name,city,key
s1,A,ann,rome,1
s1,A,anne,rome,2
s1,B,bob,,3
s2,A,ann,oslo,4
s2,,carl,oslo,5
s2,B,dora,oslo,6
s3,A,emil,bern,7
"""


def names(found: list[dict[str, str | None]], left: str | None) -> str:
    return next(str(row["name"]) for row in found if row["record_id"] == left)


def test_pairs_are_formed_within_sets_by_equal_labels(tmp_path: Path) -> None:
    found = imported("findmatches", write(tmp_path, {"labels.csv": CSV}))
    records = found.rows("records")
    pairs = {
        frozenset((names(records, row["left_id"]), names(records, row["right_id"]))): row["label"]
        for row in found.rows("pairs")
    }
    assert pairs == {
        frozenset({"ann", "anne"}): "1",
        frozenset({"ann", "bob"}): "0",
        frozenset({"anne", "bob"}): "0",
        frozenset({"ann", "dora"}): "0",
    }
    assert sorted(str(row["name"]) for row in records) == [
        "ann",
        "ann",
        "anne",
        "bob",
        "dora",
        "emil",
    ]
    assert found.draft.roles.group == "labeling_set_id"
    assert found.draft.split.method is SplitMethod.GROUP
    assert (found.draft.negative_label, found.draft.positive_label) == ("0", "1")
    assert found.finding("no-label").rows == (5,)


def test_neither_ids_nor_orders_follow_the_source(tmp_path: Path) -> None:
    lines = [f"s,{number // 10},r{number}" for number in range(40)]
    (tmp_path / "two").mkdir()
    head = "labeling_set_id,label,name\n"
    one = write(tmp_path, {"l.csv": head + "\n".join(lines)})
    two = write(tmp_path / "two", {"l.csv": head + "\n".join(reversed(lines))})
    first, second = imported("findmatches", one), imported("findmatches", two)
    assert first.rows("records") == second.rows("records")
    assert first.rows("pairs") == second.rows("pairs")


def test_the_same_record_may_stand_in_several_sets(tmp_path: Path) -> None:
    rows = "labeling_set_id,label,key,name\n1,A,x,ann\n1,A,y,bob\n2,A,x,ann\n2,B,z,ann\n2,A,y,BOB\n"
    found = imported("findmatches", write(tmp_path, {"l.csv": rows}), id="key")
    assert [row["record_id"] for row in found.rows("records")] == ["x", "y", "z"]
    assert found.finding("record-differs").rows == (5,)


def test_equal_rows_are_records_of_their_own(tmp_path: Path) -> None:
    rows = "labeling_set_id,label,name\n1,A,ann\n1,A,ann\n"
    found = imported("findmatches", write(tmp_path, {"l.csv": rows}))
    ids = [str(row["record_id"]) for row in found.rows("records")]
    assert len(set(ids)) == 2
    assert ids[1] == f"{ids[0]}-2"
    assert found.rows("pairs")[0]["label"] == "1"
    assert found.finding("one-label")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("set,label,name\n1,A,x\n", {}, "no column 'labeling_set_id'"),
        ("labeling_set_id,name\n1,A\n", {}, "no column 'label'"),
        (CSV, {"id": "nothing"}, "no column 'nothing'"),
        ("labeling_set_id,label,n\n1,A,x\n2,A,y\n", {}, "there is no pair"),
        ("labeling_set_id,label,n\n1,,x\n1,,y\n", {}, "whose column label is filled"),
        ("", {}, "labels.csv"),
        (CSV, {"positive": "A"}, "no option 'positive'"),
    ],
)
def test_wrong_files_are_refused(
    tmp_path: Path, content: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        imported("findmatches", write(tmp_path, {"labels.csv": content}), **options)


def test_a_set_that_makes_too_many_pairs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findmatches, "MOST_PAIRS", 3)
    with pytest.raises(DatasetError, match="'s1', has 3 records"):
        imported("findmatches", write(tmp_path, {"labels.csv": CSV}))
