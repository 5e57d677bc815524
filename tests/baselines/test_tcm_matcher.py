"""The text encoder with the threshold-consistent margin: its gradient, its effect, its limits."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from baselines.formulas.tcm import (
    Margins,
    margin_gradient,
    operating_point_inconsistency,
    threshold_consistent_margin,
)
from baselines.method import BaselineError, Settings
from baselines.predictions import check
from baselines.registry import METHODS
from baselines.tcm_matcher import training
from baselines.tcm_matcher.encoder import Encoder, hashed
from baselines.tcm_matcher.pairs import groups_of, pairs_of
from baselines.tcm_matcher.training import Examples, compared, trained
from scoring.metrics.consistency import consistency
from tabset import Column, ColumnType, Dataset, Kind, Licence, Loaded, Split, load
from tests.baselines.folders import solution

METHOD = METHODS["tcm-matcher"]
OPIS = re.compile(r"OPIS ([\d.]+) without TCM, ([\d.]+) with it \((\d+) groups by (\w+)\)")


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "STEPS", 40)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(seconds: float = 60.0, seed: int = 0, told: list[str] | None = None) -> Settings:
        def report(share: float, message: str) -> None:
            if told is not None:
                told.append(message)

        return Settings(seconds, seed, 1, tmp_path, report)

    return make


def uneven(seed: int, entities: int = 160) -> Loaded:
    """Pairs of records of two kinds, each with a threshold of its own.

    Wordy records share a long phrase, so that all are alike. Terse ones that match share one word
    among six that say nothing, so that even their matches are not much alike.
    """
    rng = random.Random(seed)

    def words(count: int) -> list[str]:
        return ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(count)]

    fillers, phrase = words(200), ["genuine quality product for home and office with warranty"]
    left, right = [], []
    for number in range(entities):
        wordy = number % 2 == 1
        own = words(2 if wordy else 1)
        for table in (left, right):
            title = " ".join([*own, *(phrase if wordy else rng.sample(fillers, 6))])
            kind = "wordy" if wordy else "terse"
            table.append({"record_id": str(number), "kind": kind, "title": title})
    pairs = [(a, a) for a in range(entities)]
    pairs += [
        (a, a // 10 * 10 + (a + 2 * step) % 10) for a in range(entities) for step in (1, 2, 3)
    ]
    pairs = [pair for pair in pairs if max(pair) < entities]
    rng.shuffle(pairs)
    columns = (
        Column("kind", ColumnType.CATEGORICAL, values=("terse", "wordy")),
        Column("title", ColumnType.TEXT),
    )
    rows = [
        {f"left_{name}": value for name, value in left[a].items()}
        | {f"right_{name}": value for name, value in right[b].items()}
        | {"id": f"p{place}", "left_id": str(a), "right_id": str(b), "label": "01"[a == b]}
        for place, (a, b) in enumerate(pairs)
    ]
    flat = tuple(
        Column(f"{side}_{each.name}", each.type, values=each.values)
        for side in ("left", "right")
        for each in columns
    )
    dataset = Dataset(
        name="uneven",
        title="",
        description="",
        kind=Kind.MATCHING,
        columns=flat,
        licence=Licence(""),
        citation="",
        origin="",
        split=Split(""),
        negative_label="0",
        positive_label="1",
        records={"left": columns, "right": columns},
    )
    table = pd.DataFrame(rows)
    records = {"left": pd.DataFrame(left), "right": pd.DataFrame(right)}
    return Loaded(dataset, table, table.head(50), records)


def test_it_learns_matches_and_says_what_the_term_did(
    matching: Path, settings: Callable[..., Settings]
) -> None:
    data, told = load(matching), []
    table = METHOD.run(data, settings(told=told))
    check(table, data.dataset, data.test["id"])
    truth = solution(matching).set_index("id")["label"]
    assert (table.set_index("id")["prediction"] == truth).mean() > 0.8
    assert told[-1].startswith("Held-out pairs: OPIS ")
    assert " groups by entity); average precision " in told[-1]


@pytest.mark.slow
def test_opis_falls_with_the_term_where_kinds_of_records_differ(
    settings: Callable[..., Settings],
) -> None:
    found = []
    for seed in range(3):
        told: list[str] = []
        METHOD.run(uneven(seed, entities=400), settings(600.0, seed, told))
        match = OPIS.search(told[-1])
        assert match is not None
        assert match.groups()[2:] == ("2", "kind")
        found.append([float(value) for value in match.groups()[:2]])
    without, with_it = np.mean(found, axis=0)
    assert with_it < 0.85 * without


@pytest.mark.parametrize("consistent", [False, True])
def test_the_gradient_is_that_of_the_loss(consistent: bool) -> None:
    rng = np.random.default_rng(3)
    first, second = (rng.random((count, 9)) * (rng.random((count, 9)) < 0.6) for count in (5, 6))
    first[2] = 0  # a record without text
    left, right = csr_matrix(first), csr_matrix(second)
    same = rng.random((5, 6)) < 0.3
    same[0] = False  # a record without a match
    encoder = Encoder(1, 9, 4)
    encoder.weights = encoder.weights.astype(np.float64)
    analytic = encoder.loss(left, right, same, consistent).gradient

    def total() -> float:
        loss = encoder.loss(left, right, same, consistent)
        return loss.contrastive + loss.margin

    numeric = np.zeros_like(encoder.weights)
    for place in np.ndindex(*numeric.shape):
        kept = encoder.weights[place]
        sides = []
        for step in (1e-6, -1e-6):
            encoder.weights[place] = kept + step
            sides.append(total())
        encoder.weights[place] = kept
        numeric[place] = (sides[0] - sides[1]) / 2e-6
    np.testing.assert_allclose(analytic, numeric, atol=1e-6)
    assert np.abs(numeric).max() > 0.01


def test_the_margin_gradient_is_that_of_the_formula() -> None:
    rng = np.random.default_rng(4)
    similar, positive = rng.uniform(-1, 1, 40), rng.random(40) < 0.4
    margins = Margins(0.8, 0.1, 2.0, 3.0)
    found = margin_gradient(similar, positive, margins)
    for place in range(40):
        moved = [similar + step * (np.arange(40) == place) for step in (1e-6, -1e-6)]
        up, down = (threshold_consistent_margin(s, positive, margins).total for s in moved)
        assert found[place] == pytest.approx((up - down) / 2e-6, abs=1e-6)


@given(st.integers(0, 10**6), st.integers(1, 80), st.integers(1, 6))
def test_opis_is_that_of_the_scoring(seed: int, pairs: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    positive, scores = rng.random(pairs) < 0.4, rng.random(pairs).round(2)
    left, right = (rng.integers(0, groups, pairs) for _ in range(2))
    names = [str(group) for group in range(groups)]
    expected = consistency(positive, scores, left, right, names)
    value, used = operating_point_inconsistency(scores, positive, left, right)
    if expected.opis is None:
        assert value is None
    else:
        assert value == pytest.approx(expected.opis, abs=1e-12)
        assert used == len(expected.names)


def test_the_same_seed_gives_the_same_predictions(
    matching: Path, settings: Callable[..., Settings]
) -> None:
    data = load(matching)
    first, second = (METHOD.run(data, settings()) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert not METHOD.run(data, settings(seed=1)).equals(first)


def test_a_run_with_little_time_takes_fewer_steps(
    matching: Path, settings: Callable[..., Settings]
) -> None:
    data, told = load(matching), []
    table = METHOD.run(data, settings(0.001, told=told))
    check(table, data.dataset, data.test["id"])
    assert [message for message in told if message.startswith("Step 1 of 40 with TCM")]
    assert not [message for message in told if message.startswith("Step 21 ")]


def test_without_pairs_of_both_labels_it_says_what_is_missing(
    matching: Path, settings: Callable[..., Settings]
) -> None:
    data = load(matching)
    for label in ("yes", "no"):
        kept = data.train[data.train["label"] == label].reset_index(drop=True)
        fewer = type(data)(**{**vars(data), "train": kept})
        with pytest.raises(BaselineError, match="at least five training pairs of each"):
            METHOD.run(fewer, settings())


def test_without_a_group_of_both_labels_opis_is_said_to_be_missing(
    matching: Path, settings: Callable[..., Settings]
) -> None:
    data = uneven(0)
    train = pairs_of(data, data.train)
    is_match = (data.train["label"] == "1").to_numpy()
    held = np.arange(len(is_match)) < 4
    scores = [np.linspace(0, 1, 4)] * 2
    is_match[:4] = [True, True, True, False]
    data.train["left_kind"] = data.train["right_kind"] = "terse"
    assert "OPIS not available" in compared(data, train, is_match, held, scores)


def test_groups_are_categories_of_both_records_or_else_entities(matching: Path) -> None:
    data = uneven(1)
    train = pairs_of(data, data.train)
    is_match = (data.train["label"] == "1").to_numpy()
    name, left, right = groups_of(data, train, is_match)
    assert name == "kind"
    assert len(set(zip(data.train["left_kind"], left, strict=True))) == 2
    pairs = load(matching)
    matches = (pairs.train["label"] == "yes").to_numpy()
    name, left, right = groups_of(pairs, pairs_of(pairs, pairs.train), matches)
    assert name == "entity"
    assert (left[matches] == right[matches]).all()
    assert (left[~matches] != right[~matches]).any()


def test_records_without_images_alone_are_refused(settings: Callable[..., Settings]) -> None:
    data = uneven(2)
    photos = (Column("photo", ColumnType.IMAGE),)
    dataset = type(data.dataset)(
        **{**vars(data.dataset), "records": {"left": photos, "right": photos}}
    )
    with pytest.raises(BaselineError, match="only image columns"):
        METHOD.run(type(data)(**{**vars(data), "dataset": dataset}), settings())


def test_a_batch_smaller_than_planned_is_trained_on_all_the_same(
    settings: Callable[..., Settings],
) -> None:
    data = uneven(3, entities=10)
    is_match = (data.train["label"] == "1").to_numpy()
    texts = [*data.records["left"]["title"], *data.records["right"]["title"]]
    examples = Examples(hashed(texts), pairs_of(data, data.train), is_match)
    encoder = trained(examples, True, settings(), 0.2, 0.5)
    found = encoder.embeddings(examples.rows)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
