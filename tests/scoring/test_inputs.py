"""What organizers give, dataset.json and solution.parquet, is checked before it is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring import Solution, SolutionError, SpecError, TaskSpec, default_headline, public_ids
from tests.scoring.builders import CLASSES, MATCHING, make_folder, text


def test_a_spec_reads_the_keys_it_needs(tmp_path: Path) -> None:
    assert TaskSpec.from_file(make_folder(tmp_path / "a", CLASSES).dataset) == CLASSES
    assert TaskSpec.from_file(make_folder(tmp_path / "b", MATCHING).dataset) == MATCHING
    assert MATCHING.positive_label == "1"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "expected a JSON object"),
        ({}, "`kind` must be one of matching, classification, not None"),
        ({"kind": "ranking"}, "not 'ranking'"),
        ({"kind": "classification"}, "`classes` must be text"),
        ({"kind": "classification", "classes": ["a"]}, "at least two labels"),
        ({"kind": "classification", "classes": ["a", 1]}, "must be text"),
        ({"kind": "classification", "classes": ["a", "a"]}, "must differ"),
        ({"kind": "classification", "classes": ["a", "id"]}, "must not use 'id'"),
        ({"kind": "matching", "negative_label": "0"}, "`negative_label` and `positive_label`"),
        ({"kind": "matching", "negative_label": "1", "positive_label": "1"}, "must differ"),
    ],
)
def test_a_bad_dataset_json_says_what_is_wrong(tmp_path: Path, document: Any, message: str) -> None:
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(document))
    with pytest.raises(SpecError) as caught:
        TaskSpec.from_file(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff"])
def test_a_dataset_json_that_is_no_json_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "dataset.json"
    path.write_bytes(data)
    with pytest.raises(SpecError):
        TaskSpec.from_file(path)


def solution(**columns: Any) -> pa.Table:
    good = {"id": ["x", "y", "z"], "label": ["0", "1", "0"], "usage": ["public"] * 3}
    return pa.table({**good, **columns})


def test_a_solution_is_ready_for_alignment() -> None:
    usage = ["private", "public", "ignored"]
    found = Solution.from_table(solution(usage=usage, group=["q", "p", "q"]), MATCHING)
    assert found.truth.tolist() == [0, 1, 0]
    assert found.parts["public"].rows.tolist() == [1]
    assert found.parts["private"].rows.tolist() == [0]
    assert found.groups.tolist() == [0, 1, 0]


def test_without_a_group_every_row_is_its_own() -> None:
    assert Solution.from_table(solution(), MATCHING).groups.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (solution(id=["x", "x", "y"]), "duplicate ids"),
        (solution(id=["x", None, "y"]), "`id` of the solution must be text"),
        (solution(id=[1, 2, 3]), "`id` of the solution must be text"),
        (solution(label=["0", "secret", "0"]), "`label` of the solution has 1 odd values"),
        (solution(usage=["public", "test", "public"]), "`usage` of the solution has 1 odd"),
        (solution().drop_columns(["label"]), "no column `label`"),
        (solution().slice(0, 0), "no rows"),
    ],
)
def test_a_bad_solution_is_refused_without_quoting_a_label(table: pa.Table, message: str) -> None:
    with pytest.raises(SolutionError) as caught:
        Solution.from_table(table, MATCHING)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_solution_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "solution.parquet"
    path.write_bytes(b"id,label\n")
    with pytest.raises(SolutionError):
        Solution.from_file(path, MATCHING)


def test_public_ids_are_told_once_each(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": text(["y", "x"])}), tmp_path / "good.parquet")
    assert public_ids(tmp_path / "good.parquet").locate(text(["x", "y", "z"])).tolist() == [
        1,
        0,
        -1,
    ]
    pq.write_table(pa.table({"id": text(["x", "x"])}), tmp_path / "test.parquet")
    with pytest.raises(ValueError, match="equal"):
        public_ids(tmp_path / "test.parquet")


def test_public_ids_must_be_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1, 2]}), tmp_path / "test.parquet")
    with pytest.raises(ValueError, match="must be text"):
        public_ids(tmp_path / "test.parquet")


@pytest.mark.parametrize(
    ("labels", "headline"), [("a" * 10 + "b", "accuracy"), ("a" * 11 + "b", "macro_f1")]
)
def test_very_unequal_classes_have_another_headline(labels: str, headline: str) -> None:
    ids = text([str(index) for index in range(len(labels))])
    usage = text(["public"] * len(labels))
    table = pa.table({"id": ids, "label": list(labels), "usage": usage})
    assert default_headline(CLASSES, Solution.from_table(table, CLASSES)) == headline


def test_matching_has_average_precision_as_headline() -> None:
    table = Solution.from_table(solution(), MATCHING)
    assert default_headline(MATCHING, table) == "average_precision"
