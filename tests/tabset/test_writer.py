"""The writer: every file of the standard, nothing private in public, faults refused."""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pyarrow as pa
import pytest

from tabset import Built, Column, DatasetError, FileFact, Source, build, hashing, tables, verify
from tabset.source import ID, LABEL, assemble
from tabset.splits import Usage
from tabset.writer import Content, TableSource, write
from tests.tabset import sources

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/dataset.schema.json").read_bytes())
KINDS: dict[str, Callable[[], Source]] = {
    "classification": sources.classification,
    "matching": sources.matching,
    "two-tables": lambda: sources.matching(two_tables=True),
}
COMMON = {
    "CITATION.cff", "README.md", "croissant.json", "dataset.json",
    "train.csv", "train.parquet", "test.csv", "test.parquet",
    "sample_submission.csv", "sample_submission.parquet",
}  # fmt: skip
OWN = {
    "classification": {"images", "images.zip"},
    "matching": {"records.csv", "records.parquet"},
    "two-tables": {"left.csv", "left.parquet", "right.csv", "right.parquet"},
}


def written(source: Source, folder: Path, salt: str = "a secret salt") -> Built:
    """The source written below the folder."""
    return build(source, folder / "public", folder / "private", salt=salt)


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_of_the_standard_is_written(tmp_path: Path, kind: str) -> None:
    built = written(KINDS[kind](), tmp_path)
    assert {path.name for path in built.public.iterdir()} == COMMON | OWN[kind]
    private = {"private.json", "solution.parquet"}
    if kind != "classification":
        private.add("entities.parquet")
    assert {path.name for path in built.private.iterdir()} == private
    document = json.loads((built.public / "dataset.json").read_bytes())
    jsonschema.validate(document, SCHEMA)
    assert document == built.dataset.to_json()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_source_gives_the_same_bytes(tmp_path: Path, kind: str) -> None:
    one, two = (written(KINDS[kind](), tmp_path / name) for name in ("one", "two"))
    for folder in ("public", "private"):
        files = [path for path in (tmp_path / "one" / folder).rglob("*") if path.is_file()]
        for path in files:
            twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
            assert path.read_bytes() == twin.read_bytes(), path.name
    assert one.dataset.content_hash == two.dataset.content_hash


def test_the_content_hash_follows_values_words_images_and_solution(tmp_path: Path) -> None:
    plain = sources.classification()
    changes: list[Source] = [
        plain,
        replace(plain, dataset=replace(plain.dataset, description="Other words.")),
        changed(plain, "train", "sold", None),
        changed(plain, "test", "label", "007"),
        replace(plain, images=dict(plain.images) | {"0.png": sources.png(99)}),
        replace(plain, groups=[f"h{number}" for number in range(sources.TEST_ROWS)]),
    ]
    hashes = {
        written(source, tmp_path / str(number)).dataset.content_hash
        for number, source in enumerate(changes)
    }
    assert len(hashes) == len(changes)


def test_the_content_hash_does_not_look_at_the_files_of_a_version(tmp_path: Path) -> None:
    dataset = written(sources.matching(), tmp_path).dataset
    other = replace(dataset, files={"x": FileFact("0" * 64, 1)}, content_hash="")
    assert hashing.content_hash(dataset, {"a": "b"}) == hashing.content_hash(other, {"a": "b"})


@pytest.mark.parametrize("kind", KINDS)
def test_the_public_folder_holds_nothing_private(tmp_path: Path, kind: str) -> None:
    built = written(KINDS[kind](), tmp_path)
    private = json.loads((built.private / "private.json").read_bytes())
    secrets = [private["salt"], *(fact["sha256"] for fact in private["files"].values())]
    for path in built.public.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in content], path.name
    assert "label" not in pd.read_parquet(built.public / "test.parquet").columns
    assert set(built.dataset.label_counts) == {"train"}


def test_the_solution_has_a_row_per_test_row_in_test_order(tmp_path: Path) -> None:
    source = sources.classification()
    built = written(source, tmp_path)
    solution = pd.read_parquet(built.private / "solution.parquet")
    assert list(solution) == ["id", "label", "usage", "group", "slice_half"]
    assert list(solution["id"]) == list(pd.read_parquet(built.public / "test.parquet")["id"])
    assert list(solution["label"]) == source.test["label"]
    assert (solution["usage"] == "public").mean() == built.public_share
    for part in ("public", "private"):
        assert solution[solution["usage"] == part]["label"].nunique() > 1


