"""The card: facts that programs read, code that runs, text that stays in its place."""

import contextlib
import io
import os
import re
import sys
import types
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import markdown_it
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from pyarrow import parquet

from tabset import Dataset, FileFact, Licence, Source, build, card, schema
from tests.tabset import sources
from tests.tabset.profile.folders import LABELS, hostile


def dataset_of(source: Source, folder: Path) -> Dataset:
    """The built source as its dataset.json describes it, sizes of files included."""
    return schema.read(build(source, folder / "public", folder / "private", salt="s").public)


def head(text: str) -> dict[str, Any]:
    """The YAML block of a card, found as hubs find it."""
    found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    assert found
    facts: dict[str, Any] = yaml.safe_load(found[1])
    return facts


def code(text: str) -> dict[str, str]:
    """The Python blocks of a card by what they are for."""
    return dict(re.findall(r"With (\w+):\n\n```python\n(.*?)\n```", text, re.DOTALL))


def test_the_head_tells_facts_as_hubs_expect_them(tmp_path: Path) -> None:
    dataset = dataset_of(sources.classification(), tmp_path)
    facts = head(card.render(dataset))
    assert facts["pretty_name"] == "A small data set"
    assert (facts["license"], facts["size_categories"]) == ("cc0-1.0", ["n<1K"])
    assert facts["task_categories"] == ["tabular-classification"]
    assert facts["configs"][0] == {
        "config_name": "train",
        "default": True,
        "data_files": [{"split": "train", "path": "train.parquet"}],
    }
    train, test = facts["dataset_info"]
    size = dataset.files["train.parquet"].bytes
    assert train["splits"] == [{"name": "train", "num_bytes": size, "num_examples": 40}]
    assert train["download_size"] == size
    assert test["splits"][0]["num_examples"] == sources.TEST_ROWS
    assert [feature["name"] for feature in test["features"]] == [
        "id", "title", "price", "colour", "listed", "image", "sold", "tags",
    ]  # fmt: skip


@pytest.mark.parametrize("two_tables", [False, True])
def test_the_features_are_those_of_the_parquet_files(tmp_path: Path, two_tables: bool) -> None:
    dataset = dataset_of(sources.matching(two_tables=two_tables), tmp_path)
    kinds = {"string": "string", "float64": "double"}
    for info in head(card.render(dataset))["dataset_info"]:
        found = parquet.read_schema(tmp_path / "public" / f"{info['config_name']}.parquet")
        told = {feature["name"]: kinds[feature["dtype"]] for feature in info["features"]}
        assert told == {field.name: str(field.type) for field in found}


def test_without_known_files_no_size_is_told() -> None:
    dataset = replace(
        sources.CLASSIFICATION,
        rows={"train": 5_000, "test": 10},
        label_counts={"train": {"None": 1}},
        licence=Licence("Own terms, v2", "https://example.org/own"),
    )
    text = card.render(dataset)
    facts = head(text)
    assert facts["license"] == "other"
    assert facts["license_name"] == "own-terms-v2"
    assert facts["license_link"] == "https://example.org/own"
    assert facts["size_categories"] == ["1K<n<10K"]
    assert "num_bytes" not in facts["dataset_info"][0]["splits"][0]
    assert "| train | 5,000 | – | – |" in text


def test_sizes_are_told_in_readable_units() -> None:
    files = {f"train.{kind}": FileFact("0" * 64, size) for kind, size in
             (("csv", 1_234_567), ("parquet", 999))}  # fmt: skip
    dataset = replace(
        sources.CLASSIFICATION,
        rows={"train": 1, "test": 0},
        label_counts={"train": {}},
        files=files | {"images.zip": FileFact("0" * 64, 5_000_000_000)},
    )
    text = card.render(dataset)
    assert "| train | 1 | 1.2 MB | 999 bytes |" in text
    assert "`images.zip` has all images, 5.0 GB." in text


def test_the_head_can_be_taken_off() -> None:
    assert card.without_head("---\na: 1\n---\n\n# Title\n\n---\n") == "# Title\n\n---\n"
    assert card.without_head("# Title\n") == "# Title\n"
    assert card.without_head("---\nno end\n") == "---\nno end\n"


