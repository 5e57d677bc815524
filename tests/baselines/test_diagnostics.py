"""Diagnoses of data sets whose answers are known."""

import json
import random
import time
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from baselines.diagnostics import model
from baselines.diagnostics.ablation import ablation
from baselines.diagnostics.capacity import swept
from baselines.diagnostics.diagnose import diagnose
from baselines.diagnostics.learning_curve import learning_curve
from baselines.diagnostics.material import Clock, Material, in_class_order, prepare
from baselines.diagnostics.model import FALLS, LEVEL, RISES, Estimate, from_json
from baselines.diagnostics.scores import Judge
from baselines.diagnostics.seeds import SEEDS, seeds
from baselines.formulas.double_descent import judged
from baselines.method import BaselineError, Settings
from tabset import Column, ColumnType, Dataset, Kind, Licence, Loaded, Split, load

LABELS = ("a", "b")
COLUMNS = {
    "numeric": Column("n", ColumnType.NUMERIC),
    "categorical": Column("c", ColumnType.CATEGORICAL, values=("yes", "no")),
    "text": Column("t", ColumnType.TEXT),
    "image": Column("i", ColumnType.IMAGE, folder="images"),
}
DOCS = Path(__file__).parents[2] / "docs/baselines.md"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep of fewer rows says the same sooner."""
    monkeypatch.setattr("baselines.diagnostics.capacity.MOST_ROWS", 40)


def settings(tmp_path: Path, limit: float = 600, seed: int = 0, gone: float = 0) -> Settings:
    """Settings of a run after this many seconds."""
    said: list[str] = []
    started = time.monotonic() - gone
    return Settings(limit, seed, 1, tmp_path, lambda _, what: said.append(what), started=started)


def loaded(columns: tuple[Column, ...], train: dict[str, Any]) -> Loaded:
    dataset = Dataset(
        name="made", title="Made", description="For tests.", kind=Kind.CLASSIFICATION,
        classes=LABELS, columns=columns, licence=Licence("CC0"), citation="", origin="made",
        split=Split("at random"),
    )  # fmt: skip
    frame = pd.DataFrame(train)
    return Loaded(dataset, frame, frame.drop(columns="label").iloc[:4], {})


def vectors(rows: int, width: int, noise: float) -> Loaded:
    """Labels by a linear rule with noise, from this many numbers."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(rows, width))
    is_b = x @ rng.normal(size=width) / width**0.5 + noise * rng.normal(size=rows) > 0
    numbers = {f"x{place}": x[:, place] for place in range(width)}
    columns = tuple(Column(name, ColumnType.NUMERIC) for name in numbers)
    ids = [f"r{place}" for place in range(rows)]
    return loaded(columns, {"id": ids, **numbers, "label": np.where(is_b, "b", "a")})


def told_by(modality: str, folder: Path, rows: int = 120) -> Loaded:
    """Labels that one modality tells nearly always, and the others not at all."""
    draw = random.Random(3)
    names = ["a.png", "b.png"]
    for name, grey in zip(names, (20, 230), strict=True):
        Image.new("RGB", (8, 8), (grey, grey, grey)).save(folder / name)
    texts = ["a plain red apple", "some other blue bird"]
    values = {
        "n": [0.0, 1.0], "c": ["yes", "no"], "t": texts, "i": [str(folder / n) for n in names]
    }  # fmt: skip
    labels = [place % 2 for place in range(rows)]
    cells = {
        column.name: [
            values[column.name][label if kind == modality and draw.random() < 0.9 else coin]
            for label, coin in ((label, draw.randrange(2)) for label in labels)
        ]
        for kind, column in COLUMNS.items()
    }
    cells["c"] = pd.Categorical(cells["c"], categories=["yes", "no"])
    ids = [f"r{place}" for place in range(rows)]
    return loaded(
        tuple(COLUMNS.values()), {"id": ids, **cells, "label": [LABELS[n] for n in labels]}
    )


