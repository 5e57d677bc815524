from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabset.draft import SplitMethod
from tabset.errors import DatasetError
from tabset.findings import Level
from tabset.importers.ditto import parse
from tests.tabset.importers.raw import imported, write


def line(left: str, right: str, label: str) -> str:
    return f"{left} \t{right} \t{label}\n"


CITRUS = "COL name VAL citrus COL addr VAL ' 6703  melrose ave. ' COL class VAL 6"
KANG = "COL name VAL ` kang \\ 's ' COL addr VAL COL class VAL 7"
TRIO = "COL name VAL trio  cafe COL addr VAL x COL class VAL 6"
FILES = {
    "ditto_train.txt": line(CITRUS, TRIO, "1") + line(KANG, TRIO, "0"),
    "ditto_valid.txt": line(KANG, TRIO, "0"),
    "ditto_test.txt": line(CITRUS, TRIO, "1") + line(KANG, TRIO, "0"),
}


def test_records_are_made_by_the_text_of_a_side(tmp_path: Path) -> None:
    found = imported("ditto", write(tmp_path, FILES))
    left = {str(row["name"]): row for row in found.rows("left")}
    assert set(left) == {"citrus", "` kang \\ 's '"}
    assert left["citrus"]["addr"] == "' 6703 melrose ave. '"
    assert left["` kang \\ 's '"]["addr"] is None
    assert [row["name"] for row in found.rows("right")] == ["trio cafe"]
    sides = [row["split"] for row in found.rows("pairs")]
    assert sides == ["train", "train", "train", "test", "test"]
    assert found.draft.split.method is SplitMethod.GIVEN
    assert found.draft.positive_label == "1"
    assert {"records-made", "valid-in-train"} <= found.codes
    assert "backslashes before quotes (1)" in found.finding("tokens-left").message


def test_a_column_that_names_the_entity_is_no_feature(tmp_path: Path) -> None:
    found = imported("ditto", write(tmp_path, FILES))
    assert found.draft.roles.entity == "class"
    assert not found.column("class", "left").use
    assert not found.column("class", "right").use


def test_a_column_that_nearly_names_the_entity_stays(tmp_path: Path) -> None:
    files = {**FILES, "ditto_valid.txt": line(CITRUS, TRIO, "0")}
    found = imported("ditto", write(tmp_path, files))
    assert found.draft.roles.entity == ""
    assert found.column("class", "left").use


def test_one_file_is_divided_by_entity(tmp_path: Path) -> None:
    raw = write(tmp_path, {"pairs.txt": FILES["ditto_train.txt"]})
    found = imported("ditto", raw / "pairs.txt")
    assert found.draft.split.method is SplitMethod.GROUP
    assert list(found.rows("pairs")[0]) == ["left_id", "right_id", "label"]


def test_lines_of_another_form_are_errors_with_their_numbers(tmp_path: Path) -> None:
    content = FILES["ditto_train.txt"] + "\nhello\nCOL a VAL b\tc\t1\n" + line(CITRUS, TRIO, "")
    found = imported("ditto", write(tmp_path, {**FILES, "ditto_train.txt": content}))
    finding = found.finding("line-unreadable")
    assert (finding.level, finding.rows) == (Level.ERROR, (4, 5, 6))
    assert finding.message.startswith("ditto_train.txt: 3 lines")
    assert len(found.rows("pairs")) == 5


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.txt": "hello\n"}, "no row for the table pairs"),
        ({"a.txt": ""}, "no row for the table pairs"),
        ({"train.txt": b"\xff\xfe\n", "test.txt": b"x"}, "train.txt, line 1: not UTF-8"),
        ({"train.txt": "", "other.txt": ""}, "other.txt is neither train, valid nor test"),
        ({"a_train.txt": "", "b_train.txt": ""}, "several files for train"),
        ({"a.txt": line(CITRUS, TRIO, "a") + line(KANG, TRIO, "b")}, "which label means match"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        imported("ditto", write(tmp_path, files))


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda word: word not in ("COL", "VAL")
)


@given(st.dictionaries(WORDS, st.lists(WORDS).map(" ".join), min_size=1))
def test_what_was_written_is_read_back(cells: dict[str, str]) -> None:
    text = " ".join(f"COL {name} VAL {value}" for name, value in cells.items())
    assert dict(parse(text)) == {name: value or None for name, value in cells.items()}


@pytest.mark.parametrize("text", ["", "name VAL x", "x COL a VAL b", "COL a", "COL VAL x"])
def test_other_texts_have_no_columns(text: str) -> None:
    assert parse(text) == ()