def test_the_card_of_hostile_texts_is_plain_text_in_its_places(tmp_path: Path) -> None:
    source = hostile()
    dataset = replace(
        source.dataset,
        description="<script>alert(1)</script>\n\n---\n\nWords.",
        match_semantics="x",
        licence=Licence("]( javascript:alert(1)) <b>", "javascript:alert(1)"),
        columns=tuple(
            replace(column, description="a | b\n| <i> [x](javascript:1)")
            for column in source.dataset.columns
        ),
    )
    text = card.render(dataset_of(replace(source, dataset=dataset), tmp_path))
    assert head(text)["pretty_name"] == source.dataset.title
    html = (
        markdown_it.MarkdownIt("commonmark", {"html": True})
        .enable("table")
        .render(card.without_head(text))
    )
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    assert tags <= {
        "h1",
        "h2",
        "p",
        "hr",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "pre",
    }
    assert "href" not in html
    assert "\u202e" not in card.without_head(text)
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    assert [row.count("<td>") for row in rows if "categorical" in row] == [4] * 6
    assert "<td><code>a|b`c`</code></td>\n<td>categorical</td>" in html


def test_a_card_of_many_classes_and_values_stays_short() -> None:
    classes = tuple(f"class {number}" for number in range(1_000))
    dataset = replace(
        sources.CLASSIFICATION,
        classes=classes,
        rows={"train": 1, "test": 0},
        label_counts={"train": dict.fromkeys(classes, 1)},
    )
    text = card.render(dataset)
    assert "`class 99` and 900 more" in text
    assert "| 900 more classes | |" in text
    assert "class 100`" not in text


def run(source_code: str, folder: Path) -> dict[str, Any]:
    """The names that the code defines when it runs in the folder."""
    names: dict[str, Any] = {}
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="mlcroissant|rdflib|etils|absl")
            exec(compile(source_code, "card", "exec"), names)  # noqa: S102
    finally:
        os.chdir(before)
    return names | {"out": out.getvalue()}


def test_the_code_for_pandas_pyarrow_and_croissant_runs(tmp_path: Path) -> None:
    dataset = dataset_of(sources.classification(), tmp_path)
    blocks = code(card.render(dataset))
    assert list(blocks) == ["pandas", "pyarrow", "AutoGluon", "Croissant"]
    frames = run(blocks["pandas"], tmp_path / "public")
    assert list(frames["train"]["label"]) == list(frames["as_text"]["label"])
    assert set(frames["as_text"]["label"]) == set(dataset.classes)
    assert run(blocks["pyarrow"], tmp_path / "public")["train"].num_rows == 40
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert run(blocks["Croissant"], tmp_path / "public")["out"] == "t000 None\n"


class Predictor:
    """Stands for AutoGluon's: uniform probabilities of the labels it was given."""

    def __init__(self, label: str) -> None:
        self.label = label

    def fit(self, train: pd.DataFrame) -> "Predictor":
        self.labels = sorted(train.pop(self.label).unique())
        self.columns = list(train)
        assert not [name for name in train if train[name].map(type).isin([list]).any()]
        return self

    def predict_proba(self, test: pd.DataFrame) -> pd.DataFrame:
        assert list(test) == self.columns
        return pd.DataFrame(1 / len(self.labels), index=test.index, columns=self.labels)


@pytest.mark.parametrize("kind", ["classification", "matching", "hostile"])
def test_the_code_for_autogluon_writes_a_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    made = {
        "classification": sources.classification, "matching": sources.matching, "hostile": hostile,
    }[kind]()  # fmt: skip
    dataset = dataset_of(made, tmp_path)
    module = types.ModuleType("autogluon.tabular")
    module.TabularPredictor = Predictor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "autogluon", types.ModuleType("autogluon"))
    monkeypatch.setitem(sys.modules, "autogluon.tabular", module)
    run(code(card.render(dataset))["AutoGluon"], tmp_path / "public")
    written, sample = (
        parquet.read_table(tmp_path / "public" / f"{name}.parquet")
        for name in ("submission", "sample_submission")
    )
    assert written.schema.names == sample.schema.names
    assert written["id"].equals(sample["id"])
    assert set(written.schema.types) == {pa.string(), pa.float64()}
    assert kind != "hostile" or written.schema.names[1:] == list(LABELS)
