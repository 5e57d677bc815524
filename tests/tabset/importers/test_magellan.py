from pathlib import Path

import pytest

from tabset.draft import SplitMethod
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers.joined import form
from tabset.schema import ColumnType
from tests.tabset.importers.raw import imported, write

PAIRS = "ltable_id,rtable_id,label\n"
FILES = {
    "tableA.csv": "id,name,price\n0,radio,1.5\n1,lamp,\n2,alone,3\n",
    "tableB.csv": "id,name,price\n0,Radio,1.4\n1,Lamp,2\n",
    "train.csv": PAIRS + "0,0,1\n0,1,0\n",
    "valid.csv": PAIRS + "1,1,1\n",
    "test.csv": PAIRS + "1,0,0\n",
}
JOINED = """_id,ltable_id,rtable_id,ltable_name,ltable_city,rtable_name,rtable_city,gold
7,b1,1,cafe  x,paris,Cafe X,Paris,1
8,b1,2,cafe  x,paris,Bar Y,,0
9,b2,2,bar y,,Bar Y,,1
"""


def test_record_tables_come_whole_and_valid_goes_to_train(tmp_path: Path) -> None:
    found = imported("magellan", write(tmp_path, FILES))
    assert set(found.draft.tables) == {"pairs", "left", "right"}
    assert found.rows("left")[2] == {"record_id": "2", "name": "alone", "price": "3"}
    assert [tuple(row.values()) for row in found.rows("pairs")] == [
        ("0", "0", "1", "train"),
        ("0", "1", "0", "train"),
        ("1", "1", "1", "train"),
        ("1", "0", "0", "test"),
    ]
    assert [column.name for column in found.draft.tables["left"]] == ["name", "price"]
    assert found.column("price", "left").type is ColumnType.NUMERIC
    assert (found.draft.roles.label, found.draft.roles.split) == ("label", "split")
    assert (found.draft.negative_label, found.draft.positive_label) == ("0", "1")
    assert "'1' means match" in found.column("label").evidence
    assert "valid.csv" in found.finding("valid-in-train").message


def test_pairs_that_carry_their_records_make_them_by_id(tmp_path: Path) -> None:
    raw = write(tmp_path, {"pairs.csv": JOINED})
    found = imported("magellan", raw / "pairs.csv")
    assert found.rows("left") == [
        {"record_id": "b1", "name": "cafe  x", "city": "paris"},
        {"record_id": "b2", "name": "bar y", "city": None},
    ]
    assert [row["record_id"] for row in found.rows("right")] == ["1", "2"]
    assert (found.draft.roles.id, found.draft.roles.label) == ("_id", "gold")
    assert found.draft.split.method is SplitMethod.GROUP
    assert [column.name for column in found.draft.tables["pairs"]] == ["_id", "gold"]
    assert not found.column("_id").use


def test_record_tables_beside_joined_pairs_count(tmp_path: Path) -> None:
    files = {
        "pairs.csv": JOINED,
        "pairs.metadata": "#key=_id\n",
        "a_right.csv": "id,name,city\n1,Cafe X,Paris\n2,Bar Y,\n3,Zoo,Rome\n",
        "z_left.csv": "id,name,city\nb1,cafe  x,paris\nb2,bar y,\n",
    }
    found = imported("magellan", write(tmp_path, files))
    assert [row["record_id"] for row in found.rows("left")] == ["b1", "b2"]
    assert len(found.rows("right")) == 3
    assert found.finding("sides").level is Level.INFO
    assert found.finding("side-file").level is Level.INFO
    assert "ltable_name" in found.finding("columns-repeated").message


def test_sides_that_cannot_be_told_are_a_warning(tmp_path: Path) -> None:
    files = {
        "one.csv": "id,name\n1,a\n2,b\n",
        "two.csv": "id,name\n1,c\n2,d\n",
        "pairs.csv": PAIRS + "1,2,1\n2,1,0\n",
    }
    found = imported("magellan", write(tmp_path, files))
    assert found.finding("sides").level is Level.WARNING
    assert [row["name"] for row in found.rows("left")] == ["a", "b"]


