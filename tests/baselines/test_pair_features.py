from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from baselines.features.codes import code_features, codes, marks
from baselines.features.known import known_matches
from baselines.features.overlap import (
    Vectors,
    Vocabulary,
    Words,
    overlap,
    vectors_of,
    vocabulary_of,
    words_of,
)
from baselines.features.pairs import latent_similarity, pair_features, shared_columns
from baselines.features.records import Pairs, pairs_of
from baselines.features.rivals import paired_rivals, table_rivals
from baselines.features.similarity import (
    date_similarity,
    image_similarity,
    number_similarity,
    text_similarity,
)
from baselines.features.tables import feature_tables
from baselines.method import Settings
from tabset import Column, ColumnType, load

ONE = np.array([0])


def places(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.intp)


def vocabulary(*texts: str) -> Vocabulary:
    found = vocabulary_of(texts)
    assert found is not None
    return found


def words(left: list[str], right: list[str]) -> Words:
    known = vocabulary(*left, *right)
    return words_of(known.counts(left), known.counts(right))


def vectors(left: list[str], right: list[str]) -> Vectors | None:
    known = vocabulary_of([*left, *right])
    return known and vectors_of(known.counts(left), known.counts(right), known)


def test_pair_features_tell_matches_from_others_and_leave_ids_out(matching: Path) -> None:
    data = load(matching)
    named: list[str] = []
    features = pair_features(data.train, data.dataset.columns, data.records, 1, named.append)
    assert named == ["title", "price", "since", "photo", "all texts"]
    assert not [name for name in features if name.startswith(("id", "left_", "right_"))]
    assert set(features.dtypes) == {np.dtype(np.float32)}
    match = data.train["label"] == "yes"
    similar = features["title words"]
    assert similar[match].mean() > similar[~match].mean() + 0.3
    lead = features["all texts words least lead"]
    assert lead[match].mean() > lead[~match].mean() + 0.3
    assert features.loc[data.train["right_title"].isna(), "title ratio"].isna().all()


def test_values_are_taken_from_the_record_tables() -> None:
    records = {"records": pd.DataFrame({"record_id": ["a", "b", "c"], "n": [1.0, 5.0, 9.0]})}
    columns = [Column("left_n", ColumnType.NUMERIC), Column("right_n", ColumnType.NUMERIC)]
    pairs = pd.DataFrame({"left_id": ["c", "b"], "right_id": ["a", "b"]})
    features = pair_features(pairs, columns, records, 1, str)
    assert list(features["n difference"]) == [8, 0]
    assert not [name for name in features if name.startswith("all texts")]
    assert pairs_of(pairs, records).within_one_table


def test_columns_that_are_not_named_leave_no_trace(matching: Path) -> None:
    data = load(matching)
    columns = [c for c in data.dataset.columns if c.name.endswith("price")]
    features = pair_features(data.train, columns, data.records, 1, str)
    assert features.columns.str.startswith("price ").all()


def test_the_feature_tables_of_pairs_do_without_labels(matching: Path, tmp_path: Path) -> None:
    data = load(matching)
    how = Settings(time_limit=60, seed=0, cpus=1, scratch=tmp_path, report=lambda *_: None)
    first, unseen = feature_tables(data, how, 0, 1)
    data.train["label"] = "no"
    second, again = feature_tables(data, how, 0, 1)
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(unseen, again)


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
    left = ["red shoe x12", "red shoe x12", "", "shoe x12"]
    right = ["red shoe x12", "lamp x9", "a", ""]
    every = np.arange(4)
    features = pd.DataFrame(text_similarity(left, right, vectors(left, right), every, every, 1))
    assert features.iloc[0].tolist() == pytest.approx([1.0] * features.shape[1], abs=1e-5)
    assert features.loc[1, "numbers"] == 0
    assert (features.iloc[1] < 0.7).all()
    assert features.iloc[2:].isna().all().all()


def test_texts_without_a_common_term_are_not_an_error() -> None:
    assert text_similarity(["a"], ["b"], vectors(["a"], ["b"]), ONE, ONE, 1)["words"] == [0]
    assert text_similarity(["!"], ["?"], None, ONE, ONE, 1)["ngrams"] == [0]
    assert vocabulary_of(["", " "]) is None


def test_ngrams_of_texts_are_those_that_scikit_learn_counts() -> None:
    left, right = ["red shoe red", "blue lamp"], ["red lamp", "", "blue lamp"]
    whole = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    expected = whole.fit_transform([*left, *right]).toarray()
    found = vectors(left, right)
    assert found is not None
    ngrams = np.vstack([side.toarray() for side in found.ngrams])
    np.testing.assert_allclose(ngrams @ ngrams.T, expected @ expected.T, atol=1e-6)
    whole_words = np.vstack([side.toarray() for side in found.words])
    whole = TfidfVectorizer(sublinear_tf=True)
    expected = whole.fit_transform([*left, *right]).toarray()
    np.testing.assert_allclose(whole_words @ whole_words.T, expected @ expected.T, atol=1e-6)


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), min_size=1, max_size=6))
def test_text_similarity_stays_between_zero_and_one(texts: list[tuple[str, str]]) -> None:
    left, right = [list(side) for side in zip(*texts, strict=True)]
    every = np.arange(len(texts))
    for values in text_similarity(left, right, vectors(left, right), every, every, 1).values():
        known = values[~np.isnan(values)]
        assert ((known >= 0) & (known <= 1 + 1e-5)).all()


