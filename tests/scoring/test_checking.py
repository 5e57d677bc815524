"""Every kind of bad file is refused with its rows, its values and advice, all at once."""

from __future__ import annotations

import gzip
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from scoring import TaskSpec
from scoring.reading import MAX_COLUMNS
from scoring.result import READ_AS
from tests.scoring.builders import CLASSES, MATCHING, parquet, problems, read, text

PROBS = b"id,a,b,c\n"


def test_a_valid_file_in_any_row_order_is_aligned_to_the_ids() -> None:
    submission = read(b"id,score\nz,3\nx,1\ny,2\n", MATCHING)
    assert submission.scores is not None
    assert submission.scores.tolist() == [1, 2, 3]
    assert submission.notes == ()


@pytest.mark.parametrize("order", [["x", "y", "z"], ["y", "z", "x"]])
def test_every_column_follows_the_ids(order: list[str]) -> None:
    place = {"x": 0, "y": 1, "z": 2}
    rows = "".join(f"{name},{place[name]},{place[name] % 2}\n" for name in order)
    found = read(f"id,score,prediction\n{rows}".encode(), MATCHING)
    assert found.scores is not None
    assert found.decision is not None
    assert found.scores.tolist() == [0, 1, 2]
    assert found.decision.tolist() == [0, 1, 0]


def test_probabilities_may_come_in_any_column_order() -> None:
    submission = read(PROBS.replace(b"a,b,c", b"c,a,b") + b"x,0,1,0\ny,1,0,0\nz,0,0,1\n", CLASSES)
    assert submission.decision is not None
    assert submission.decision.tolist() == [0, 2, 1]