def material_of(data: Loaded, tmp_path: Path) -> tuple[Material, Judge, Clock]:
    run = settings(tmp_path)
    material, left_out = prepare(data, run, 0.4)
    assert left_out == []
    judge = Judge(material.metric, material.codes, material.groups, seed=0)
    return material, judge, Clock(run)


def test_a_learning_curve_rises_where_rows_are_few_for_the_columns(tmp_path: Path) -> None:
    material, judge, clock = material_of(vectors(500, 240, noise=0.1), tmp_path)
    curve, whole, left_out = learning_curve(material, judge, clock, seed=0)
    assert curve is not None
    assert curve.verdict == RISES
    assert [point.rows for point in curve.points] == [24, 49, 99, 199, 399]
    values = [point.score.value for point in curve.points]
    assert values == sorted(values)
    assert values[-1] > values[0] + 0.1
    assert values[-1] == whole.value
    assert curve.gain is not None
    assert curve.gain.value == pytest.approx(values[-1] - values[-2])
    assert all(p.score.low < p.score.value < p.score.high for p in curve.points)
    assert curve.points[0].fitted == 1.0, "24 rows with 240 columns are fitted exactly"
    assert left_out == []


def test_a_learning_curve_is_level_where_few_rows_tell_everything(tmp_path: Path) -> None:
    material, judge, clock = material_of(vectors(400, 1, noise=0.0), tmp_path)
    curve, _, _ = learning_curve(material, judge, clock, seed=0)
    assert curve is not None
    assert curve.verdict == LEVEL
    assert curve.points[-1].score.value > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("told", COLUMNS)
def test_ablation_finds_the_one_modality_that_tells_the_label(told: str, tmp_path: Path) -> None:
    material, judge, clock = material_of(told_by(told, tmp_path), tmp_path)
    _, whole, _ = learning_curve(material, judge, clock, seed=0)
    found, left_out = ablation(material, judge, clock, whole)
    assert found is not None
    assert left_out == []
    assert {each.modality for each in found.modalities} == set(COLUMNS)
    for each in found.modalities:
        assert each.lost is not None
        assert each.alone is not None
        assert each.without is not None
        assert each.lost.value == pytest.approx(found.whole.value - each.without.value)
        if each.modality == told:
            assert (each.lost.verdict, each.alone.value > 0.85) == (RISES, True)
        else:
            assert each.lost.verdict != RISES
            assert each.alone.value < 0.7


@pytest.mark.slow
def test_no_row_is_judged_by_a_model_that_learned_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselines.diagnostics.head.RIDGES", np.array([1e-6]))
    material, judge, clock = material_of(vectors(160, 1, noise=100.0), tmp_path)
    noise = np.random.default_rng(1).normal(size=(2, 160, 150))
    material = replace(
        material,
        features={"numeric": noise[0], "text": noise[1]},
        columns={"numeric": 150, "text": 150},
    )
    curve, whole, _ = learning_curve(material, judge, clock, seed=0)
    assert curve is not None
    assert curve.points[-1].fitted == 1.0, "noise is learned by heart"
    assert curve.points[-1].score.value < 0.65, "and says nothing about other rows"
    parts, _ = ablation(material, judge, clock, whole)
    assert parts is not None
    for each in parts.modalities:
        assert each.alone is not None
        assert each.alone.value < 0.65
    spread, _ = seeds(material, clock, seed=0)
    assert all(each.mean < 0.65 for each in spread)


def test_a_list_is_several_categories_and_no_text(tmp_path: Path) -> None:
    draw = random.Random(3)
    labels = [place % 2 for place in range(120)]
    words = ["apple", "bird", "cloud"]
    cells = {
        "id": [f"r{place}" for place in range(120)],
        "tags": [[draw.choice(words), "red" if label else "blue"] for label in labels],
        "t": [" ".join(draw.choices(words, k=4)) for _ in labels],
        "label": [LABELS[label] for label in labels],
    }
    columns = (Column("tags", ColumnType.LIST), Column("t", ColumnType.TEXT))
    material, judge, clock = material_of(loaded(columns, cells), tmp_path)
    _, whole, _ = learning_curve(material, judge, clock, seed=0)
    found, _ = ablation(material, judge, clock, whole)
    assert found is not None
    alone = {each.modality: each.alone.value for each in found.modalities if each.alone}
    assert set(alone) == {"categorical", "text"}
    assert alone["categorical"] > 0.95
    assert alone["text"] < 0.7


