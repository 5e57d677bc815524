import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabset.draft import SplitMethod
from tabset.errors import DatasetError
from tabset.findings import Level
from tests.tabset.importers.raw import imported, write

TRAIN = "Id,text,kind\n1,a,NA\n2,b,007\n3,c,NA\n"
TEST = "Id,text\n4,d\n5,e\n6,f\n"
SOLUTION = "Id,kind,Usage\n6,NA,Private\n4,007,Public\n5,NA,Ignored\n"
SAMPLE = "Id,kind\n4,NA\n5,NA\n6,NA\n"
FILES = {
    "train.csv": TRAIN,
    "test.csv": TEST,
    "solution.csv": SOLUTION,
    "sample_submission.csv": SAMPLE,
}


def test_test_rows_get_label_and_usage_from_the_solution(tmp_path: Path) -> None:
    found = imported("kaggle", write(tmp_path, {**FILES, "notes.txt": "hello\n"}))
    roles = found.draft.roles
    assert (roles.id, roles.label, roles.split, roles.usage) == ("Id", "kind", "split", "usage")
    assert found.draft.split.method is SplitMethod.GIVEN
    cells = [(row["Id"], row["kind"], row["split"], row["usage"]) for row in found.rows("rows")]
    assert cells == [
        ("1", "NA", "train", None),
        ("2", "007", "train", None),
        ("3", "NA", "train", None),
        ("4", "007", "test", "public"),
        ("5", "NA", "test", "ignored"),
        ("6", "NA", "test", "private"),
    ]
    assert "notes.txt" in found.finding("file-ignored").message


def test_a_solution_without_usage_leaves_the_parts_open(tmp_path: Path) -> None:
    solution = "Id,expected\n4,NA\n5,NA\n6,007\n"
    found = imported("kaggle", write(tmp_path, {**FILES, "solution.csv": solution}))
    assert found.draft.roles.usage == ""
    assert "usage" not in found.rows("rows")[0]
    assert [row["kind"] for row in found.rows("rows")][3:] == ["NA", "NA", "007"]


def test_train_alone_is_divided_at_random(tmp_path: Path) -> None:
    found = imported("kaggle", write(tmp_path, {"Train.csv": TRAIN}), label="kind", id="Id")
    assert found.draft.split.method is SplitMethod.RANDOM
    assert found.draft.roles.id == "Id"
    assert len(found.rows("rows")) == 3


def test_the_added_columns_do_not_take_the_names_of_others(tmp_path: Path) -> None:
    files = {
        "train.csv": "Id,split,usage,y\n1,a,b,x\n",
        "test.csv": "Id,split,usage\n2,c,d\n",
        "solution.csv": "Id,y,Usage\n2,z,Public\n",
    }
    found = imported("kaggle", write(tmp_path, files))
    assert (found.draft.roles.split, found.draft.roles.usage) == ("split_2", "usage_2")
    assert [row["split"] for row in found.rows("rows")] == ["a", "c"]
    assert not {column.name for column in found.draft.tables["rows"] if column.rename}


def test_columns_of_one_side_are_left_out(tmp_path: Path) -> None:
    files = {**FILES, "train.csv": "Id,text,late,kind\n1,a,z,NA\n2,b,z,007\n"}
    found = imported("kaggle", write(tmp_path, files))
    assert not found.column("late").use
    assert found.finding("column-on-one-side").level is Level.WARNING
    assert [row["late"] for row in found.rows("rows")][2:] == [None] * 3


def test_test_rows_without_solution_are_errors_with_row_numbers(tmp_path: Path) -> None:
    solution = "Id,kind\n4,NA\n6,007\n9,NA\n"
    found = imported("kaggle", write(tmp_path, {**FILES, "solution.csv": solution}))
    unsolved = found.finding("test-unsolved")
    assert (unsolved.level, unsolved.rows) == (Level.ERROR, (2,))
    assert found.finding("solution-unused").rows == (3,)
    assert found.finding("sample-ids").count == 1


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(solved=st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=6), data=st.data())
def test_the_order_of_the_solution_makes_no_difference(
    tmp_path_factory: pytest.TempPathFactory, solved: dict[str, str], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(list(solved)))
    files = {
        "train.jsonl": json.dumps({"Id": "", "kind": "NA"}),
        "test.jsonl": "\n".join(json.dumps({"Id": key}) for key in solved),
        "solution.jsonl": "\n".join(json.dumps({"Id": key, "kind": solved[key]}) for key in order),
    }
    found = imported("kaggle", write(tmp_path_factory.mktemp("kaggle"), files), label="kind")
    assert {row["Id"]: row["kind"] for row in found.rows("rows")[1:]} == solved
    assert "test-unsolved" not in found.codes


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"train.csv": TRAIN, "test.csv": TEST}, {}, "test.csv has no solution: give solution"),
        ({"train.csv": TRAIN}, {}, "which column of train.csv is the label"),
        ({"train.csv": TRAIN}, {"label": "nothing"}, "no column 'nothing'"),
        ({"train.csv": TRAIN, "solution.csv": SOLUTION}, {}, "no test file next to it"),
        ({"test.csv": TEST, "solution.csv": SOLUTION}, {}, "there is no train file among"),
        ({"test.csv": TEST}, {}, "there is no train file among test.csv"),
        ({**FILES, "train.tsv": TRAIN}, {}, "several for the file train"),
        ({**FILES, "test.csv": "Id,text,kind\n4,d,NA\n"}, {}, "which column is the label"),
        ({**FILES, "solution.csv": "key,kind\n4,NA\n"}, {}, "share no column"),
        ({**FILES, "solution.csv": "key,kind\n4,NA\n"}, {"id": "Id"}, "no column 'Id'"),
        ({**FILES, "solution.csv": "Id,a,b\n4,NA,c\n"}, {}, "could be the label: a, b"),
        ({**FILES, "solution.csv": "Id,kind\n4,NA\n4,NA\n"}, {}, "row 2: the id '4' occurs"),
        ({**FILES, "solution.csv": "Id,kind\n4,NA\n,NA\n"}, {}, "row 2: 'Id' is empty"),
        ({**FILES, "solution.csv": "Id,kind\n7,NA\n8,NA\n"}, {}, "none of the ids of test.csv"),
        ({**FILES, "train.csv": ""}, {}, "train.csv"),
    ],
)
def test_wrong_files_are_refused(
    tmp_path: Path, files: dict[str, str], options: dict[str, str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        imported("kaggle", write(tmp_path, files), **options)