def test_with_very_many_classes_the_sample_submission_names_one(tmp_path: Path) -> None:
    source = sources.classification()
    classes = (*source.dataset.classes, *(f"class {number}" for number in range(1000)))
    many = replace(source, dataset=replace(source.dataset, classes=classes))
    public, private = tmp_path / "public", tmp_path / "private"
    build(many, public, private, salt="s")
    lines = (public / "sample_submission.csv").read_text().splitlines()
    assert lines[0] == "id,prediction"
    assert {line.split(",", 1)[1] for line in lines[1:]} == {"None"}
    assert verify(public, private) == []


def test_the_sample_submission_is_uniform_in_declared_order(tmp_path: Path) -> None:
    public = written(sources.classification(), tmp_path / "c").public
    lines = (public / "sample_submission.csv").read_text().splitlines()
    assert lines[:2] == ['id,None,007,1.0,"ü, or ue"', "q000,0.25,0.25,0.25,0.25"]
    public = written(sources.matching(), tmp_path / "m").public
    assert (public / "sample_submission.csv").read_text().splitlines()[:2] == ["id,score", "q0,0.5"]


def test_pairs_are_flattened_with_the_columns_of_both_records(tmp_path: Path) -> None:
    built = written(sources.matching(), tmp_path)
    train = pd.read_parquet(built.public / "train.parquet")
    assert list(train) == [
        "id", "left_id", "right_id", "left_title", "left_price", "left_colour",
        "right_title", "right_price", "right_colour", "label",
    ]  # fmt: skip
    records = pd.read_parquet(built.public / "records.parquet").set_index("record_id")
    third = train.iloc[3]
    assert third["left_title"] == records.loc[third["left_id"], "title"]
    assert third["right_price"] == records.loc[third["right_id"], "price"]


def test_the_facts_are_those_of_the_rows(tmp_path: Path) -> None:
    dataset = written(sources.classification(), tmp_path).dataset
    columns = {column.name: column for column in dataset.columns}
    assert dataset.rows == {"train": 40, "test": 80}
    assert dataset.label_counts["train"] == dict.fromkeys(dataset.classes, 10)
    assert columns["price"].missing == pytest.approx(0.2)
    assert columns["colour"].values == ("None", "red")
    assert (columns["image"].folder, columns["image"].sizes) == ("images", ((4, 3),))


def test_images_lie_in_the_folder_and_in_the_archive(tmp_path: Path) -> None:
    public = written(sources.classification(), tmp_path).public
    with zipfile.ZipFile(public / "images.zip") as archive:
        assert archive.namelist() == ["images/0.png", "images/1.png", "images/2.png"]
        assert archive.read("images/1.png") == (public / "images/1.png").read_bytes()


def test_the_card_says_what_a_reader_needs(tmp_path: Path) -> None:
    card = (written(sources.classification(), tmp_path).public / "README.md").read_text()
    for text in (
        "# A small data set",
        "Some \\| text.",
        "`ü, or ue`",
        "4 × 3 pixels",
        "| train | 40 |",
    ):
        assert text in card
    card = (written(sources.matching(), tmp_path / "m").public / "README.md").read_text()
    assert "Match means: exact." in card
    assert "## Record table `records`" in card


def test_empty_texts_are_found_and_written_as_missing(tmp_path: Path) -> None:
    source = sources.classification()
    titles = ["", *source.train["title"][1:]]
    built = written(replace(source, train=dict(source.train) | {"title": titles}), tmp_path)
    assert built.findings == ("train: 1 empty texts in 'title' are written as missing",)


