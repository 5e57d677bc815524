"""Fewer rows that the earlier model predicts correctly become wrong, without loss of accuracy."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from baselines.folds import folds
from baselines.formulas.distillation import focal_weights
from baselines.method import BaselineError, Method, Reference, Settings
from baselines.outputs import codes_of
from baselines.positive_congruent import training
from baselines.positive_congruent.earlier import EarlierPrediction, out_of_fold, predictions_of
from baselines.predictions import check
from baselines.registry import METHODS
from tabset import Column, ColumnType, Dataset, Kind, Licence, Loaded, Source, Split, build, load
from tests.baselines.folders import solution
from tests.baselines.runs import run

LABELS = ("a", "b", "c")
MakeSettings = Callable[..., Settings]


@pytest.fixture
def settings(tmp_path: Path) -> MakeSettings:
    def make(reference: Reference | None = None, seed: int = 0) -> Settings:
        scratch = tmp_path / f"scratch-{len(list(tmp_path.iterdir()))}"
        scratch.mkdir()
        return Settings(60.0, seed, 1, scratch, lambda share, message: None, reference=reference)

    return make


def noisy(folder: Path, seed: int, rows: int = 400) -> Loaded:
    """Half of the rows to train on: three classes by bent lines through six columns, and noise."""
    rng = np.random.default_rng(seed)
    x, straight, bent = rng.normal(size=(rows, 6)), rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    scores = x @ straight + (np.abs(x) - 0.8) @ bent / 2 + rng.gumbel(size=(rows, 3))
    table = {
        "id": [f"r{row}" for row in range(rows)],
        **{f"x{place}": x[:, place].tolist() for place in range(6)},
        "label": [LABELS[place] for place in scores.argmax(axis=1)],
    }
    dataset = Dataset(
        name="noisy",
        title="Noisy",
        description="For tests.",
        kind=Kind.CLASSIFICATION,
        classes=LABELS,
        columns=tuple(Column(f"x{place}", ColumnType.NUMERIC) for place in range(6)),
        licence=Licence("CC0-1.0"),
        citation="",
        origin="generated",
        split=Split("by row", public_share=0.5),
    )
    half = rows // 2
    parts = [
        {name: part[cut] for name, part in table.items()}
        for cut in (slice(half), slice(half, rows))
    ]
    source = Source(dataset, *parts, groups=parts[1]["id"])
    return load(build(source, folder / "public", folder / "private", salt="s").public)


def truth(data: Loaded, folder: Path) -> np.ndarray:
    known = solution(folder / "public").set_index("id")["label"]
    return np.array([data.dataset.labels.index(known[row]) for row in data.test["id"]])


def reference(data: Loaded, settings: Settings, file: Path) -> Reference:
    METHODS["linear"].run(data, settings).to_parquet(file, index=False)
    return Reference(file, METHODS["linear"])


@pytest.mark.slow
def test_negative_flips_fall_at_equal_accuracy(
    tmp_path: Path, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Means over seeds: against plain training of the same forest, with the same features."""
    monkeypatch.setattr(training, "MOST_TREES", 60)
    figures: dict[str, list[tuple[float, float]]] = {"plain": [], "congruent": []}
    for seed in range(5):
        folder = tmp_path / f"data-{seed}"
        folder.mkdir()
        data = noisy(folder, seed, rows=800)
        codes = truth(data, folder)
        old = reference(data, settings(seed=seed), folder / "old.parquet")
        right = predictions_of(pd.read_parquet(old.file), data.dataset).decisions == codes
        for name, strengths in (("plain", (0.0,)), ("congruent", training.STRENGTHS)):
            with monkeypatch.context() as patch:
                patch.setattr(training, "STRENGTHS", strengths)
                table = training.train_and_predict(data, settings(old, seed))
            kept = predictions_of(table, data.dataset).decisions == codes
            figures[name].append((float(kept.mean()), float((right & ~kept).mean())))
    (plain, plain_flips), (accuracy, flips) = (np.mean(figures[name], axis=0) for name in figures)
    assert flips < 0.7 * plain_flips, figures
    assert accuracy > plain - 0.01, figures


@pytest.mark.slow
def test_it_predicts_pairs_too(
    matching: Path, settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "MOST_TREES", 20)
    data = load(matching)
    old = reference(data, settings(), tmp_path / "old.parquet")
    table = METHODS["positive-congruent"].run(data, settings(old))
    check(table, data.dataset, data.test["id"])
    known = solution(matching).set_index("id")["label"]
    assert (table.set_index("id")["prediction"] == known).mean() > 0.9


def test_each_row_is_answered_by_a_run_that_has_not_seen_it(
    tmp_path: Path, settings: MakeSettings
) -> None:
    data, seen = noisy(tmp_path, 1), []

    def remember(part: Loaded, own: Settings) -> pd.DataFrame:
        assert "label" not in part.test.columns
        assert own.reference is None
        assert own.time_limit == pytest.approx(18, abs=0.5)
        seen.append((set(part.train["id"]), set(part.test["id"])))
        return METHODS["trivial"].run(part, own)

    spy = replace(METHODS["trivial"], run=remember)
    fold = folds(data, 0, 3)
    old, asked = out_of_fold(data, fold, spy, settings(), 0.5)
    assert asked.all()
    everybody = set(data.train["id"])
    assert [train | test for train, test in seen] == [everybody] * 3
    assert not any(train & test for train, test in seen)
    assert set.union(*(test for _, test in seen)) == everybody
    assert old.shares.sum(axis=1) == pytest.approx(np.ones(len(everybody)))