def test_number_similarity_compares_magnitudes() -> None:
    left, right = np.array([10.0, 0.0, np.nan, -4.0]), np.array([8.0, 0.0, 1.0, -4.0])
    features = number_similarity(left, right)
    np.testing.assert_allclose(features["difference"], [2, 0, np.nan, 0])
    np.testing.assert_allclose(features["relative"], [0.2, 0, np.nan, 0])
    np.testing.assert_allclose(features["log ratio"], [np.log(1.25), np.nan, np.nan, 0], rtol=1e-6)
    np.testing.assert_allclose(features["equal"], [0, 1, np.nan, 1])


def test_date_similarity_counts_days_and_agreeing_parts() -> None:
    left = pd.to_datetime(pd.Series(["2020-01-05", "2020-01-05", None]))
    right = pd.to_datetime(pd.Series(["2020-01-07", "2020-01-05", "2020-01-05"]))
    features = date_similarity(left, right)
    np.testing.assert_allclose(features["days"], [2, 0, np.nan])
    np.testing.assert_allclose(features["parts"], [2, 3, np.nan])


def test_equal_images_are_alike_and_missing_ones_unknown(classification: Path) -> None:
    red, blue = (str(classification / "images" / name) for name in ("f.png", "i.png"))
    features = image_similarity([red, red, None], [red, blue, red])
    np.testing.assert_allclose(features["colours"], [1, 0, np.nan])
    np.testing.assert_allclose(features["difference"][[0, 2]], [0, np.nan])


def test_a_rare_word_that_is_shared_weighs_more_than_a_common_one() -> None:
    left, right = ["sony pslx", "sony lamp", "sony"], ["sony pslx", "sony bulb", ""]
    known = words(left, right)
    names = vocabulary(*left, *right).vectorizer.get_feature_names_out()
    weight = dict(zip(names, known.weights, strict=True))
    assert weight["sony"] == pytest.approx(np.log(7 / 6) + 1)
    assert weight["pslx"] == pytest.approx(np.log(7 / 3) + 1)
    found = overlap(known.left, known.right, np.arange(3), np.arange(3), known.weights)
    both = weight["sony"] + weight["pslx"]
    lamp, bulb = weight["lamp"], weight["bulb"]
    np.testing.assert_allclose(found["shared"], [both, weight["sony"], 0], rtol=1e-6)
    whole = weight["sony"] + lamp + bulb
    np.testing.assert_allclose(found["Jaccard"], [1, weight["sony"] / whole, 0], rtol=1e-6)
    np.testing.assert_allclose(found["of right"][2], np.nan)
    np.testing.assert_allclose(found["left only"], [0, lamp, weight["sony"]], atol=1e-6)
    np.testing.assert_allclose(found["rarest shared"], [weight["pslx"], weight["sony"], 0])
    np.testing.assert_allclose(found["rarest left only"], [0, lamp, weight["sony"]])
    np.testing.assert_allclose(found["rarest right only"], [0, bulb, 0])


def test_codes_mix_letters_and_digits_or_are_long_numbers() -> None:
    assert codes("denon dvd-2930ci player, 12 in, no. 60445, a1") == {
        "dvd2930ci",
        "2930ci",
        "60445",
    }


def test_amounts_have_units_of_at_most_four_letters() -> None:
    assert marks("24 inches, 2.5gb 5-port 7").amounts == {("inch", 24), ("gb", 2.5), ("port", 5)}


def test_codes_agree_across_hyphens_and_conflict_where_none_is_shared() -> None:
    left = ["bag ld-s4821 24 in", "disc x100a 4 gb", "plain"]
    right = ["bag lds 4821 24 inches", "disc y200b 8 gb", "plain"]
    found = code_features(left, right, np.arange(3), np.arange(3))
    assert found["codes conflict"].tolist() == [0, 1, 0]
    np.testing.assert_array_equal(found["longest left code in right"], [7, 0, np.nan])
    assert found["amounts shared"].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(found["amounts conflict"], [0, 1, np.nan])
    assert found["codes alike"][1] < 0.7
    np.testing.assert_array_equal(found["numbers Jaccard"], [1, 0, np.nan])
    np.testing.assert_array_equal(found["numbers contained"], [1, 0, np.nan])
    same = code_features(["tv x100a 4gb"], ["x100a 4 gb tv"], ONE, ONE)
    assert same["codes shared"] == 1
    assert same["longest code shared"] == 5
    assert same["codes alike"] == 1
    assert same["amounts Jaccard"] == 1


