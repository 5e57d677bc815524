"""Corrected solutions: what is wrong with a file, by row and without labels; what it changes."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tabset import Column, ColumnType, Dataset, Kind, Licence, Split
from tabset.corrections import Comparison, correct
from tabset.errors import DatasetError

PETS = Dataset(
    name="pets",
    title="Pets",
    description="Name the pet.",
    kind=Kind.CLASSIFICATION,
    classes=("cat", "dog", "owl"),
    columns=(Column("weight", ColumnType.NUMERIC, "In kilograms."),),
    licence=Licence("CC0"),
    citation="None.",
    origin="Made for tests.",
    split=Split("at random"),
)
PRESENT = {
    "id": ["a", "b", "c", "d"],
    "label": ["cat", "cat", "dog", "owl"],
    "usage": ["public", "private", "private", "ignored"],
    "group": ["1", "1", "2", "3"],
    "left_record": ["w", "x", "y", "z"],
}


def compared(tmp_path: Path, sent: str | pa.Table) -> tuple[Comparison, dict[str, list[str]]]:
    """Return the comparison of a file with the present solution, and the corrected columns."""
    parquet.write_table(pa.table(PRESENT), tmp_path / "present.parquet")
    if isinstance(sent, str):
        file = tmp_path / "sent.csv"
        file.write_text(sent, encoding="utf-8")
    else:
        file = tmp_path / "sent.parquet"
        parquet.write_table(sent, file)
    found = correct(file, tmp_path / "present.parquet", PETS, tmp_path / "out.parquet")
    return found, parquet.read_table(tmp_path / "out.parquet").to_pydict()


def problem_of(tmp_path: Path, sent: str | pa.Table) -> str:
    with pytest.raises(DatasetError) as caught:
        compared(tmp_path, sent)
    return str(caught.value)


def test_labels_in_any_order_change_and_all_else_stays(tmp_path: Path) -> None:
    found, made = compared(tmp_path, "label,id\nowl,d\ndog,a\ndog,c\ndog,b\n")
    assert found.labels == [("cat", "dog", 2)]
    assert found.classes == [("cat", 2, 0), ("dog", 1, 3)]
    assert (found.rows, found.changed, found.pairs) == (4, 2, 1)
    assert found.parts == {"public": 1, "private": 1}
    assert made == {**PRESENT, "label": ["dog", "dog", "dog", "owl"]}


def test_parquet_moves_rows_between_parts_and_changes_groups(tmp_path: Path) -> None:
    sent = {**PRESENT, "usage": ["public", "ignored", "private", "private"], "group": ["1"] * 4}
    found, made = compared(tmp_path, pa.table(sent))
    assert found.usages == [("ignored", "private", 1), ("private", "ignored", 1)]
    assert found.columns == {"group": 2}
    assert found.changed == 0
    assert not found.is_equal
    assert made == sent


def test_an_equal_file_is_equal(tmp_path: Path) -> None:
    assert compared(tmp_path, pa.table(PRESENT))[0].is_equal


def test_whole_numbers_in_parquet_are_ids(tmp_path: Path) -> None:
    sent = pa.table({"id": [1, 2, 3, 4], "label": PRESENT["label"]})
    assert "Row 1: this id is not one of the test rows" in problem_of(tmp_path, sent)


FULL = "id,label\na,cat\nb,cat\nc,dog\nd,owl\n"


def with_column(name: str, *values: str) -> str:
    """Return a file with one more column."""
    lines = zip(FULL.splitlines(), (name, *values), strict=True)
    return "".join(f"{line},{value}\n" for line, value in lines)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (FULL.replace("label", "name"), "The file has no column `label`. Add it"),
        (FULL.replace("label", "name"), "The solution has no column `name`. Remove it"),
        ("id,label,label\na,cat,cat\n", "has the column `label` twice"),
        ("", "The file has no column `id`"),
        (FULL.replace("b,cat", "b"), "Row 2 does not have 2 cells"),
        (FULL.replace("b,cat", "x,cat"), "Row 2: this id is not one of the test rows"),
        (FULL.replace("b,cat", "x,cat"), "There is no row for row 2 of the test table"),
        (FULL + "a,owl\n", "Row 5 has the id of row 1. Keep one of them."),
        (FULL.replace("dog", "god"), "Row 3: the label must be one of cat, dog, owl"),
        (FULL.replace("dog", ""), "Row 3: the label must be one of"),
        ('id,label\na,"cat\n', "cannot be read as CSV"),
        (with_column("usage", "all", "private", "private", "public"), "Row 1: the usage"),
        (with_column("usage", *["private"] * 4), "No row is public"),
        (with_column("left_record", "w", "x", "z", "z"), "Row 3: `left_record` is not"),
        (pa.table({"id": list("abcd"), "label": [1.0] * 4}), "has the type double"),
        (pa.table({**PRESENT, "group": ["1", None, "2", "3"]}), "Row 2: `group` is missing"),
    ],
)  # fmt: skip
def test_a_problem_names_row_and_remedy(tmp_path: Path, sent: str | pa.Table, said: str) -> None:
    assert said in problem_of(tmp_path, sent)


def test_no_problem_quotes_what_the_file_has(tmp_path: Path) -> None:
    said = problem_of(tmp_path, "id,label\nsecret-id,secret-label\n")
    assert "secret" not in said
    assert "secret" not in problem_of(tmp_path, FULL.replace("dog", "secret"))


def test_many_problems_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"x{number},cat\n" for number in range(40))
    assert "And 30 more rows like this." in problem_of(tmp_path, FULL + rows)
