from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.features.images import image_vectors
from baselines.features.pairs import (
    date_similarity,
    image_similarity,
    number_similarity,
    pair_features,
    shared_columns,
    text_similarity,
)
from baselines.features.rows import date_features, row_features
from baselines.features.texts import as_texts, count_features, svd_features
from tabset import Column, ColumnType, load


def test_row_features_are_numbers_or_categories_and_leave_ids_out(classification: Path) -> None:
    data = load(classification)
    named: list[str] = []
    features = row_features(data.test, data.dataset.columns, 0, named.append)
    assert len(features) == len(data.test)
    assert not [name for name in features if name.startswith("id_code")]
    assert "id_code" not in named
    assert named[:2] == ["title", "weight"]
    kinds = {str(kind) for kind in features.dtypes}
    assert kinds <= {"float32", "float64", "int32", "category"}
    assert features["shop"].dtype == "category"
    missing = data.test["photo"].isna()
    assert features.loc[missing, "photo grey0"].isna().all()
    assert features.loc[~missing, "photo grey0"].notna().all()


def test_pair_features_tell_matches_from_others_and_leave_ids_out(matching: Path) -> None:
    data = load(matching)
    named: list[str] = []
    features = pair_features(data.train, data.dataset.columns, data.records, 1, named.append)
    assert named == ["title", "price", "since", "photo", "all texts"]
    assert not [name for name in features if name.startswith(("id", "left", "right"))]
    match = data.train["label"] == "yes"
    similar = features["title words"]
    assert similar[match].mean() > similar[~match].mean() + 0.3
    assert features.loc[data.train["right_title"].isna(), "title ratio"].isna().all()


def test_pairs_of_tables_without_text_have_no_text_features() -> None:
    names = ["left_a", "left_b", "right_a", "right_b"]
    columns = [Column(name, ColumnType.NUMERIC) for name in names]
    pairs = pd.DataFrame({name: [1.0, 2.0] for name in names})
    features = pair_features(pairs, columns, {"records": pairs[[]]}, 1, str)
    assert list(features["a difference"]) == [0, 0]
    assert not [name for name in features if name.startswith("all texts")]


def test_only_columns_of_both_sides_and_one_type_are_compared() -> None:
    columns = [
        Column("left_id", ColumnType.ID),
        Column("right_id", ColumnType.ID),
        Column("left_a", ColumnType.TEXT),
        Column("right_a", ColumnType.TEXT),
        Column("left_b", ColumnType.TEXT),
        Column("right_b", ColumnType.NUMERIC),
        Column("left_c", ColumnType.TEXT),
    ]
    assert shared_columns(columns) == [("a", ColumnType.TEXT)]


def test_text_similarity_is_one_for_equal_texts_and_unknown_for_empty_ones() -> None:
    left, right = (
        ["red shoe x12", "red shoe x12", "", "shoe x12"],
        ["red shoe x12", "lamp x9", "a", ""],
    )
    corpus = [*left, *right, "lamp a"]
    features = pd.DataFrame(text_similarity("t", left, right, corpus, 1))
    assert features.iloc[0].tolist() == pytest.approx([1.0] * features.shape[1], abs=1e-5)
    assert features.loc[1, "t numbers"] == 0
    assert (features.iloc[1] < 0.7).all()
    assert features.iloc[2:].isna().all().all()


def test_texts_without_a_common_term_are_not_an_error() -> None:
    features = text_similarity("t", ["a"], ["b"], ["!"], 1)
    assert features["t words"] == [0]
    assert svd_features("t", ["", "", ""], 4, 0).shape == (3, 0)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), min_size=1, max_size=6))
def test_text_similarity_stays_between_zero_and_one(texts: list[tuple[str, str]]) -> None:
    left, right = [list(side) for side in zip(*texts, strict=True)]
    for values in text_similarity("t", left, right, left + right, 1).values():
        known = values[~np.isnan(values)]
        assert ((known >= 0) & (known <= 1 + 1e-5)).all()


def test_number_similarity_compares_magnitudes() -> None:
    left, right = np.array([10.0, 0.0, np.nan, -4.0]), np.array([8.0, 0.0, 1.0, -4.0])
    features = number_similarity("n", left, right)
    np.testing.assert_allclose(features["n difference"], [2, 0, np.nan, 0])
    np.testing.assert_allclose(features["n relative"], [0.2, 0, np.nan, 0])
    np.testing.assert_allclose(features["n equal"], [0, 1, np.nan, 1])


def test_date_similarity_counts_days_and_agreeing_parts() -> None:
    left = pd.to_datetime(pd.Series(["2020-01-05", "2020-01-05", None]))
    right = pd.to_datetime(pd.Series(["2020-01-07", "2020-01-05", "2020-01-05"]))
    features = date_similarity("d", left, right)
    np.testing.assert_allclose(features["d days"], [2, 0, np.nan])
    np.testing.assert_allclose(features["d parts"], [2, 3, np.nan])


def test_a_missing_date_has_no_parts() -> None:
    features = date_features("d", pd.to_datetime(pd.Series(["2020-02-29T06:00", None])))
    assert features.loc[0, ["d year", "d month", "d day", "d hour"]].tolist() == [2020, 2, 29, 6]
    assert features.loc[1].isna().all()


def test_equal_images_are_alike_and_missing_ones_unknown(classification: Path) -> None:
    red, blue = (str(classification / "images" / name) for name in ("f.png", "i.png"))
    features = image_similarity("i", [red, red, None], [red, blue, red])
    np.testing.assert_allclose(features["i colours"], [1, 0, np.nan])
    np.testing.assert_allclose(features["i difference"][[0, 2]], [0, np.nan])


def test_an_image_is_described_by_shares_of_pixels(classification: Path) -> None:
    (vector,) = image_vectors([str(classification / "images" / "f.png")])
    assert vector[64:].sum() == pytest.approx(3)
    assert vector[64 + 200 // 32] == 1  # the red channel of (200, 40, 40)


def test_texts_are_cut_joined_and_never_missing() -> None:
    texts = as_texts(pd.Series([["a", "b"], None, "x" * 9000, float("nan")], dtype=object))
    assert [texts[0], texts[1], len(texts[2]), texts[3]] == ["a b", "", 3000, ""]


def test_counts_are_shares_of_the_length() -> None:
    (row,) = count_features("t", ["Ab 1!"]).to_numpy().tolist()
    assert row == pytest.approx([5, 2, 0.2, 0.2, 0.2])


def test_svd_features_do_not_change_with_the_run() -> None:
    texts = ["red shoe", "red lamp", "blue shoe", "blue lamp"] * 3
    first, second = (svd_features("t", texts, 2, seed=7) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert list(first) == ["t word0", "t word1", "t char0", "t char1"]