def test_pairs_without_record_ids_make_records_by_text(tmp_path: Path) -> None:
    head = "id,label,left_name,right_name\n"
    files = {
        "train.csv": head + "0,0,radio,Lamp\n1,1,radio,Radio\n",
        "test.csv": head + "0,1,lamp,Lamp\n",
    }
    found = imported("magellan", write(tmp_path, files))
    left = {row["record_id"]: row["name"] for row in found.rows("left")}
    assert sorted(left.values(), key=str) == ["lamp", "radio"]
    assert list(left) == sorted(left, key=str)
    assert [left[row["left_id"]] for row in found.rows("pairs")] == ["radio", "radio", "lamp"]
    assert found.draft.roles.id == ""
    assert {"id-not-unique", "records-made"} <= found.codes


def test_made_ids_do_not_depend_on_the_pairs(tmp_path: Path) -> None:
    head = "label,left_name,right_name\n"
    (tmp_path / "other").mkdir()
    one = write(tmp_path, {"p.csv": head + "0,radio,Lamp\n1,lamp,Lamp\n"})
    two = write(tmp_path / "other", {"p.csv": head + "1,lamp,Lamp\n1,lamp,Lamp\n0,radio,x\n"})
    first, second = imported("magellan", one), imported("magellan", two)
    assert first.rows("left") == second.rows("left")


def test_an_id_with_two_texts_keeps_the_first(tmp_path: Path) -> None:
    raw = write(tmp_path, {"p.csv": JOINED + "10,b1,1,other,paris,Cafe X,Paris,0\n"})
    found = imported("magellan", raw)
    assert found.rows("left")[0]["name"] == "cafe  x"
    assert found.finding("record-differs").rows == (4,)


def test_one_record_table_serves_both_sides(tmp_path: Path) -> None:
    files = {
        "records.csv": "record_id,name\n1,a\n2,b\n",
        "pairs.csv": "left_id,right_id,label,hint\n1,2,yes,x\n2,1,no,y\n",
    }
    found = imported("magellan", write(tmp_path, files), slices="hint")
    assert set(found.draft.tables) == {"pairs", "records"}
    assert (found.draft.negative_label, found.draft.positive_label) == ("no", "yes")
    assert found.draft.roles.slices == ("hint",)


def test_pairs_of_unknown_records_are_errors_by_file_and_row(tmp_path: Path) -> None:
    files = {**FILES, "test.csv": PAIRS + "0,0,0\n5,0,0\n"}
    finding = imported("magellan", write(tmp_path, files)).finding("pair-of-unknown-record")
    assert (finding.level, finding.rows, finding.column) == (Level.ERROR, (2,), "left_id")
    assert finding.message.startswith("test.csv: 1 pairs")


def test_a_third_label_is_an_error_by_file_and_row(tmp_path: Path) -> None:
    files = {**FILES, "valid.csv": PAIRS + "0,0,1\n1,1,maybe\n"}
    finding = imported("magellan", write(tmp_path, files)).finding("label-unknown")
    assert (finding.level, finding.rows) == (Level.ERROR, (2,))
    assert finding.message.startswith("valid.csv: ")


def test_one_label_alone_is_an_error(tmp_path: Path) -> None:
    files = {**FILES, "train.csv": PAIRS + "0,0,0\n", "valid.csv": PAIRS + "0,1,0\n"}
    found = imported("magellan", write(tmp_path, files))
    assert found.finding("one-label").level is Level.ERROR
    assert (found.draft.negative_label, found.draft.positive_label) == ("0", "1")


@pytest.mark.parametrize(
    ("labels", "positive", "meaning"),
    [
        (("False", "True"), "", ("False", "True")),
        (("No", "Yes"), "", ("No", "Yes")),
        (("0.0", "1.0"), "", ("0.0", "1.0")),
        (("same", "other"), "same", ("other", "same")),
        (("0", "1"), "0", ("1", "0")),
    ],
)
def test_the_label_that_means_match_is_known_or_said(
    tmp_path: Path, labels: tuple[str, str], positive: str, meaning: tuple[str, str]
) -> None:
    pairs = PAIRS + f"0,0,{labels[0]}\n0,1,{labels[1]}\n"
    raw = write(tmp_path, {**FILES, "train.csv": pairs, "valid.csv": pairs, "test.csv": pairs})
    found = imported("magellan", raw, positive=positive)
    assert (found.draft.negative_label, found.draft.positive_label) == meaning


def test_a_column_that_names_the_entity_is_no_feature(tmp_path: Path) -> None:
    files = {
        **FILES,
        "tableA.csv": "id,name,class\n0,radio,c1\n1,lamp,c2\n",
        "tableB.csv": "id,name,class\n0,Radio,c1\n1,Lamp,c2\n",
    }
    found = imported("magellan", write(tmp_path, files))
    assert found.draft.roles.entity == "class"
    assert not found.column("class", "left").use
    assert found.finding("column-tells-label").level is Level.WARNING