def test_it_stops_asking_when_there_is_no_time_for_one_fold_more(
    tmp_path: Path, settings: MakeSettings
) -> None:
    data = noisy(tmp_path, 1)

    def slow(part: Loaded, own: Settings) -> pd.DataFrame:
        time.sleep(1.0)
        return METHODS["trivial"].run(part, own)

    fold = folds(data, 0, 3)
    short = replace(settings(), time_limit=1.8)
    _, asked = out_of_fold(data, fold, replace(METHODS["trivial"], run=slow), short, 0.5)
    assert (asked == (fold == 0)).all()


def test_the_closed_form_is_where_the_expected_loss_is_least() -> None:
    rng = np.random.default_rng(3)
    new, shares = rng.dirichlet(np.ones(3), size=20), rng.dirichlet(np.ones(3), size=20)
    old, strength = EarlierPrediction(shares, shares.argmax(axis=1)), 0.4
    found = training.distilled(new, old, strength)

    def loss(f: np.ndarray) -> np.ndarray:
        total = np.zeros(20)
        for label in range(3):
            codes = np.full(20, label)
            weights = focal_weights(shares, codes, training.ALPHA, training.BETA)
            away = ((f - np.eye(3)[codes]) ** 2).sum(axis=1)
            total += new[:, label] * (away + strength * weights * ((f - shares) ** 2).sum(axis=1))
        return total

    for _ in range(50):
        assert (loss(found) <= loss(found + rng.normal(scale=0.05, size=(20, 3))) + 1e-12).all()
    assert found.sum(axis=1) == pytest.approx(np.ones(20))
    assert training.distilled(new, old, 0.0) == pytest.approx(new)


def test_plain_training_is_kept_where_every_strength_costs_accuracy(
    tmp_path: Path, settings: MakeSettings
) -> None:
    data = noisy(tmp_path, 1)
    codes = codes_of(data)
    unseen = np.eye(3)[codes] * 0.4 + 0.2  # always right, but not by much
    wrong = (codes + (np.arange(len(codes)) % 2 == 0)) % 3
    old = EarlierPrediction(np.eye(3)[wrong], wrong)
    assert training._choose(unseen, old, codes, data, settings()) < 0.1
    agreeing = EarlierPrediction(np.eye(3)[codes], codes)
    unsure = np.eye(3)[(codes + (np.arange(len(codes)) % 5 == 0)) % 3] * 0.1 + 0.3
    assert training._choose(unsure, agreeing, codes, data, settings()) > 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda table: table.iloc[1:], "the ids are not the test ids"),
        (lambda table: table[["id"]], "columns"),
        (lambda table: table.assign(a="x"), "could not convert"),
    ],
)
def test_a_reference_of_other_rows_is_refused(
    tmp_path: Path,
    settings: MakeSettings,
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
    words: str,
) -> None:
    data, file = noisy(tmp_path, 1), tmp_path / "old.parquet"
    spoil(METHODS["trivial"].run(data, settings())).to_parquet(file, index=False)
    with pytest.raises(BaselineError, match=f"old.parquet is not what .* writes.*{words}"):
        METHODS["positive-congruent"].run(data, settings(Reference(file, METHODS["linear"])))
    file.write_bytes(b"no table")
    with pytest.raises(BaselineError, match="is not what"):
        METHODS["positive-congruent"].run(data, settings(Reference(file, METHODS["linear"])))


def test_an_earlier_method_that_cannot_serve_says_so(
    tmp_path: Path, settings: MakeSettings
) -> None:
    data, file = noisy(tmp_path, 1), tmp_path / "old.parquet"
    METHODS["trivial"].run(data, settings()).to_parquet(file, index=False)
    small = replace(METHODS["trivial"], name="small", title="Small", most_rows=10)
    with pytest.raises(BaselineError, match=r"small could not run on a part.*at most 10 training"):
        METHODS["positive-congruent"].run(data, settings(Reference(file, small)))


@pytest.mark.slow
def test_the_command_takes_a_reference_and_refuses_to_go_without(
    classification: Path, tmp_path: Path
) -> None:
    old, new, scratch = tmp_path / "old.parquet", tmp_path / "new.parquet", tmp_path / "scratch"
    assert run("trivial", classification, old, scratch).code == 0
    alone = run("positive-congruent", classification, new, scratch)
    assert (alone.code, new.exists()) == (2, False)
    assert "name its predictions file by --reference" in alone.last_line
    for options, words in (
        (("--reference", str(tmp_path / "none")), "There is no reference file"),
        (("--reference", str(old), "--earlier", "magic"), "--earlier is one of trivial, "),
        (("--reference", str(old), "--earlier", "positive-congruent"), "--earlier is one of"),
    ):
        refused = run("positive-congruent", classification, new, scratch, *options)
        assert refused.code == 2
        assert words in refused.last_line
    options = ("--reference", str(old), "--earlier", "trivial", "--cpus", "1")
    assert run("positive-congruent", classification, new, scratch, *options).code == 0
    assert len(pd.read_parquet(new)) == len(pd.read_parquet(old))


def test_a_method_says_which_data_it_cannot_serve() -> None:
    def never(data: Loaded, settings: Settings) -> pd.DataFrame:
        raise AssertionError

    method = Method("m", "Mine", "", never, kinds=("matching",), most_rows=1_000)
    assert method.unsuited(Kind.MATCHING, 1_000) == ""
    assert method.unsuited(Kind.CLASSIFICATION, 10) == (
        "Mine serves matching tasks, not classification."
    )
    assert "at most 1,000 training rows, and the data set has 1,001" in method.unsuited(
        Kind.MATCHING, 1_001
    )