@pytest.mark.parametrize(
    ("data", "spec", "code", "rows", "message"),
    [
        (b"", MATCHING, "empty_file", (), "The file is empty."),
        (b"\n\n", MATCHING, "empty_file", (), "holds no rows"),
        (b"id,score\n", MATCHING, "empty_file", (), "a header but no rows"),
        (b"id\nx\ny\nz\n", MATCHING, "missing_column", (), "missing: `score`"),
        (b"id;score\nx;1\ny;2\nz;3", MATCHING, "missing_column", (), "separate the cells by comma"),
        (b"id,a,b\nx,1,0\ny,1,0\nz,1,0", CLASSES, "missing_column", (), "missing: `c`"),
        (b"id,score,q\nx,1,1\ny,2,2\nz,3,3", MATCHING, "unknown_column", (), "expected: `q`"),
        (b",id,score\n0,x,1\n1,y,2\n2,z,3", MATCHING, "unknown_column", (), "index=False"),
        (b"id,score,score\nx,1,1\ny,2,2\nz,3,3", MATCHING, "duplicate_column", (), "`score`"),
        (b"id,score\nx,1\ny,2\n", MATCHING, "missing_id", (), "1 test id has no row: `z`."),
        (b"id,score\nx,1\ny,2\nz,3\nq,4\n", MATCHING, "unknown_id", (4,), "Row 4: id `q` is not"),
        (
            b"id,score\nx,1\ny,2\nz,3\nx,4\n",
            MATCHING,
            "duplicate_id",
            (4,),
            "Row 4: id `x` appears twice. Keep one of the two rows.",
        ),
        (b"id,score\nx,1\n,2\nz,3\n", MATCHING, "empty_id", (2,), "Row 2: the id is empty."),
        (b"id,score\nx,1\ny,2\nz,3\nq,4\n", MATCHING, "wrong_row_count", (), "4 rows where 3 are"),
        (b"id,score\nx,1\ny,\nz,3\n", MATCHING, "empty_value", (2,), "in column `score` is empty"),
        (b"id,score\nx,1\ny,1.2.3\nz,3\n", MATCHING, "not_a_number", (2,), "Row 2: `1.2.3` in"),
        (b"id,score\nx,1\ny, 2\nz,3\n", MATCHING, "not_a_number", (2,), "` 2` in column `score`"),
        (b"id,score\nx,1\ny,nan\nz,3\n", MATCHING, "not_finite", (2,), "`nan` in column"),
        (b"id,score\nx,1\ny,2\nz,-inf\n", MATCHING, "not_finite", (3,), "Row 3: `-inf`"),
        (b"id,score\nx,1\ny,2\nz,1e999\n", MATCHING, "not_finite", (3,), "Row 3: `1e999`"),
        (b"id,score,prediction\nx,1,1\ny,2,01\nz,3,0", MATCHING, "unknown_label", (2,), "`01`"),
        (b"id,prediction\nx,a\ny,B\nz,c", CLASSES, "unknown_label", (2,), "label `B` is not a cla"),
        (b"id,prediction\nx,a\ny,\nz,c", CLASSES, "empty_value", (2,), "the label is empty"),
        (PROBS + b"x,1,0,0\ny,0,1.1,0\nz,0,0,1", CLASSES, "row_sum", (2,), "(sum 1.1). Divide"),
        (PROBS + b"x,1,0,0\ny,0,0,0\nz,0,0,1", CLASSES, "row_sum", (2,), "(sum 0)"),
        (PROBS + b"x,1,0,0\ny,1e308,1e308,0\nz,0,0,1", CLASSES, "row_sum", (2,), "(sum inf)"),
        (
            PROBS + b"x,1,0,0\ny,1.2,-0.2,0\nz,0,0,1",
            CLASSES,
            "negative_probability",
            (2,),
            "Row 2: a probability is negative. Prob",
        ),
        (b"id,score\nx,1\ny\nz,3,4\n", MATCHING, "ragged_row", (2, 3), "row 2: 1 cell; row 3: 3 c"),
        (b"id,score\nx,1\ny,\xff\nz,3\n", MATCHING, "not_utf8", (2,), "Row 2 is not UTF-8"),
        ("id,score\nx,1\n".encode("utf-16"), MATCHING, "not_utf8", (), "The header is not UTF-8"),
        (b"PAR1 and no more", MATCHING, "unreadable_parquet", (), "damaged"),
        (
            gzip.compress(b"id,score\nx,1\n", mtime=0)[:-9],
            MATCHING,
            "unreadable_compression",
            (),
            "gzip",
        ),
        (b"\nx,1\ny,2\n", MATCHING, "unreadable_csv", (), "The first line is blank."),
        (b"\r\nx,1\n", MATCHING, "unreadable_csv", (), "The first line is blank."),
        (b'"id,score\nx,1\n', MATCHING, "unreadable_csv", (), "quotes"),
        (b"," * MAX_COLUMNS + b"\n1", MATCHING, "too_many_columns", (), "20001 columns"),
    ],
)
def test_a_bad_file_is_refused(
    data: bytes, spec: TaskSpec, code: str, rows: tuple[int, ...], message: str
) -> None:
    problem = problems(data, spec)[code]
    assert problem.rows == rows
    assert message in problem.message
    assert problem.message.endswith((".", ")"))


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"id": pa.array([1, 2, 3]), "score": [1.0, 2.0, 3.0]}, "wrong_type"),
        ({"id": text(["x", "y", "z"]), "score": text(["1", "2", "3"])}, "wrong_type"),
        ({"id": text(["x", "y", "z"]), "score": [True, False, True]}, "wrong_type"),
        ({"id": text(["x", "y", "z"]), "score": [[1.0], [2.0], [3.0]]}, "wrong_type"),
        ({"id": text(["x", "y", "z"]), "score": [{"a": 1.0}] * 3}, "wrong_type"),
        ({"id": pa.array(["x", "y", None]), "score": [1.0, 2.0, 3.0]}, "empty_id"),
        ({"id": text(["x", "y", "z"]), "score": pa.array([1.0, None, 2.0])}, "empty_value"),
        ({"id": text(["x", "y", "z"]), "score": [1.0, float("nan"), 2.0]}, "not_finite"),
        (
            {"id": pa.array([b"x", b"y", b"\xff"]).view(pa.string()), "score": [1.0, 2.0, 3.0]},
            "unreadable_parquet",
        ),
        ({"id": text(["x"] * 5000), "score": [1.0] * 5000}, "wrong_row_count"),
        ({f"c{index}": [1] for index in range(MAX_COLUMNS + 1)}, "too_many_columns"),
    ],
)
def test_a_bad_parquet_file_is_refused(columns: dict[str, Any], code: str) -> None:
    assert code in problems(parquet(columns), MATCHING)