def changed(source: Source, part: str, column: str, value: Any) -> Source:
    """The source with another first value in one column of a part."""
    values: dict[str, Any] = dict(getattr(source, part))
    values[column] = [value, *values[column][1:]]
    return replace(source, **{part: values})


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (changed(sources.classification(), "train", "id", "q001"), "twice, the first is 'q001'"),
        (changed(sources.classification(), "test", "id", ""), "a row has no id"),
        (changed(sources.classification(), "test", "id", None), "a row has no id"),
        (changed(sources.classification(), "test", "label", "7"), "test has undeclared labels"),
        (changed(sources.classification(), "train", "label", None), "train has undeclared labels"),
        (changed(sources.classification(), "train", "image", "images/x.png"), "which is not there"),
        (changed(sources.matching(), "train", "left_id", "r999"), "left record r999"),
        (changed(sources.matching(), "test", "right_id", "r999"), "right record r999"),
        (replace(sources.classification(), groups=["g"]), "groups: 1 values for 80 test rows"),
        (replace(sources.classification(), groups=["g"] * 80), "none of 100 salts"),
        (replace(sources.classification(), slices={"s": []}), "s: 0 values for 80 test rows"),
    ],
)  # fmt: skip
def test_a_faulty_source_is_refused_before_anything_is_written(
    tmp_path: Path, source: Source, fault: str
) -> None:
    with pytest.raises(DatasetError, match=fault):
        written(source, tmp_path)
    assert not list(tmp_path.rglob("*.csv"))


def test_a_doubled_record_id_is_refused(tmp_path: Path) -> None:
    source = sources.matching()
    records = dict(source.records["records"])
    records["record_id"] = ["r001", *records["record_id"][1:]]
    with pytest.raises(DatasetError, match="records: 1 ids occur twice"):
        written(replace(source, records={"records": records}), tmp_path)


def test_an_unreadable_image_is_refused(tmp_path: Path) -> None:
    source = sources.classification()
    images = dict(source.images) | {"0.png": b"not a picture"}
    with pytest.raises(DatasetError, match=r"images/0\.png is not an image"):
        written(replace(source, images=images), tmp_path)


@pytest.mark.parametrize("name", ["../x.png", "a/b.png", ".hidden", "a\\b"])
def test_an_image_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    source = sources.classification()
    images = dict(source.images) | {name: sources.png()}
    with pytest.raises(DatasetError, match="cannot be the name of an image file"):
        written(replace(source, images=images), tmp_path)


def test_a_version_is_written_once(tmp_path: Path) -> None:
    written(sources.matching(), tmp_path)
    with pytest.raises(DatasetError, match="is not empty"):
        written(sources.matching(), tmp_path)


def test_entities_keep_side_record_and_entity(tmp_path: Path) -> None:
    private = written(sources.matching(two_tables=True), tmp_path).private
    entities = pd.read_parquet(private / "entities.parquet")
    assert list(entities) == ["side", "record_id", "entity_id"]
    assert set(entities["side"]) == {"left", "right"}


def test_the_hash_of_a_table_is_over_its_csv(tmp_path: Path) -> None:
    built = written(sources.matching(), tmp_path)
    table = tables.read_csv(built.public / "train.csv", (ID, *built.dataset.columns, LABEL))
    assert hashing.of_bytes(tables.csv_bytes(table)) == built.dataset.files["train.csv"].sha256


def content(**changes: Any) -> Content:
    """A small classification data set that streams in batches of seven rows."""
    assembled = assemble(sources.classification())
    parts = {"train": assembled.train, "test": assembled.test}
    columns = {"train": (ID, *sources.FEATURES, LABEL), "test": (ID, *sources.FEATURES)}
    solution = pa.table(
        {
            "id": assembled.test["id"],
            "label": pa.array(assembled.test_labels),
            "usage": pa.array(["public", "private", "ignored", "private"] * 20),
            "group": assembled.test["id"],
        }
    )
    made = Content(
        dataset=assembled.dataset,
        tables={name: streamed(columns[name], table) for name, table in parts.items()},
        solution=solution,
        usage=Usage((), "the salt", 2, 0.25),
        images={name: sources.png(number) for number, name in enumerate(("0.png", "1.png"))},
    )
    return replace(made, **changes)


def streamed(columns: tuple[Column, ...], table: pa.Table) -> TableSource:
    """The table in batches of seven rows."""
    return TableSource(columns, lambda: iter(table.to_batches(max_chunksize=7)))


