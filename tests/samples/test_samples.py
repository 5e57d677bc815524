"""The sample data sets: in the standard's layout, without leaks, neither trivial nor solved."""

import json
from itertools import combinations
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score
from sklearn.naive_bayes import ComplementNB

import samples
import tabset
from samples import catalogue_type
from samples.__main__ import main
from samples.catalogue import make_offers
from tabset import DatasetError
from tabset.sisters import Sister, conflicts

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/dataset.schema.json").read_bytes())
MATCHING = ("catalogue-exact", "catalogue-variant", "febrl-person-linkage")


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All samples, built through the command line."""
    folder = tmp_path_factory.mktemp("samples")
    assert main(["build", "--out", str(folder)]) == 0
    return folder


def solution(root: Path, name: str) -> pd.DataFrame:
    """The private labels of a sample."""
    return pd.read_parquet(root / name / "private" / "solution.parquet")


def train(root: Path, name: str) -> pd.DataFrame:
    """The training rows of a sample."""
    return tabset.load_train(root / name / "public")


def held_out(root: Path, name: str) -> pd.DataFrame:
    """The test rows of a sample."""
    return tabset.load_test(root / name / "public")


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_sample_keeps_the_standard(root: Path, name: str) -> None:
    public = root / name / "public"
    document = json.loads((public / "dataset.json").read_bytes())
    jsonschema.validate(document, SCHEMA)
    assert document["name"] == name
    assert tabset.verify(public) == []


@pytest.mark.parametrize("name", samples.NAMES)
def test_the_parts_are_of_the_wanted_size_and_can_be_scored(root: Path, name: str) -> None:
    rows = solution(root, name)
    assert 0.24 <= (rows["usage"] == "public").mean() <= 0.36
    assert rows.groupby("usage")["label"].nunique().min() >= 2
    assert len([column for column in rows if column.startswith("slice_")]) >= 1
    assert rows.groupby("group")["usage"].nunique().max() == 1


@pytest.mark.parametrize("name", MATCHING)
def test_the_solution_names_both_records_of_a_pair(root: Path, name: str) -> None:
    rows, pairs = solution(root, name), held_out(root, name)
    for side in ("left", "right"):
        assert rows[f"{side}_record"].tolist() == pairs[f"{side}_id"].tolist()


def test_a_sample_is_the_same_on_every_build(root: Path, tmp_path: Path) -> None:
    for name in ("digits", "catalogue-exact", "febrl-person-linkage"):
        again = samples.build(name, tmp_path)
        first = json.loads((root / name / "public" / "dataset.json").read_bytes())
        assert again.dataset.to_json() == first


def test_a_sample_is_written_once(root: Path) -> None:
    with pytest.raises(DatasetError, match="is not empty"):
        samples.build("digits", root)


def test_an_unknown_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="nothing"):
        samples.build("nothing", tmp_path)
    with pytest.raises(SystemExit):
        main(["build", "--out", str(tmp_path), "--name", "nothing"])


@pytest.mark.parametrize("name", MATCHING)
def test_no_record_and_no_entity_is_in_train_and_test(root: Path, name: str) -> None:
    entities = pd.read_parquet(root / name / "private" / "entities.parquet")
    entity = dict(zip(entities["record_id"], entities["entity_id"], strict=True))
    sides = [
        {entity[key] for key in pd.concat([rows["left_id"], rows["right_id"]])}
        for rows in (train(root, name), held_out(root, name))
    ]
    assert not sides[0] & sides[1]


@pytest.mark.parametrize("name", MATCHING)
def test_the_labels_are_those_of_the_entities(root: Path, name: str) -> None:
    entities = pd.read_parquet(root / name / "private" / "entities.parquet")
    entity = dict(zip(entities["record_id"], entities["entity_id"], strict=True))
    rows = train(root, name)
    same = [entity[a] == entity[b] for a, b in zip(rows["left_id"], rows["right_id"], strict=True)]
    assert list(rows["label"] == "1") == same
    assert 0.10 <= np.mean(same) <= 0.25
    assert not rows.duplicated(["left_id", "right_id"]).any()


@pytest.mark.parametrize("name", MATCHING)
def test_ids_and_row_order_do_not_give_matches_away(root: Path, name: str) -> None:
    rows = train(root, name)
    matches = rows["label"] == "1"
    numbers = [rows[side].str.extract(r"(\d+)")[0].astype(int) for side in ("left_id", "right_id")]
    for guess in (-(numbers[0] - numbers[1]).abs(), numbers[0], rows.index.to_series()):
        assert average_precision_score(matches, guess) < matches.mean() + 0.03


def test_both_meanings_of_match_use_one_table_and_one_division(root: Path) -> None:
    exact, variant = ((root / name / "public") for name in MATCHING[:2])
    assert (exact / "records.csv").read_bytes() == (variant / "records.csv").read_bytes()
    sides = [
        {
            key
            for name in MATCHING[:2]
            for side in ("left_id", "right_id")
            for key in load(root, name)[side]
        }
        for load in (train, held_out)
    ]
    assert not sides[0] & sides[1]


def test_no_sample_gives_away_labels_of_another(root: Path) -> None:
    found = [
        Sister(root / name / "public", root / name / "private" / "solution.parquet")
        for name in samples.NAMES
    ]
    assert not any(conflicts(one, other) for one, other in combinations(found, 2))
    facts = [
        json.loads((root / name / "private" / "private.json").read_bytes()) for name in MATCHING[:2]
    ]
    assert facts[0]["salt"] == facts[1]["salt"]
    ids = [
        {tuple(sorted(pair)) for pair in held_out(root, name)[["left_id", "right_id"]].to_numpy()}
        for name in MATCHING[:2]
    ]
    assert len(ids[0] & ids[1]) > 400


def test_each_match_of_the_exact_task_is_one_of_the_variant_task(root: Path) -> None:
    entities = [
        pd.read_parquet(root / name / "private" / "entities.parquet")["entity_id"]
        for name in MATCHING[:2]
    ]
    assert (
        pd.DataFrame({"exact": entities[0], "variant": entities[1]})
        .groupby("exact")["variant"]
        .nunique()
        .max()
        == 1
    )


def test_the_classes_of_the_catalogue_are_skewed_and_all_there(root: Path) -> None:
    public = root / "catalogue-type" / "public"
    dataset = tabset.load(public).dataset
    counts = dataset.label_counts["train"]
    assert len(counts) == 20
    assert max(counts.values()) > 10 * min(counts.values())
    assert set(solution(root, "catalogue-type")["label"]) == set(dataset.classes)
    assert {column.type.value for column in dataset.columns} >= {
        "text", "numeric", "categorical", "datetime", "image",
    }  # fmt: skip


def test_no_product_family_is_in_train_and_test(root: Path) -> None:
    offers = make_offers(catalogue_type.FAMILIES)
    family = {f"o{offer.key}": offer.product.family.key for offer in offers}
    rows = solution(root, "catalogue-type")
    assert list(rows["group"]) == [family[key] for key in rows["id"]]
    assert not set(rows["group"]) & {family[key] for key in train(root, "catalogue-type")["id"]}


def accuracy(predicted: object, root: Path, name: str) -> float:
    """The share of test rows that are right."""
    return float((solution(root, name)["label"].to_numpy() == predicted).mean())


def test_text_tells_the_product_type_far_better_than_the_commonest_type(root: Path) -> None:
    texts = [
        load(root, "catalogue-type")[["title", "description"]].fillna("").agg(" ".join, axis=1)
        for load in (train, held_out)
    ]
    labels = train(root, "catalogue-type")["label"]
    words = TfidfVectorizer(sublinear_tf=True, min_df=2)
    model = ComplementNB().fit(words.fit_transform(texts[0]), labels)
    reached = accuracy(model.predict(words.transform(texts[1])), root, "catalogue-type")
    assert accuracy(labels.mode()[0], root, "catalogue-type") < 0.2
    assert 0.75 < reached < 0.95


def test_measurements_tell_digits_fairly_but_not_fully(root: Path) -> None:
    rows = train(root, "digits")
    numeric = rows.select_dtypes("number").columns
    model = RandomForestClassifier(40, random_state=0)
    model.fit(rows[numeric], rows["label"])
    reached = accuracy(model.predict(held_out(root, "digits")[numeric]), root, "digits")
    assert accuracy(rows["label"].mode()[0], root, "digits") < 0.15
    assert 0.6 < reached < 0.9


def trigrams(text: object) -> set[str]:
    """The sets of three letters in a text; none if it is missing."""
    word = f" {text} ".lower()
    return set() if pd.isna(text) else {word[i : i + 3] for i in range(len(word) - 2)}


def likeness(rows: pd.DataFrame) -> pd.DataFrame:
    """Jaccard likeness per text column, and the ratio per numeric one."""
    found = {}
    for column in [name[5:] for name in rows if name.startswith("left_") and name != "left_id"]:
        left, right = rows[f"left_{column}"], rows[f"right_{column}"]
        if left.dtype == float:
            found[column] = np.abs(np.log(left / right))
            continue
        pairs = [(trigrams(a), trigrams(b)) for a, b in zip(left, right, strict=True)]
        found[column] = [len(a & b) / len(a | b) if a and b else np.nan for a, b in pairs]
    return pd.DataFrame(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", MATCHING)
def test_a_good_method_beats_chance_and_the_plain_mean_without_solving_the_task(
    root: Path, name: str
) -> None:
    features = [likeness(load(root, name)) for load in (train, held_out)]
    matches = solution(root, name)["label"] == "1"
    model = RandomForestClassifier(40, min_samples_leaf=3, random_state=0)
    model.fit(features[0], train(root, name)["label"] == "1")
    learned = average_precision_score(matches, model.predict_proba(features[1])[:, 1])
    plain = average_precision_score(matches, features[1].mean(axis=1).fillna(0))
    assert matches.mean() + 0.3 < learned < 0.97
    assert learned > plain + 0.05