@pytest.mark.parametrize("kind", [pa.float32(), pa.float16(), pa.int8(), pa.decimal128(25, 2)])
def test_any_numeric_parquet_type_will_do(kind: pa.DataType) -> None:
    scores = pa.array([1, 0, 1]).cast(kind)
    submission = read(parquet({"id": text(["x", "y", "z"]), "score": scores}), MATCHING)
    assert submission.scores is not None
    assert submission.scores.tolist() == [1, 0, 1]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_any_text_parquet_type_will_do(kind: pa.DataType) -> None:
    columns = {"id": text(["x", "y", "z"]).cast(kind), "prediction": text(["a", "b", "a"])}
    assert problems(parquet(columns), CLASSES) == {}


def test_faults_in_dictionaries_are_those_of_their_cells() -> None:
    ids = pa.array(["x", "y", None]).dictionary_encode()
    labels = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), pa.array(["", "q", "a"]))
    found = problems(parquet({"id": ids, "prediction": labels}), CLASSES)
    assert found["empty_id"].rows == (3,)
    assert found["missing_id"].count == 1
    assert found["empty_value"].rows == (1,)
    assert found["unknown_label"].rows == (2,)
    assert "label `q`" in found["unknown_label"].message
    assert set(found) == {"empty_id", "missing_id", "empty_value", "unknown_label"}


def test_a_dictionary_of_numbers_is_no_text() -> None:
    columns = {"id": text(["x", "y", "z"]), "prediction": pa.array([1, 2, 1]).dictionary_encode()}
    assert set(problems(parquet(columns), CLASSES)) == {"wrong_type"}


def test_one_long_text_in_many_cells_is_not_written_out() -> None:
    n = 3000  # more than 2 GB, which no column of text can hold
    zeros = pa.array(np.zeros(n, dtype=np.int8))
    column = pa.DictionaryArray.from_arrays(zeros, text(["x" * (1 << 20)]))
    ids = [str(row) for row in range(n)]
    found = problems(parquet({"id": text(ids), "prediction": column}), CLASSES, " ".join(ids))
    assert found["unknown_label"].count == n


def test_an_id_instead_of_another_is_found_though_the_rows_are_as_many() -> None:
    found = problems(b"id,score\nx,1\ny,2\nx,3\n", MATCHING)
    assert set(found) == {"duplicate_id", "missing_id"}
    assert found["duplicate_id"].rows == (3,)


def test_a_ragged_row_too_many_counts_though_all_ids_are_in_order() -> None:
    found = problems(b"id,score\nx,1\ny,2\nz,3\nq\n", MATCHING)
    assert set(found) == {"ragged_row", "wrong_row_count"}


def test_all_problems_are_reported_at_once() -> None:
    data = b"id,score,extra\nx,1,1\nx,q,1\n,nan,1\nu,,1\nw\n"
    assert set(problems(data, MATCHING)) == {
        "unknown_column",
        "ragged_row",
        "empty_id",
        "unknown_id",
        "duplicate_id",
        "missing_id",
        "wrong_row_count",
        "empty_value",
        "not_a_number",
        "not_finite",
    }


@pytest.mark.parametrize(
    ("cell", "code"), [(b"", "empty_value"), (b"q", "not_a_number"), (b"inf", "not_finite")]
)
def test_a_bad_cell_is_reported_once(cell: bytes, code: str) -> None:
    assert set(problems(b"id,score\nx,1\ny,%s\nz,3\n" % cell, MATCHING)) == {code}


def test_only_the_first_twenty_rows_are_named_and_the_rest_counted() -> None:
    rows = "".join(f"u{index},1\n" for index in range(50))
    problem = problems(f"id,score\n{rows}".encode(), MATCHING)["unknown_id"]
    assert problem.count == 50
    assert problem.rows == tuple(range(1, 21))
    assert "`u19`; and 30 more." in problem.message
    assert "`u20`" not in problem.message