def test_streamed_content_gives_a_version_in_order(tmp_path: Path) -> None:
    built = write(content(findings=("one",)), tmp_path / "public", tmp_path / "private")
    assert verify(built.public, built.private) == []
    assert (built.public_share, built.findings) == (0.25, ("one",))
    facts = json.loads((built.private / "private.json").read_bytes())
    assert (facts["salt"], facts["attempt"]) == ("the salt", 2)
    assert facts["public_share"] == {"wanted": 0.3, "realised": 0.25}
    assert facts["rows"] == {"public": 20, "private": 40, "ignored": 20}


def test_the_content_hash_does_not_depend_on_the_batches(tmp_path: Path) -> None:
    plain = content()
    whole = {
        name: TableSource(source.columns, partial(whole_table, source))
        for name, source in plain.tables.items()
    }
    built = [
        write(each, tmp_path / name / "public", tmp_path / name / "private")
        for name, each in (("a", plain), ("b", replace(plain, tables=whole)))
    ]
    assert built[0].dataset.content_hash == built[1].dataset.content_hash


def whole_table(source: TableSource) -> Iterator[pa.RecordBatch]:
    """All rows of the table in one batch."""
    return iter([pa.concat_batches(list(source.batches()))])


def test_images_come_from_files_as_from_memory(tmp_path: Path) -> None:
    plain = content()
    files = {name: tmp_path / name for name in plain.images}
    for name, path in files.items():
        image = plain.images[name]
        assert isinstance(image, bytes)
        path.write_bytes(image)
    hashes = {
        write(each, tmp_path / name / "a", tmp_path / name / "b").dataset.content_hash
        for name, each in (("memory", plain), ("files", replace(plain, images=files)))
    }
    assert len(hashes) == 1
    archives = {hashing.fact(tmp_path / name / "a" / "images.zip") for name in ("memory", "files")}
    assert len(archives) == 1


def test_the_facts_are_gathered_over_all_batches(tmp_path: Path) -> None:
    declared = (replace(sources.FEATURES[2], values=("red", "blue")), *sources.FEATURES[3:])
    dataset = replace(content().dataset, columns=(*sources.FEATURES[:2], *declared))
    built = write(content(dataset=dataset), tmp_path / "a", tmp_path / "b").dataset
    columns = {column.name: column for column in built.columns}
    assert columns["colour"].values == ("red", "blue", "None")
    assert columns["colour"].missing == round(39 / 120, 6)
    assert built.rows == {"train": 40, "test": 80}


def reversed_rows(table: pa.Table) -> pa.Table:
    """The table upside down."""
    return table.take(list(range(table.num_rows))[::-1])


def with_labels(table: pa.Table, label: str) -> pa.Table:
    """The table with one label in every row."""
    return table.set_column(1, "label", pa.array([label] * table.num_rows))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (reversed_rows, "does not have the ids of the test rows in their order"),
        (lambda table: table.slice(0, 79), "does not have the ids of the test rows in their order"),
        (lambda table: pa.concat_tables([table, table]), "the solution has 160 rows, test has 80"),
        (lambda table: with_labels(table, "x"), "test has undeclared labels"),
    ],
)
def test_a_solution_that_is_not_of_the_test_rows_is_refused(
    tmp_path: Path, change: Callable[[pa.Table], pa.Table], fault: str
) -> None:
    solution = change(content().solution)
    with pytest.raises(DatasetError, match=fault):
        write(content(solution=solution), tmp_path / "a", tmp_path / "b")


def test_undeclared_labels_of_streamed_rows_are_refused(tmp_path: Path) -> None:
    plain = content()
    fewer = replace(plain.dataset, classes=("None", "007", "1.0"))
    solution = with_labels(plain.solution, "007")
    with pytest.raises(DatasetError, match=r"train has undeclared labels: .*ü, or ue"):
        write(replace(plain, dataset=fewer, solution=solution), tmp_path / "a", tmp_path / "b")


def test_an_error_of_the_source_reaches_the_caller(tmp_path: Path) -> None:
    plain = content()

    def broken() -> Iterator[pa.RecordBatch]:
        yield from plain.tables["train"].batches()
        raise DatasetError("rows, row 7, column 'x': '?' is not a finite number")

    tables_ = dict(plain.tables) | {"train": TableSource(plain.tables["train"].columns, broken)}
    with pytest.raises(DatasetError, match="row 7"):
        write(replace(plain, tables=tables_), tmp_path / "a", tmp_path / "b")
    assert not (tmp_path / "a" / "dataset.json").exists()