def test_a_column_with_empty_cells_names_no_entity(tmp_path: Path) -> None:
    files = {
        **FILES,
        "tableA.csv": "id,name,class\n0,radio,c1\n1,lamp,\n",
        "tableB.csv": "id,name,class\n0,Radio,c1\n1,Lamp,c2\n",
    }
    found = imported("magellan", write(tmp_path, files))
    assert found.draft.roles.entity == ""
    assert found.column("class", "left").use


def test_reserved_names_of_records_are_replaced(tmp_path: Path) -> None:
    files = {**FILES, "tableA.csv": "key,id,name\n0,x,radio\n1,y,lamp\n"}
    files["tableB.csv"] = files["tableA.csv"]
    found = imported("magellan", write(tmp_path, files), record_id="key")
    assert found.column("id", "left").rename == "source_id"


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"train.csv": FILES["train.csv"]}, {}, "give the record tables tableA and tableB"),
        ({"tableA.csv": FILES["tableA.csv"]}, {}, "no file of pairs is among tableA.csv"),
        ({**FILES, "train.csv": "a,b\n1,2\n"}, {}, "train.csv should name records by"),
        ({"tableA.csv": "id,n\n0,a\n", "p.csv": PAIRS + "0,0,1\n"}, {}, "no second table"),
        ({**FILES, "tableA.csv": "name\nx\n"}, {}, "has no column id; name its key"),
        (
            {**FILES, "tableA.csv": "id,record_id\n1,2\n"},
            {"record_id": "id"},
            "in addition to its key",
        ),
        (FILES, {"record_id": "sku"}, "no column 'sku'"),
        (FILES, {"label": "gold"}, "no column 'gold'"),
        (FILES, {"positive": "yes"}, "no pair has the label 'yes'"),
        ({**FILES, "train.csv": "ltable_id,rtable_id,c\n0,0,1\n"}, {}, "the columns of train"),
        (
            {"p.csv": "ltable_id,rtable_id,ltable_a,rtable_a\n0,0,1,2\n"},
            {},
            "which column of p.csv is the label",
        ),
        ({"p.csv": JOINED, "q.csv": JOINED}, {}, "neither train, valid nor test"),
        ({"test.csv": JOINED, "valid.csv": JOINED, "x.csv": JOINED}, {}, "x.csv hold pairs"),
        (
            {
                **FILES,
                "train.csv": PAIRS + "0,0,\n",
                "valid.csv": PAIRS + "0,0,\n",
                "test.csv": PAIRS + "0,0,\n",
            },
            {},
            "no pair has a label",
        ),
        (
            {"p.csv": JOINED.replace(",1\n", ",a\n").replace(",0\n", ",b\n")},
            {},
            "label means match",
        ),
        ({"p.csv": "label,left_n,right_n\n0,a,b\n", "r.csv": "id,n\n1,a\n"}, {}, "by ids"),
        ({f"{n}.csv": "id,n\n1,a\n" for n in "abc"} | {"p.csv": PAIRS + "1,1,1\n"}, {}, "3 record"),
        ({**FILES, "tableA.csv": "id,name\n"}, {}, "no row for the table left"),
    ],
)
def test_wrong_files_are_refused(
    tmp_path: Path, files: dict[str, str], options: dict[str, str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        imported("magellan", write(tmp_path, files), **options)


def test_a_test_file_needs_a_train_file(tmp_path: Path) -> None:
    files = {name: FILES[name] for name in ("tableA.csv", "tableB.csv", "valid.csv")}
    found = imported("magellan", write(tmp_path, files))
    assert found.draft.roles.split == ""
    (tmp_path / "two").mkdir()
    both = {"test.csv": JOINED, "testing.csv": JOINED}
    with pytest.raises(DatasetError, match="several for the file test"):
        imported("magellan", write(tmp_path / "two", both))


def test_sides_may_stand_before_or_after_the_names() -> None:
    assert form(["id_left", "id_right", "title_left", "title_right", "pair_id", "label"])
    assert form(["ltable_name", "rtable_name", "gold"])
    found = form(["left_id", "right_id", "label"])
    assert found is not None
    assert (found.left.key, found.right.key, found.rest) == ("left_id", "right_id", ("label",))
    assert form(["left_over", "price", "right_hand"]) is None
    assert form(["id", "name"]) is None