def test_one_modality_alone_is_not_ablated(tmp_path: Path) -> None:
    material, judge, clock = material_of(vectors(60, 3, noise=0.1), tmp_path)
    _, whole, _ = learning_curve(material, judge, clock, seed=0)
    found, left_out = ablation(material, judge, clock, whole)
    assert found is None
    assert [each.reason for each in left_out] == [
        "There is nothing to leave out: all columns are numeric."
    ]


def noisy_sides(rows: int = 80) -> tuple[Any, Any]:
    """Rows with noisy labels: the known case of Belkin et al."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2 * rows, 20))
    y = (x @ rng.normal(size=20) / 20**0.5 + 0.5 * rng.normal(size=2 * rows))[:, None]
    return (x[:rows], y[:rows]), (x[rows:], y[rows:])


def test_double_descent_is_flagged_where_labels_are_noisy_and_nothing_holds_the_model() -> None:
    found = swept(*noisy_sides(), seed=0)
    assert found.is_double_descent
    assert (found.threshold, found.peak, found.rows, found.held_rows) == (80, 80, 80, 80)
    assert found.peak_over_last is not None
    assert found.peak_over_last > 5
    before = [point for point in found.points if point.features < 80]
    assert all(point.train_error > 1e-6 for point in before)


def test_a_penalty_takes_the_peak_and_the_flag_away() -> None:
    found = swept(*noisy_sides(), seed=0, ridge=0.1)
    assert found.threshold is None
    assert found.peak_over_last is not None
    assert found.peak_over_last < 1.1
    assert not found.is_double_descent


@pytest.mark.parametrize(
    "errors", [[5.0, 4.0, 3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5]
)
def test_errors_that_go_one_way_are_no_double_descent(errors: list[float]) -> None:
    found = judged([5, 25, 50, 75, 200], [1.0] * 5, errors, rows=50, variance=1.0)
    assert not found.is_double


def test_the_spread_over_seeds_is_that_of_other_held_out_rows(tmp_path: Path) -> None:
    material, _, clock = material_of(vectors(150, 10, noise=0.5), tmp_path)
    found, left_out = seeds(material, clock, seed=0)
    assert left_out == []
    by_name = {each.method: each for each in found}
    assert list(by_name) == ["linear", "random features", "trivial"]
    linear = by_name["linear"]
    assert len(set(linear.scores)) > 1
    assert len(linear.scores) == SEEDS
    assert linear.mean == pytest.approx(np.mean(linear.scores))
    assert linear.deviation == pytest.approx(np.std(linear.scores, ddof=1))
    assert linear.mean > by_name["trivial"].mean + 0.1


def test_rows_in_class_order_begin_with_the_shares_of_all_of_them() -> None:
    codes = np.array([0] * 90 + [1] * 10)
    order = in_class_order(codes, seed=3)
    assert sorted(order.tolist()) == list(range(100))
    for size in (10, 20, 50):
        assert abs(int(codes[order[:size]].sum()) - size // 10) <= 1
    assert order.tolist() != in_class_order(codes, seed=4).tolist()


def test_no_test_row_has_a_say(classification: Path, tmp_path: Path) -> None:
    data = load(classification)
    one = diagnose(data, settings(tmp_path)).to_json()
    other = diagnose(replace(data, test=data.test.iloc[::-1].head(3)), settings(tmp_path)).to_json()
    assert {**one, "seconds": 0} == {**other, "seconds": 0}


def test_a_large_data_set_is_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.diagnostics.material.MOST_ROWS", 50)
    found = diagnose(vectors(90, 2, noise=0.1), settings(tmp_path))
    assert (found.train_rows, found.rows) == (90, 50)


def test_what_does_not_fit_into_the_time_is_named(tmp_path: Path) -> None:
    data = told_by("numeric", tmp_path)
    run = settings(tmp_path)
    material, _ = prepare(data, run, 0.4)
    judge = Judge(material.metric, material.codes, material.groups, seed=0)
    late = Clock(settings(tmp_path, limit=1, gone=60))
    curve, whole, left_out = learning_curve(material, judge, late, seed=0)
    assert curve is not None
    assert [point.rows for point in curve.points] == [96], "the whole is made whatever it takes"
    assert (curve.gain, curve.verdict) == (None, "")
    parts, more = ablation(material, judge, late, whole)
    assert parts is not None
    assert parts.modalities == ()
    spread, last = seeds(material, late, seed=0)
    assert spread == ()
    assert [each.reason for each in (*left_out, *last)] == [
        "2 of 3 numbers of rows did not fit into the time limit.",
        "10 of 10 seeds did not fit into the time limit.",
    ]
    assert len(more) == 4


def test_images_that_take_too_long_are_left_out_and_the_rest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baselines.diagnostics.material.PILOT_ROWS", 20)
    data = told_by("image", tmp_path, rows=60)
    found = diagnose(data, settings(tmp_path, limit=40, gone=30))
    assert [each.part for each in found.left_out] == ["image"]
    assert "more than the time limit of 40 s leaves" in found.left_out[0].reason
    assert found.ablation is not None
    assert {each.modality for each in found.ablation.modalities} == set(COLUMNS) - {"image"}


def test_a_time_limit_that_is_over_before_the_features_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        BaselineError, match=r"nothing to learn from.* too few to make the features"
    ):
        diagnose(vectors(40, 2, noise=0.1), settings(tmp_path, limit=1, gone=5))


def test_one_label_is_refused(tmp_path: Path) -> None:
    data = vectors(40, 2, noise=0.1)
    data.train["label"] = "a"
    with pytest.raises(BaselineError, match="at least two labels"):
        diagnose(data, settings(tmp_path))


def test_columns_that_say_nothing_are_refused(tmp_path: Path) -> None:
    data = vectors(40, 1, noise=0.1)
    data.train["x0"] = 1.0
    with pytest.raises(BaselineError, match="the same in every row"):
        diagnose(data, settings(tmp_path))


def test_pairs_are_held_out_with_all_pairs_of_their_left_record(
    matching: Path, tmp_path: Path
) -> None:
    data = load(matching)
    found = diagnose(data, settings(tmp_path))
    assert (found.metric, found.groups) == ("average_precision", "left_id")
    assert found.learning_curve is not None
    assert found.learning_curve.points[-1].score.value > found.chance + 0.3
    material, _ = prepare(data, settings(tmp_path), 0.4)
    for held in (material.fold == 0, material.held(seed=7)):
        ids = data.train["left_id"].to_numpy()
        assert not set(ids[held]) & set(ids[~held])


def test_a_diagnosis_is_the_same_after_it_was_json(classification: Path, tmp_path: Path) -> None:
    found = diagnose(load(classification), settings(tmp_path, seed=4))
    assert found.seed == 4
    read = from_json(json.loads(json.dumps(found.to_json())))
    assert read == found
    with pytest.raises(ValueError, match="This is format 0, not 1"):
        from_json({**found.to_json(), "format": 0})


def test_a_verdict_is_by_the_interval() -> None:
    assert Estimate(0.2, 0.1, 0.3).verdict == RISES
    assert Estimate(0.1, 0.0, 0.3).verdict == LEVEL
    assert Estimate(-0.2, -0.3, -0.1).verdict == FALLS


def test_every_field_of_the_file_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    shapes = [each for each in vars(model).values() if is_dataclass(each)]
    named = {field.name for shape in shapes for field in fields(shape)}
    assert [name for name in sorted(named) if f"`{name}`" not in text] == []
