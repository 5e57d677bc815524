"""The schema: what dataset.json says survives a round trip, and faults are named."""

import json
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tabset import Column, ColumnType, Dataset, DatasetError, FileFact, schema
from tests.tabset.sources import CLASSIFICATION, FEATURES, MATCHING

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/dataset.schema.json").read_bytes())
FACTS: dict[str, Any] = {
    "rows": {"train": 4, "test": 4},
    "label_counts": {"train": {}},
    "files": {"train.csv": FileFact("0" * 64, 12)},
    "content_hash": "1" * 64,
}


def described(dataset: Dataset) -> Dataset:
    """The data set with facts, and for matching with its flattened columns."""
    if dataset.records:
        dataset = replace(dataset, columns=schema.pair_columns(dataset.records))
    return replace(dataset, **FACTS)


@pytest.mark.parametrize("dataset", [CLASSIFICATION, MATCHING], ids=["classification", "matching"])
def test_the_document_keeps_the_published_schema_and_reads_back(dataset: Dataset) -> None:
    document = json.loads(schema.dumps(described(dataset).to_json()))
    jsonschema.validate(document, SCHEMA)
    assert schema.from_json(document) == described(dataset)


def test_labels_of_a_matching_data_set_are_the_negative_then_the_positive() -> None:
    assert MATCHING.labels == ("0", "1")


@pytest.mark.parametrize("label", ["id", "prediction", "score"])
def test_a_class_named_like_a_submission_column_is_refused(label: str) -> None:
    with pytest.raises(DatasetError, match=f"'{label}' is the name of a submission column"):
        schema.validate(replace(CLASSIFICATION, classes=("a", label)))


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        ("", "is empty"),
        (" a", "begins or ends with white space"),
        ("a\u00a0", "begins or ends with white space"),
        (unicodedata.normalize("NFD", "ü"), "normal form NFC"),
        ("a\tb", "control character"),
        ("a\nb", "control character"),
    ],
)
def test_a_label_that_would_not_survive_is_refused(label: str, fault: str) -> None:
    with pytest.raises(DatasetError, match=fault):
        schema.validate(replace(CLASSIFICATION, classes=("b", label)))
    with pytest.raises(DatasetError, match=fault):
        schema.validate(replace(described(MATCHING), positive_label=label))


@pytest.mark.parametrize("label", ["None", "NA", "007", "1.0", "ü", "a, b", '"', "true", "Id"])
def test_an_awkward_label_is_allowed(label: str) -> None:
    schema.validate(replace(CLASSIFICATION, classes=("b", label)))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": "Not a slug"}, "is not a slug"),
        ({"classes": ("one",)}, "at least two classes"),
        ({"classes": ("one", "one")}, "two labels are the same"),
        ({"columns": (Column("id", ColumnType.TEXT),)}, "'id' is reserved"),
        ({"columns": (Column("label", ColumnType.TEXT),)}, "'label' is reserved"),
        ({"columns": (Column(" x", ColumnType.TEXT),)}, "white space"),
        ({"columns": (FEATURES[0], FEATURES[0])}, "two columns are named 'title'"),
        ({"columns": (Column("x", ColumnType.TEXT, missing=1.5),)}, "missing share"),
        ({"records": {"records": ()}}, "belong to matching"),
        ({"split": replace(CLASSIFICATION.split, public_share=1.0)}, "not between 0 and 1"),
    ],
)
def test_a_faulty_schema_is_refused_with_its_fault(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(DatasetError, match=fault):
        schema.validate(replace(CLASSIFICATION, **changes))


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(DatasetError, match=r"not a slug.*two labels are the same"):
        schema.validate(replace(CLASSIFICATION, name="?", classes=("a", "a")))


def test_matching_needs_known_record_tables_and_their_flattened_columns() -> None:
    with pytest.raises(DatasetError, match="left and right"):
        schema.validate(replace(described(MATCHING), records={"left": FEATURES}))
    with pytest.raises(DatasetError, match="not the flattened columns"):
        schema.validate(replace(described(MATCHING), columns=FEATURES))


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("format",), "other/1", "format is 'other/1'"),
        (("kind",), "regression", "expected matching or classification"),
        (("title",), 3, "title is 3, expected text"),
        (("licence",), "CC0", "licence is not an object"),
        (("classes",), "ab", "classes is not a list of texts"),
        (("columns",), {}, "columns is not a list"),
        (("columns", 0, "type"), "colour", r"columns\[0\].type is 'colour', expected one of id"),
        (("columns", 0, "missing"), True, r"columns\[0\].missing is True, expected a number"),
        (("columns", 4, "sizes"), [[1]], "not a list of .width, height."),
        (("rows", "train"), -1, "rows.train is -1, expected a whole number"),
        (("files", "train.csv", "bytes"), "12", "files.train.csv.bytes is not a whole number"),
    ],
)
def test_a_faulty_document_is_refused_with_its_key(
    path: tuple[str | int, ...], value: Any, fault: str
) -> None:
    document: Any = described(CLASSIFICATION).to_json()
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(DatasetError, match=fault):
        schema.from_json(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_a_folder_without_a_readable_dataset_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"has no dataset\.json"):
        schema.read(tmp_path)
    (tmp_path / "dataset.json").write_bytes(b"{")
    with pytest.raises(DatasetError, match="not JSON"):
        schema.read(tmp_path)
    (tmp_path / "dataset.json").write_bytes(b"\xff")
    with pytest.raises(DatasetError, match="not JSON"):
        schema.read(tmp_path)
