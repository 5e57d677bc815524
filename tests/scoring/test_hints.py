"""The commonest mistakes are recognized and answered by what to do, and by nothing else."""

from __future__ import annotations

import pytest

from scoring import Problem, TaskSpec
from scoring.hints import nearest
from tests.scoring.builders import CLASSES, MATCHING, parquet, problems, text

SHOES = TaskSpec("classification", ("sneaker", "hiking boot", "sandal", "tote", "duffel", "clog"))
NUMBERS = TaskSpec("classification", ("1", "2"))


def only(data: bytes, spec: TaskSpec) -> Problem:
    """The one problem that is reported of a file."""
    (problem,) = problems(data, spec).values()
    return problem


def labels(*values: str) -> bytes:
    rows = zip("xyz", values, strict=True)
    return "\n".join(["id,prediction", *(f"{name},{value}" for name, value in rows)]).encode()


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_a_saved_index_is_named_and_nothing_else(name: str) -> None:
    data = f"{name},id,prediction\n0,x,tote\n1,y,tote\n2,z,tote\n".encode()
    message = only(data, SHOES).message
    assert "is the pandas index. Save the file without it: `to_csv(…, index=False)`." in message
    assert "sneaker" not in message
    assert "``" not in message


def test_a_saved_index_of_parquet_is_named_with_the_function_that_wrote_it() -> None:
    columns = {"id": text(["x", "y", "z"]), "score": [1, 2, 3], "__index_level_0__": [0, 1, 2]}
    assert "to_parquet(…, index=False)" in only(parquet(columns), MATCHING).message


@pytest.mark.parametrize(("mark", "name"), [(";", "Semicolons"), ("\t", "Tabs"), ("|", "Vertical")])
def test_another_delimiter_is_all_that_is_said(mark: str, name: str) -> None:
    data = "\n".join(mark.join(row) for row in (("id", "score"), ("x", "0,5"), ("y", "1")))
    assert only(data.encode(), MATCHING).message.startswith(name)


def test_misspelled_columns_are_named_with_what_was_meant() -> None:
    header = b"id,Sneaker,hiking_boot,sandal,tote,duffle,clog\n"
    message = only(header + b"".join(b"%c,1,0,0,0,0,0\n" % name for name in b"xyz"), SHOES).message
    for pair in ("`Sneaker`, did you mean `sneaker`?", "`duffle`, did you mean `duffel`?"):
        assert pair in message
    assert "`hiking_boot`, did you mean `hiking boot`?" in message


@pytest.mark.parametrize(
    ("name", "spec", "meant"),
    [("label", SHOES, "prediction"), ("proba", MATCHING, "score"), ("scores", MATCHING, "score")],
)
def test_other_names_of_the_predictions_are_known(name: str, spec: TaskSpec, meant: str) -> None:
    value = "tote" if spec is SHOES else "1"
    data = f"id,{name}\nx,{value}\ny,{value}\nz,{value}\n".encode()
    assert f"`{name}`, did you mean `{meant}`?" in only(data, spec).message


def test_classes_are_listed_once_and_not_all() -> None:
    found = problems(b"id,foo,bar\nx,1,1\ny,1,1\nz,1,1\n", SHOES)
    assert sum("`sandal`" in problem.message for problem in found.values()) == 1
    assert "and 1 more" in found["missing_column"].message


def test_each_wrong_label_is_listed_once_with_its_count() -> None:
    message = only(labels("sneakr", "sneakr", "boot"), SHOES).message
    assert "`sneakr` (2 rows, first 1; did you mean `sneaker`?), `boot` (row 3)" in message
    assert message.count("`sneakr`") == 1


def test_many_wrong_labels_are_counted() -> None:
    ids = [f"r{index}" for index in range(40)]
    data = "id,prediction\n" + "".join(f"{name},q{name}\n" for name in ids)
    problem = problems(data.encode(), SHOES, " ".join(ids))["unknown_label"]
    assert problem.count == 40
    assert "and others in 30 more rows" in problem.message


@pytest.mark.parametrize(
    ("values", "spec", "advice"),
    [
        (("SNEAKER", "TOTE", "TOTE"), SHOES, "case-sensitive: write `tote`, not `TOTE`"),
        (("'tote'", "'clog'", "'clog'"), SHOES, "contain quotation marks"),
        (("tote ", "clog ", "clog "), SHOES, "have spaces around them"),
        (("3", "4", "5.0"), SHOES, "names of classes, not their numbers"),
        (("1.0", "2.0", "1.0"), NUMBERS, "did you mean `1`?"),
    ],
)
def test_what_all_wrong_labels_share_is_named(
    values: tuple[str, ...], spec: TaskSpec, advice: str
) -> None:
    assert advice in only(labels(*values), spec).message


@pytest.mark.parametrize(
    ("ids", "advice"),
    [
        (('"""x"""', '"""y"""', '"""z"""'), "contain quotation marks"),
        (("x ", "y ", "z "), "have spaces around them"),
        (("X", "Y", "Z"), "in capitals"),
        (("0", "1", "2"), "look like row numbers"),
    ],
)
def test_what_all_wrong_ids_share_is_named_and_no_id_is_listed_as_missing(
    ids: tuple[str, ...], advice: str
) -> None:
    data = "id,score\n" + "".join(f"{each},1\n" for each in ids)
    problem = only(data.encode(), MATCHING)
    assert problem.code == "unknown_id"
    assert advice in problem.message


def test_ids_of_other_rows_are_wrong_ids_and_others_are_missing() -> None:
    found = problems(b"id,score\nx,1\ny,1\nQ,1\n", MATCHING)
    assert set(found) == {"unknown_id", "missing_id"}


def test_swapped_columns_are_named_alone() -> None:
    message = only(b"id,prediction\ntote,x\nclog,y\nclog,z\n", SHOES).message
    assert "The ids are in the column `prediction`: exchange the two names." in message


def test_percentages_are_recognized() -> None:
    data = b"id,a,b,c\nx,50,50,0\ny,100,0,0\nz,0,99.9,0\n"
    assert "sum to 100, so they are percentages" in only(data, CLASSES).message
    assert "Divide each row" in only(data.replace(b"100,0", b"3,0"), CLASSES).message


@pytest.mark.parametrize(
    ("cell", "advice"), [('"0,5"', "with a point"), ("5 %", "rather than 25%"), ("q", "as 0.25.")]
)
def test_numbers_written_in_another_way_are_recognized(cell: str, advice: str) -> None:
    data = f"id,score\nx,{cell}\ny,{cell}\nz,{cell}\n".encode()
    assert advice in only(data, MATCHING).message


def test_backticks_of_a_file_never_end_code_on_a_page() -> None:
    message = only(labels("a`b", "tote", "tote"), SHOES).message
    assert "`a'b`" in message


def test_among_very_many_names_only_spellings_are_compared() -> None:
    names = [f"class {index}" for index in range(2000)]
    assert nearest("CLASS_7", names) == "class 7"
    assert nearest("clas 7", names) is None
    assert nearest("", ["a"]) is None