def table(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"record_id": names})


def test_a_lead_in_the_table_is_over_the_best_record_but_the_partner() -> None:
    found = words(["a b", "c d"], ["a b", "a x", "c d"])
    left, right = found.unit(found.left), found.unit(found.right)
    similar = (left @ right.T).toarray()
    pairs = Pairs(table("1", "2"), table("3", "4", "5"), places(0, 0, 1), places(0, 1, 2))
    leads = table_rivals(left, right, pairs)
    ax = similar[0, 1]
    np.testing.assert_allclose(leads["lead among right"], [1 - ax, ax - 1, 1], atol=1e-6)
    np.testing.assert_allclose(leads["lead among left"], [1, ax, 1], atol=1e-6)
    np.testing.assert_allclose(leads["least lead"], [1 - ax, ax - 1, 1], atol=1e-6)


def test_in_one_table_a_record_is_no_rival_for_itself() -> None:
    known = words(["a b", "a b", "c"], ["a b", "a b", "c"])
    unit = known.unit(known.left)
    one = table("1", "2", "3")
    found = table_rivals(unit, unit, Pairs(one, one, places(0), places(1)))
    assert found["least lead"] == pytest.approx(1)


def test_the_commonest_terms_go_where_a_product_costs_too_much(monkeypatch) -> None:
    known = words(["the a", "the b"], ["the a", "the b"])
    both = known.unit(known.left)
    pairs = Pairs(table("1", "2"), table("3", "4"), places(0), places(0))
    shared = table_rivals(both, both, pairs)["least lead"]
    monkeypatch.setattr("baselines.features.rivals.PRODUCTS", 2)
    alone = both[:, [0]][0].toarray()[0, 0] ** 2  # what "a" adds; "the" costs 4
    assert table_rivals(both, both, pairs)["least lead"] == pytest.approx(alone)
    assert shared == pytest.approx(alone)
    monkeypatch.setattr("baselines.features.rivals.CELLS", 1)
    assert np.isnan(table_rivals(both, both, pairs)["least lead"]).all()


def test_pairs_of_one_record_are_ranked_by_their_similarity() -> None:
    pairs = Pairs(table(), table(), places(0, 0, 0, 1), places(0, 1, 2, 2))
    similar = np.array([0.9, 0.4, np.nan, 0.7], np.float32)
    found = paired_rivals(similar, pairs)
    np.testing.assert_allclose(found["lead of left"], [0.5, -0.5, -0.9, np.nan], atol=1e-6)
    assert found["rank of left"].tolist() == [1, 2, 3, 1]
    np.testing.assert_allclose(found["lead of right"], [np.nan, np.nan, -0.7, 0.7], atol=1e-6)
    assert found["rank of right"].tolist() == [1, 1, 2, 1]


def test_equal_similarities_have_no_lead_and_one_rank() -> None:
    pairs = Pairs(table(), table(), places(0, 0), places(0, 1))
    found = paired_rivals(np.array([0.5, 0.5], np.float32), pairs)
    assert found["lead of left"].tolist() == [0, 0]
    assert found["rank of left"].tolist() == [1, 1]


def test_latent_similarity_is_one_for_equal_records() -> None:
    texts = ["red shoe", "red lamp", "blue shoe", "blue lamp"]
    known = words(texts, texts)
    unit = known.unit(known.left)
    both = Pairs(table(*"abcd"), table(*"abcd"), places(0, 0), places(0, 3))
    np.testing.assert_allclose(latent_similarity(unit, unit, both), [1, 0], atol=1e-5)
    lone = words(["red"], ["red"]).left
    assert latent_similarity(lone, lone, Pairs(table("a"), table("b"), ONE, ONE)) == [0]


def pairs_table(*ids: str) -> pd.DataFrame:
    return pd.DataFrame([tuple(pair) for pair in ids], columns=["left_id", "right_id"])


def test_labels_of_other_pairs_are_known_but_never_the_own_one() -> None:
    train, test = pairs_table("ax", "ay", "bx"), pairs_table("az", "bz")
    found = known_matches(train, test, pd.Series([True, False, False]))
    # left matches, left others; test has no right record of training: that side is left out
    assert found.tolist() == [[0, 1], [1, 0], [0, 0], [1, 1], [0, 1]]


def test_a_pair_that_is_in_both_tables_is_not_told_its_label() -> None:
    found = known_matches(pairs_table("ax"), pairs_table("ax"), pd.Series([True]))
    assert found.tolist() == [[0, 0, 0, 0], [0, 0, 0, 0]]


def test_nothing_is_known_where_test_has_other_records() -> None:
    train, test = pairs_table("ax", "ay", "bx", "by"), pairs_table("cz", "cw")
    found = known_matches(train, test, pd.Series([True, False, False, True]))
    assert found.shape == (6, 0)
