"""Profiles of built data sets: right numbers, harmless figures, nothing private, same bytes."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from tabset import Column, ColumnType, DatasetError, Source
from tabset.profile import FILE, columns, drawing, model, profile, sample, write
from tabset.profile.model import ColumnProfile, Histogram, Values
from tests.tabset import sources
from tests.tabset.profile.folders import HOSTILE, LABELS, hostile, public

KINDS: dict[str, Callable[[], Source]] = {
    "classification": sources.classification,
    "matching": sources.matching,
    "two-tables": lambda: sources.matching(two_tables=True),
    "hostile": hostile,
}
# Attributes that a figure may have; everything else could carry a script or a style.
ATTRIBUTES = {
    "viewBox", "width", "height", "role", "aria-labelledby", "aria-describedby", "fill", "id", "d",
    "stroke", "stroke-width", "x", "y", "x1", "y1", "x2", "y2", "font-size", "font-family",
    "font-variant", "font-weight", "text-anchor", "transform", "unicode-bidi",
}  # fmt: skip
ELEMENTS = {"svg", "g", "title", "desc", "path", "line", "rect", "text"}


def column(found: model.Profile, name: str) -> ColumnProfile:
    """The column of that name."""
    return next(item for item in found.columns if item.name == name)


def test_each_type_has_its_distribution_and_missing_shares(tmp_path: Path) -> None:
    found = profile(public(sources.classification(), tmp_path))
    assert found.rows == found.sampled == {"train": 40, "test": sources.TEST_ROWS}
    assert not found.notes
    price = column(found, "price")
    assert price.missing == {"train": 0.2, "test": 0.2}
    assert isinstance(price.distribution, Histogram)
    assert {part: sum(counts) for part, counts in price.distribution.counts.items()} == {
        "train": 32,
        "test": 64,
    }
    colour = column(found, "colour").distribution
    assert isinstance(colour, Values)
    assert dict(zip(colour.values, colour.counts["train"], strict=True)) == {"red": 14, "None": 13}
    assert isinstance(column(found, "listed").distribution, Histogram)
    sold = column(found, "sold").distribution
    assert isinstance(sold, Values)
    assert set(sold.values) == {"true", "false"}
    title, tags = column(found, "title").distribution, column(found, "tags").distribution
    assert isinstance(title, Histogram)
    assert isinstance(tags, Histogram)
    assert (title.of, tags.of) == ("characters", "items")
    assert tags.counts["train"] == (14, 0, 13)
    assert column(found, "tags").missing["train"] == pytest.approx(13 / 40)
    image = column(found, "image").distribution
    assert isinstance(image, Values)
    assert image.values == ("4 × 3",)


def test_classes_examples_and_thumbnails_come_from_train(tmp_path: Path) -> None:
    found = write(public(sources.classification(), tmp_path), tmp_path / "out")
    assert [item.label for item in found.classes.counts] == ["None", "007", "1.0", "ü, or ue"]
    assert [item.rows for item in found.classes.counts] == [10] * 4
    assert "equally frequent" in found.classes.words
    assert [group.label for group in found.examples] == ["None", "007", "1.0", "ü, or ue"]
    first = found.examples[0].rows
    assert [row.id for row in first] == ["t000", "t004", "t008", "t012", "t016"]
    assert first[0].cells["title"] == 'say "0", please'
    assert first[1].images == ("images/1.png",)
    assert {item.image for item in found.thumbnails} == {f"images/{n}.png" for n in range(3)}
    for item in found.thumbnails:
        with Image.open(tmp_path / "out" / item.file) as small:
            assert (small.format, small.size) == ("JPEG", (4, 3))


def test_an_unreadable_or_foreign_image_is_left_out(tmp_path: Path) -> None:
    folder = public(sources.classification(), tmp_path)
    (folder / "images/0.png").write_bytes(b"not an image")
    (folder / "images/1.png").unlink()
    (tmp_path / "outside.png").write_bytes(sources.png())
    (folder / "images/1.png").symlink_to(tmp_path / "outside.png")
    found = write(folder, tmp_path / "out")
    assert [item.image for item in found.thumbnails] == ["images/2.png"]
    assert len(list((tmp_path / "out/thumbnails").iterdir())) == 1


def test_record_tables_have_profiles_of_their_own(tmp_path: Path) -> None:
    found = profile(public(sources.matching(two_tables=True), tmp_path))
    assert list(found.records) == ["left", "right"]
    assert [item.name for item in found.records["left"]] == ["title", "price", "colour"]
    assert found.records["left"][0].missing == {"left": pytest.approx(8 / 30, abs=1e-6)}
    assert found.records["left"][0].shift is None
    assert found.classes.words == "25 % of the training pairs match"
    assert [item.name for item in found.classes.counts] == ["no match", "match"]
    assert set(found.examples[0].rows[0].cells) <= {
        f"{side}_{name}" for side in ("left", "right") for name in ("title", "price", "colour")
    }


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_public_folder_is_read_and_no_test_label_is_in_it(
    tmp_path: Path, kind: str
) -> None:
    source = KINDS[kind]()
    folder = public(source, tmp_path)
    before = profile(folder).to_json()
    shutil.rmtree(tmp_path / "private")
    for name in ("sample_submission.parquet", "test.csv", "train.csv", "README.md"):
        (folder / name).unlink()
    assert profile(folder).to_json() == before
    other = replace(source, test=dict(source.test) | {"label": list(source.test["label"])[::-1]})
    after = profile(public(other, tmp_path / "other")).to_json()
    assert after | {"content_hash": ""} == before | {"content_hash": ""}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_folder_gives_the_same_bytes(tmp_path: Path, kind: str) -> None:
    folder = public(KINDS[kind](), tmp_path)
    for name in ("one", "two"):
        write(folder, tmp_path / name)
    files = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".json", ".svg"}
    for path in files:
        twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == twin.read_bytes(), path.name


@pytest.mark.parametrize("kind", KINDS)
def test_every_named_file_is_written_and_no_other(tmp_path: Path, kind: str) -> None:
    found = write(public(KINDS[kind](), tmp_path), tmp_path / "out")
    document = json.loads((tmp_path / "out" / FILE).read_bytes())
    assert document == json.loads(json.dumps(found.to_json()))
    named = set(re.findall(r'"((?:figures|thumbnails)/[^"]+)"', json.dumps(document)))
    written = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")}
    assert written == named | {FILE}


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_valid_without_styles_or_scripts_and_with_text(
    tmp_path: Path, kind: str
) -> None:
    write(public(KINDS[kind](), tmp_path), tmp_path / "out")
    ids: list[str] = []
    for path in sorted((tmp_path / "out/figures").iterdir()):
        text = path.read_text(encoding="utf-8")
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08]", text)
        root = ElementTree.fromstring(text)  # noqa: S314
        for element in root.iter():
            assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in ELEMENTS
            assert set(element.attrib) <= ATTRIBUTES
            ids += [element.attrib["id"]] if "id" in element.attrib else []
        assert root.attrib["role"] == "img"
        assert root[0].text
        assert root[1].text
        for number in re.findall(r' (?:width|height|x|y)="([^"]*)"', text):
            assert np.isfinite(float(number))
    assert len(ids) == len(set(ids)) > 0


def test_hostile_texts_are_shown_and_cut(tmp_path: Path) -> None:
    found = write(public(hostile(), tmp_path), tmp_path / "out")
    tiny = (tmp_path / "out" / column(found, HOSTILE[0]).figure).read_text(encoding="utf-8")
    assert "Distribution of &lt;script&gt;alert(1)&lt;/script&gt;" in tiny
    assert len(tiny) < 4_000
    classes = (tmp_path / "out/figures/classes.svg").read_text(encoding="utf-8")
    assert "&lt;img src=x onerror=alert(1)&gt;" in classes
    assert "turned �round" in classes
    assert [item.label for item in found.classes.counts] == list(LABELS)


def test_a_large_table_is_sampled_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "ROWS", 20)
    found = profile(public(sources.classification(), tmp_path))
    assert found.rows["test"] == sources.TEST_ROWS
    assert 5 < found.sampled["test"] < 40
    assert "random sample" in found.notes[-1]
    assert column(found, "price").missing == {"train": 0.2, "test": 0.2}


def test_a_wide_table_is_sampled_by_its_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "CELLS", 70)
    monkeypatch.setattr(sample, "LEAST_ROWS", 1)
    found = profile(public(sources.classification(), tmp_path))
    assert found.sampled["test"] < 30


def histogram(train: tuple[int, ...], test: tuple[int, ...]) -> Histogram:
    """A histogram with these counts."""
    edges = tuple(float(edge) for edge in range(len(train) + 1))
    return Histogram("value", edges, {"train": train, "test": test}, 0.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("train", "test", "level"),
    [
        ((500, 500), (500, 500), "alike"),
        ((500, 500), (540, 460), "alike"),
        ((5_000, 5_000), (5_900, 4_100), "little"),
        ((5_000, 5_000), (8_000, 2_000), "clear"),
        ((5, 5), (0, 10), "unknown"),
    ],
)
def test_train_and_test_are_compared_in_words(
    train: tuple[int, ...], test: tuple[int, ...], level: str
) -> None:
    nothing = {"train": 0.0, "test": 0.0}
    assert columns.difference(histogram(train, test), nothing).level == level
    parts = {"train": train, "test": test}
    values = Values("value", ("a", "b"), parts, {"train": 0, "test": 0}, 2)
    assert columns.difference(values, nothing).level == level


def test_a_column_that_is_missing_in_test_alone_differs(tmp_path: Path) -> None:
    found = columns.difference(histogram((500, 500), (50, 50)), {"train": 0.0, "test": 0.9})
    assert (found.level, found.measure, found.distance) == ("clear", "missing share", 0.9)


@pytest.mark.parametrize(("test", "said"), [(0.9, "Missing: 0 % in train, 90 % in test."), (0, "")])
def test_missing_shares_are_said_where_train_and_test_differ(test: float, said: str) -> None:
    found = histogram((500, 500), (50, 50))
    missing = {"train": 0.0, "test": test}
    shift = columns.difference(found, missing)
    words = columns._words(ColumnType.NUMERIC, found, missing, shift)
    assert ("Missing" in words) == bool(said)
    assert said in words


def test_a_column_without_a_value_has_no_figure(tmp_path: Path) -> None:
    source = sources.classification()
    nothing: dict[str, Any] = {"price": [None] * 40}
    other: dict[str, Any] = {"price": [None] * sources.TEST_ROWS}
    source = replace(source, train=dict(source.train) | nothing, test=dict(source.test) | other)
    found = write(public(source, tmp_path), tmp_path / "out")
    price = column(found, "price")
    assert (price.distribution, price.shift, price.figure) == (None, None, "")
    assert price.words == "No value to show."


def test_many_classes_are_folded(tmp_path: Path) -> None:
    counts = tuple(model.ClassCount(f"class {n}", 100 - n, (100 - n) / 5_050) for n in range(100))
    classes = model.Classes(counts, "Many classes", "figures/classes.svg")
    found = profile(public(sources.classification(), tmp_path))
    drawn = dict(drawing.draw(replace(found, classes=classes)))["figures/classes.svg"]
    assert "77 more classes with 1 to 77 rows each" in drawn
    assert ">class 22<" in drawn
    assert ">class 23<" not in drawn


def test_a_pointer_on_a_bar_shows_its_values_and_shares(tmp_path: Path) -> None:
    found = profile(public(sources.classification(), tmp_path))
    numbers = replace(
        column(found, "price"), distribution=histogram((1, 3), (1, 1)), figure="figures/c.svg"
    )
    values = Values("value", ("<b>", "b"), {"train": (2, 1)}, {"train": 1}, 3)
    other = replace(numbers, distribution=values, figure="figures/d.svg")
    drawn = dict(drawing.draw(replace(found, columns=(numbers, other))))
    assert "<title>1–2: train 75 %, test 50 %</title>" in drawn["figures/c.svg"]
    assert "<title>&lt;b&gt;: train 50 %</title>" in drawn["figures/d.svg"]


def test_classes_are_drawn_by_their_counts_and_names(tmp_path: Path) -> None:
    counts = (model.ClassCount("0", 1, 0.25, "no match"), model.ClassCount("1", 3, 0.75, "match"))
    classes = model.Classes(counts, "Mostly matches", "figures/classes.svg")
    found = profile(public(sources.classification(), tmp_path))
    drawn = dict(drawing.draw(replace(found, classes=classes)))["figures/classes.svg"]
    assert 0 < drawn.index(">match<") < drawn.index(">no match<")


def test_a_folder_that_is_not_empty_or_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no dataset\.json"):
        profile(tmp_path)
    folder = public(sources.classification(), tmp_path)
    with pytest.raises(DatasetError, match="not empty"):
        write(folder, folder)


@pytest.mark.parametrize("fault", ["absent", "torn", "other"])
def test_a_table_at_fault_is_named_with_what_to_do(tmp_path: Path, fault: str) -> None:
    folder = public(sources.classification(), tmp_path)
    path = folder / "test.parquet"
    if fault == "absent":
        path.unlink()
    elif fault == "torn":
        path.write_bytes(path.read_bytes()[:-20])
    else:
        shutil.copy(folder / "sample_submission.parquet", path)
    with pytest.raises(DatasetError, match="python -m tabset verify"):
        profile(folder)


def test_names_that_contain_each_other_are_read_apart(tmp_path: Path) -> None:
    source = sources.classification()
    named = {"a": [1.0] * 40, "a.b": [2.0] * 40}
    tested = {"a": [1.0] * sources.TEST_ROWS, "a.b": [2.0] * sources.TEST_ROWS}
    source = replace(
        source,
        dataset=replace(
            source.dataset, columns=tuple(Column(name, ColumnType.NUMERIC) for name in named)
        ),
        train={"id": source.train["id"], "label": source.train["label"]} | named,
        test={"id": source.test["id"], "label": source.test["label"]} | tested,
        images={},
    )
    found = profile(public(source, tmp_path))
    assert column(found, "a").words.startswith("Always 1.")
    assert column(found, "a.b").words.startswith("Always 2.")
