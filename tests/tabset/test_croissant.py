"""croissant.json: the format's own reader accepts it and gives back the rows and images."""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tabset
from tabset import Column, ColumnType, Source
from tests.tabset import sources
from tests.tabset.profile.folders import hostile

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlcroissant

LABELS = ("NA", "None", "007", "1.0", "ü")
KINDS: dict[str, Callable[[], Source]] = {
    "classification": sources.classification,
    "matching": sources.matching,
    "two-tables": lambda: sources.matching(two_tables=True),
    "hostile": hostile,
}


def opened(folder: Path) -> Any:
    """The data set as mlcroissant sees it; its libraries warn about themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mlcroissant.Dataset(jsonld=folder / "croissant.json")


def rows(dataset: Any, record_set: str) -> list[dict[str, Any]]:
    """All rows of a record set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(dataset.records(record_set))


def built(source: Source, folder: Path) -> tabset.Built:
    """The source written below the folder."""
    return tabset.build(source, folder / "public", folder / "private", salt="s")


@pytest.mark.parametrize("kind", KINDS)
def test_mlcroissant_accepts_the_file_and_reads_every_table(tmp_path: Path, kind: str) -> None:
    source = KINDS[kind]()
    version = built(source, tmp_path)
    dataset = opened(version.public)
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    assert all("datePublished" in warning for warning in issues.warnings)
    assert dataset.metadata.ctx.is_v1_1()
    train = rows(dataset, "train")
    assert [row["train/id"].decode() for row in train] == list(source.train["id"])
    assert [row["train/label"].decode() for row in train] == list(source.train["label"])
    for table, count in version.dataset.rows.items():
        assert len(rows(dataset, table)) == count


def test_awkward_labels_come_back_as_they_are(tmp_path: Path) -> None:
    plain = sources.classification()

    def labels(count: int) -> list[str]:
        return [LABELS[row % len(LABELS)] for row in range(count)]

    source = replace(
        plain,
        dataset=replace(plain.dataset, classes=LABELS),
        train=dict(plain.train) | {"label": labels(40)},
        test=dict(plain.test) | {"label": labels(sources.TEST_ROWS)},
    )
    dataset = opened(built(source, tmp_path).public)
    assert [row["train/label"].decode() for row in rows(dataset, "train")] == labels(40)


def test_every_column_type_comes_back(tmp_path: Path) -> None:
    source = sources.classification()
    dataset = opened(built(source, tmp_path).public)
    for row, found in enumerate(rows(dataset, "train")):
        for name in ("title", "colour", "image"):
            text = found[f"train/{name}"]
            assert (text and text.decode()) == source.train[name][row]
        assert found["train/price"] == source.train["price"][row]
        assert found["train/listed"] == source.train["listed"][row]
        assert found["train/sold"] == source.train["sold"][row]
        tags = found["train/tags"]
        assert (tags and [tag.decode() for tag in tags]) == source.train["tags"][row]


def test_images_are_read_under_the_paths_of_the_rows(tmp_path: Path) -> None:
    source = sources.classification()
    found = rows(opened(built(source, tmp_path).public), "images.png-files")
    shades = {
        row["images.png-files/path"].decode(): row["images.png-files/content"].getpixel((0, 0))
        for row in found
    }
    assert shades == {f"images/{shade}.png": (shade,) * 3 for shade in range(3)}


def test_images_of_another_data_set_are_never_read(tmp_path: Path) -> None:
    source = sources.classification()
    other = replace(source, images={f"{n}.png": sources.png(100 + n) for n in range(3)})
    for name, made, first in (("one", source, 0), ("two", other, 100)):
        found = rows(opened(built(made, tmp_path / name).public), "images.png-files")
        shades = {row["images.png-files/content"].getpixel((0, 0)) for row in found}
        assert shades == {(shade,) * 3 for shade in range(first, first + 3)}


def test_images_that_readers_cannot_open_have_no_record_set(tmp_path: Path) -> None:
    version = built(sources.classification(), tmp_path)
    files = version.dataset.files
    other = {"images/a.webp": files["images/0.png"], "images/b.JPG": files["images/0.png"]}
    document = tabset.croissant.document(replace(version.dataset, files=dict(files) | other))
    sets = {item["@id"]: item for item in document["distribution"] if item["@type"] == "cr:FileSet"}
    assert {name: item["encodingFormat"] for name, item in sets.items()} == {
        "images.JPG": "image/jpeg",
        "images.png": "image/png",
        "images.webp": "image/webp",
    }
    assert {item["@id"] for item in document["recordSet"]} == {
        "train", "test", "images.JPG-files", "images.png-files",
    }  # fmt: skip


def test_every_data_file_is_a_file_object_and_only_parquet_has_record_sets(tmp_path: Path) -> None:
    version = built(sources.matching(two_tables=True), tmp_path)
    document = json.loads((version.public / "croissant.json").read_bytes())
    files = {file["@id"]: file for file in document["distribution"]}
    tables = ("train", "test", "sample_submission", "left", "right")
    assert set(files) == {f"{name}.{kind}" for name in tables for kind in ("csv", "parquet")}
    for name, file in files.items():
        assert file["sha256"] == version.dataset.files[name].sha256
        assert ("no record set" in file["description"]) == name.endswith(".csv")
    used = {
        field["source"]["fileObject"]["@id"]
        for record_set in document["recordSet"]
        for field in record_set["field"]
    }
    assert used == {"train.parquet", "test.parquet", "left.parquet", "right.parquet"}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_private_is_named(tmp_path: Path, kind: str) -> None:
    version = built(KINDS[kind](), tmp_path)
    text = (version.public / "croissant.json").read_text(encoding="utf-8")
    private = json.loads((version.private / "private.json").read_bytes())
    secrets = [private["salt"], *(fact["sha256"] for fact in private["files"].values())]
    assert not [secret for secret in secrets if f'"{secret}"' in text]
    assert not [word for word in ("solution", "entities", "private", "salt") if word in text]


def test_columns_whose_names_differ_in_signs_alone_have_fields_of_their_own(tmp_path: Path) -> None:
    names = ("a b", "a_b-3", "a/b", "a_b", "ü", "id-1")
    plain = sources.classification()
    columns = tuple(Column(name, ColumnType.TEXT) for name in names)
    source = replace(
        plain,
        dataset=replace(plain.dataset, columns=columns),
        train={"id": plain.train["id"], "label": plain.train["label"]}
        | {name: [name] * 40 for name in names},
        test={"id": plain.test["id"], "label": plain.test["label"]}
        | {name: [name] * sources.TEST_ROWS for name in names},
        images={},
    )
    row = rows(opened(built(source, tmp_path).public), "train")[0]
    assert len(row) == len(names) + 2
    assert [value.decode() for value in list(row.values())[1:-1]] == list(names)
