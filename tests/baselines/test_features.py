from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from baselines.features.images import (
    COLOURS,
    EDGES,
    HISTOGRAMS,
    image_features,
    image_vectors,
)
from baselines.features.rows import date_features, row_features
from baselines.features.texts import as_texts, count_features, svd_features, tidy
from tabset import load


def test_row_features_are_numbers_or_categories_and_leave_ids_out(classification: Path) -> None:
    data = load(classification)
    named: list[str] = []
    plain, components = row_features(data.test, data.dataset.columns, 0, named.append)
    assert len(plain) == len(components) == len(data.test)
    assert {"weight", "shop"} <= set(plain)
    assert {"title word0", "photo grey0"} <= set(components)
    features = pd.concat([plain, components], axis=1)
    assert not [name for name in features if name.startswith("id_code")]
    assert "id_code" not in named
    assert named[:2] == ["title", "weight"]
    kinds = {str(kind) for kind in features.dtypes}
    assert kinds <= {"float32", "float64", "int32", "category"}
    assert features["shop"].dtype == "category"
    missing = data.test["photo"].isna()
    assert features.loc[missing, "photo grey0"].isna().all()
    assert features.loc[~missing, "photo grey0"].notna().all()


def test_a_missing_date_has_no_parts() -> None:
    features = date_features("d", pd.to_datetime(pd.Series(["2020-02-29T06:00", None])))
    assert features.loc[0, ["d year", "d month", "d day", "d hour"]].tolist() == [2020, 2, 29, 6]
    assert features.loc[1].isna().all()


def test_an_image_is_described_by_shares_of_pixels(classification: Path) -> None:
    (vector,) = image_vectors([str(classification / "images" / "f.png")])
    assert vector[HISTOGRAMS].sum() == pytest.approx(3)
    assert vector[HISTOGRAMS][200 // 32] == 1  # the red channel of (200, 40, 40)
    np.testing.assert_allclose(
        vector[COLOURS].reshape(-1, 3), [[200 / 255, 40 / 255, 40 / 255]] * 144
    )
    assert not vector[EDGES].any()


def test_edges_are_told_by_their_direction(tmp_path: Path) -> None:
    upright = np.zeros((32, 32), np.uint8)
    upright[:, 16:] = 255
    for name, pixels in (("upright", upright), ("level", upright.T)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    paths = [str(tmp_path / "upright.png"), str(tmp_path / "level.png")]
    first, second = image_vectors(paths)[:, EDGES].reshape(2, 16, 8).sum(axis=1)
    assert np.flatnonzero(first).tolist() == [0]  # brightness grows across: direction 0
    assert np.flatnonzero(second).tolist() == [4]  # and down: a right angle of eight steps
    assert np.linalg.norm(image_vectors(paths)[:, EDGES], axis=1) == pytest.approx([1, 1])


def test_a_column_with_too_few_images_has_no_components(classification: Path) -> None:
    red = str(classification / "images" / "f.png")
    assert image_features("i", [red, None]).shape == (2, 88)
    features = image_features("i", [red, str(classification / "images" / "i.png"), None])
    assert [name for name in features if "tiny" in name or "edges" in name] == [
        "i tiny0",
        "i edges0",
    ]
    assert features["i tiny0"].isna().tolist() == [False, False, True]
    assert features["i tiny0"].sum() == pytest.approx(0, abs=1e-4)


def test_tidy_text_has_words_in_small_letters_without_accents() -> None:
    assert tidy("  Café-Crème, N°5!") == "cafe creme n 5"
    assert tidy("plain") == "plain"


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