def test_rows_below_a_ragged_row_keep_their_numbers() -> None:
    found = problems(b"id,score\nx\ny,q\nz,3\n", MATCHING)
    assert found["ragged_row"].rows == (1,)
    assert found["not_a_number"].rows == (2,)


def test_a_value_is_shortened_and_control_characters_are_made_visible() -> None:
    message = problems(b"id,score\nx,1\ny,2\n\x07" + b"u" * 99 + b",3\n", MATCHING)[
        "unknown_id"
    ].message
    assert "`\\x07" + "u" * 38 + "…`" in message


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"\xef\xbb\xbfid,score\nx,1\ny,2\nz,3\n", "byte order mark"),
        (b"Id,score\nx,1\ny,2\nz,3\n", READ_AS["id"]),
        (b"ID,SCORE\nx,1\ny,2\nz,3\n", READ_AS["score"]),
        (b"id,score\nx,1\ny,2\nz,3\n\n\r\n", "Blank lines at the end"),
    ],
)
def test_harmless_variants_are_tolerated_with_a_note(data: bytes, note: str) -> None:
    assert any(note in found for found in read(data, MATCHING).notes)


def test_a_class_named_like_a_keyword_in_capitals_keeps_its_name() -> None:
    spec = TaskSpec("classification", ("Score", "b"))
    assert problems(b"id,Score,b\nx,1,0\ny,0,1\nz,0,1\n", spec) == {}


def test_labels_are_text() -> None:
    spec = TaskSpec("classification", ("None", "007", "7", "1.0", "ü", "a,b", " a"))
    data = 'id,prediction\nu,None\nv,007\nw,7\nx,1.0\ny,ü\nz,"a,b"\nq, a\n'.encode()
    submission = read(data, spec, "u v w x y z q")
    assert submission.decision is not None
    assert submission.decision.tolist() == list(range(7))


def test_sums_near_one_are_kept_or_divided() -> None:
    data = PROBS + b"x,0.3334,0.3333,0.3334\ny,0.5,0.25,0.25\nz,0.5,0.25,0.2500000001\n"
    chances = read(data, CLASSES).probabilities
    assert chances is not None
    assert chances[0].tolist() == [value / 1.0001 for value in (0.3334, 0.3333, 0.3334)]
    assert chances[1:].tolist() == [[0.5, 0.25, 0.25], [0.5, 0.25, 0.2500000001]]


@pytest.mark.parametrize(
    ("data", "decision"),
    [
        (b"id,score\nx,0.5\ny,0.49\nz,1\n", [1, 0, 1]),
        (b"id,score\nx,0.5\ny,0.49\nz,1.01\n", None),
        (b"id,score,prediction\nx,5,0\ny,4,1\nz,1,1\n", [0, 1, 1]),
    ],
)
def test_the_decision_of_a_matching_file(data: bytes, decision: list[int] | None) -> None:
    found = read(data, MATCHING).decision
    assert (None if found is None else found.tolist()) == decision


def test_the_first_of_equal_probabilities_decides() -> None:
    decision = read(PROBS + b"x,0.4,0.4,0.2\ny,0.2,0.4,0.4\nz,0,0,1\n", CLASSES).decision
    assert decision is not None
    assert decision.tolist() == [0, 1, 2]


def test_missing_ids_are_listed_in_an_order_of_their_own() -> None:
    data = b"id,score\nx,1\n"
    first = problems(data, MATCHING, "x q p o")["missing_id"]
    assert first == problems(data, MATCHING, "x o p q")["missing_id"]


def test_many_rows_are_aligned() -> None:
    n = 200_000
    ids = [str(index) for index in range(n)]
    data = parquet({"id": text(ids[::-1]), "score": np.arange(n, dtype=np.float64)})
    submission = read(data, MATCHING, " ".join(ids))
    assert submission.scores is not None
    assert submission.scores[0] == n - 1
