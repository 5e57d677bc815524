"""Where a score comes from: slices, classes against the rest, utility curves, clusters."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import average_precision_score, f1_score, recall_score, roc_auc_score

from scoring import Scored, Solution, TaskSpec
from scoring.artefact import unpack_rows
from scoring.diagnostics import SliceScore
from scoring.scorer import score_file
from scoring.solution import MOST_VALUES
from tests.scoring.builders import CLASSES, MATCHING, parquet, text

N = 400
IDS = text([f"r{row}" for row in range(N)])


def pairs_solution(seed: int = 0, **columns: Any) -> pa.Table:
    """Records of 20 entities, each with a colour; pairs of records, a fifth of them matches."""
    draw = np.random.default_rng(seed)
    left = draw.integers(0, 100, N)
    right = np.where(draw.random(N) < 0.2, left - left % 5 + draw.integers(0, 5, N), 99 - left)
    table = {
        "id": IDS,
        "label": text([str(int(a // 5 == b // 5)) for a, b in zip(left, right, strict=True)]),
        "usage": text(["public", "public", "private", "ignored"] * (N // 4)),
        "left_record": text([f"a{each}" for each in left]),
        "right_record": text([f"a{each}" for each in right]),
        "slice_left": text([f"colour {each % 3}" for each in left]),
        "slice_right": text([f"colour {each % 3}" for each in right]),
    }
    return pa.table(table | columns)


def classes_solution(seed: int = 0, **columns: Any) -> pa.Table:
    draw = np.random.default_rng(seed)
    table = {
        "id": IDS,
        "label": text(draw.choice(list("abc"), N, p=[0.6, 0.3, 0.1]).tolist()),
        "usage": text(["public", "private"] * (N // 2)),
        "slice_size": text(draw.choice(["small", "large"], N).tolist()),
    }
    return pa.table(table | columns)


def scored(table: pa.Table, spec: TaskSpec, columns: dict[str, Any], headline: str) -> Scored:
    file = io.BytesIO(parquet({"id": IDS, **columns}))
    outcome = score_file(file, spec, Solution.from_table(table, spec), headline)
    assert isinstance(outcome, Scored)
    return outcome


def slices(outcome: Scored, by: str, part: str = "public") -> dict[str, SliceScore]:
    every = [SliceScore(**each) for each in outcome.diagnostics["slices"]]
    return {each.value: each for each in every if (each.by, each.part) == (by, part)}


def value(outcome: Scored, metric: str, part: str = "public") -> float | None:
    return next(s.value for s in outcome.scores if (s.part, s.metric) == (part, metric))


def labels(seed: int = 1) -> list[str]:
    return [str(label) for label in np.random.default_rng(seed).choice(list("abc"), N)]


def test_a_slice_is_scored_as_if_its_rows_were_all() -> None:
    table = classes_solution()
    outcome = scored(table, CLASSES, {"prediction": text(labels())}, "accuracy")
    truth, guess = np.array(table["label"]), np.array(labels())
    public = np.array(table["usage"]) == "public"
    for size, found in slices(outcome, "size").items():
        rows = public & (np.array(table["slice_size"]) == size)
        assert found.n == found.fewest == rows.sum()
        assert found.score == pytest.approx(np.mean(truth[rows] == guess[rows]))
        assert None not in (found.low, found.high, found.score)
        assert (found.low or 0) < (found.score or 0) < (found.high or 0)


@pytest.mark.parametrize("headline", ["accuracy", "balanced_accuracy", "macro_f1", "roc_auc_ovr"])
def test_a_class_has_its_own_share_of_the_headline(headline: str) -> None:
    table = classes_solution()
    chances = np.random.default_rng(2).dirichlet([1, 1, 1], N)
    columns = {name: chances[:, code] for code, name in enumerate("abc")}
    outcome = scored(table, CLASSES, columns, headline)
    public = np.array(table["usage"]) == "public"
    truth, guess = (
        np.array(table["label"])[public],
        np.array(list("abc"))[chances.argmax(1)][public],
    )
    found = slices(outcome, "class")
    assert list(found) == ["a", "b", "c"]
    for code, name in enumerate("abc"):
        is_it, said = truth == name, guess == name
        expected = {
            "accuracy": recall_score(is_it, said),
            "balanced_accuracy": recall_score(is_it, said),
            "macro_f1": f1_score(is_it, said),
            "roc_auc_ovr": roc_auc_score(is_it, chances[public, code]),
        }[headline]
        assert found[name].score == pytest.approx(expected)
        assert found[name].fewest == is_it.sum()
    if headline != "accuracy":
        mean = np.mean([each.score for each in found.values()])
        assert value(outcome, headline) == pytest.approx(mean)


def test_the_interval_of_one_class_is_that_of_its_f1_over_all_rows() -> None:
    table = classes_solution()
    outcome = scored(table, CLASSES, {"prediction": text(labels())}, "macro_f1")
    public = np.array(table["usage"]) == "public"
    label = ["1" if each == "a" else "0" for each in np.array(table["label"])]
    guess = ["1" if each == "a" else "0" for each in labels()]
    alone = pa.table({"id": IDS, "label": text(label), "usage": table["usage"]})
    columns = {"score": np.zeros(N), "prediction": text(guess)}
    binary = scored(alone, MATCHING, columns, "f1")
    f1 = next(s for s in binary.scores if (s.part, s.metric) == ("public", "f1"))
    found = slices(outcome, "class")["a"]
    assert found.score == pytest.approx(f1.value)
    assert (found.low, found.high) == pytest.approx((f1.low, f1.high), rel=1e-2)
    assert found.n == public.sum()


def test_metrics_that_one_class_leaves_undefined_have_no_classes() -> None:
    outcome = scored(classes_solution(), CLASSES, {"prediction": text(labels())}, "mcc")
    assert slices(outcome, "class") == {}
    assert set(slices(outcome, "size")) == {"small", "large"}


def test_a_slice_of_pairs_counts_its_rarest_class() -> None:
    table = pairs_solution()
    outcome = scored(table, MATCHING, {"score": np.linspace(0, 1, N)}, "average_precision")
    truth = np.array(table["label"]) == "1"
    public = np.array(table["usage"]) == "public"
    for name, found in slices(outcome, "left").items():
        rows = public & (np.array(table["slice_left"]) == name)
        assert found.fewest == min(truth[rows].sum(), (~truth[rows]).sum())
        expected = average_precision_score(truth[rows], np.linspace(0, 1, N)[rows])
        assert found.score == pytest.approx(expected)


def test_a_slice_without_a_positive_says_why_it_has_no_score() -> None:
    label = text(["1", "0"] * (N // 2))
    sides = text(["odd", "even"] * (N // 2))
    table = pa.table({"id": IDS, "label": label, "usage": text(["public"] * N), "slice_x": sides})
    outcome = scored(table, MATCHING, {"score": np.linspace(0, 1, N)}, "average_precision")
    even = slices(outcome, "x")["even"]
    assert (even.score, even.fewest, even.reason) == (None, 0, "no row is positive")


def test_a_headline_that_the_file_does_not_give_has_no_slices() -> None:
    outcome = scored(classes_solution(), CLASSES, {"prediction": text(labels())}, "brier")
    assert outcome.diagnostics["slices"] == []


def test_a_slice_with_a_value_for_every_row_is_left_out() -> None:
    n = MOST_VALUES + 1
    ids = text([str(row) for row in range(n)])
    table = {"id": ids, "label": text(["a", "b"] * (n // 2) + ["c"])}
    table |= {"usage": text(["public"] * n), "slice_key": ids}
    solution = Solution.from_table(pa.table(table), CLASSES)
    file = io.BytesIO(parquet({"id": ids, "prediction": table["label"]}))
    outcome = score_file(file, CLASSES, solution)
    assert isinstance(outcome, Scored)
    assert {each["by"] for each in outcome.diagnostics["slices"]} == {"class"}


ONE_TABLE = TaskSpec("matching", ("0", "1"), one_table=True)


def test_pairs_are_scored_as_clusters_of_their_records() -> None:
    table = pairs_solution()
    right = {"score": np.zeros(N), "prediction": table["label"].combine_chunks()}
    for metric in ("pairwise_f1", "bcubed_f1"):
        assert value(scored(table, ONE_TABLE, right, "f1"), metric) == 1.0
    nothing = scored(table, ONE_TABLE, {**right, "prediction": text(["0"] * N)}, "f1")
    assert value(nothing, "pairwise_f1") == 0.0
    assert 0.3 < (value(nothing, "bcubed_f1") or 0) < 1.0


def test_what_is_matched_through_others_is_matched() -> None:
    columns = {
        "id": text(["x", "y", "z"]),
        "label": text(["1", "1", "0"]),
        "usage": text(["public"] * 3),
        "left_record": text(["a", "b", "a"]),
        "right_record": text(["b", "c", "d"]),
    }
    solution = Solution.from_table(pa.table(columns), ONE_TABLE)
    file = {"id": columns["id"], "score": [0.0] * 3, "prediction": text(["1", "1", "1"])}
    outcome = score_file(io.BytesIO(parquet(file)), ONE_TABLE, solution)
    assert isinstance(outcome, Scored)
    # True pairs are ab, bc and ac; claimed are those and ad, bd, cd.
    assert value(outcome, "pairwise_f1") == pytest.approx(2 * 3 / (2 * 3 + 3))


def test_labels_of_one_part_do_not_show_in_the_other() -> None:
    table = pairs_solution()
    usage = np.array(table["usage"])
    label = np.array(table["label"]).copy()
    label[usage != "public"] = np.where(label[usage != "public"] == "1", "0", "1")
    other = pairs_solution(label=text(label.tolist()))
    columns = {"score": np.linspace(0, 1, N), "prediction": text(["1", "0"] * (N // 2))}
    one, two = (scored(each, ONE_TABLE, columns, "f1") for each in (table, other))

    def public(outcome: Scored) -> list[Any]:
        told = [outcome.diagnostics["slices"], outcome.diagnostics["utility"]]
        return [
            [score for score in outcome.scores if score.part == "public"],
            *([each for each in kind if each["part"] == "public"] for kind in told),
        ]

    assert public(one) == public(two)
    assert one.scores != two.scores


@pytest.mark.parametrize("headline", ["pairwise_f1", "bcubed_f1"])
def test_a_headline_of_clusters_has_no_influence_by_row(headline: str) -> None:
    table = pairs_solution()
    columns = {"score": np.zeros(N), "prediction": table["label"].combine_chunks()}
    outcome = scored(table, ONE_TABLE, columns, headline)
    assert np.isnan(unpack_rows(outcome.rows)["influence"]).all()
    assert slices(outcome, "left")


def test_records_of_two_tables_are_never_the_same_record() -> None:
    one, two = (Solution.from_table(pairs_solution(), spec) for spec in (ONE_TABLE, MATCHING))
    assert one.records is not None
    assert two.records is not None
    assert set(one.records.left.tolist()) & set(one.records.right.tolist())
    assert not set(two.records.left.tolist()) & set(two.records.right.tolist())


def test_utility_curves_are_told_group_by_group() -> None:
    table = pairs_solution()
    draw = np.random.default_rng(3)
    scores = (np.array(table["label"]) == "1") * 0.5 + draw.random(N)
    outcome = scored(table, MATCHING, {"score": scores}, "average_precision")
    public, private = outcome.diagnostics["utility"]
    assert (public["part"], private["part"]) == ("public", "private")
    assert sorted(public["names"]) == ["colour 0", "colour 1", "colour 2"]
    assert {len(line) for line in public["utility"]} == {101}
    assert min(public["positives"]) > 0
    assert value(outcome, "opis") is not None


def test_one_group_for_the_whole_pair_serves_for_both_records() -> None:
    table = pairs_solution().drop_columns(["slice_left", "slice_right"])
    single = table.append_column("slice", text([f"g{row % 2}" for row in range(N)]))
    solution = Solution.from_table(single, MATCHING)
    assert solution.endpoints is not None
    assert np.array_equal(solution.endpoints.left, solution.endpoints.right)
    assert Solution.from_table(table, MATCHING).endpoints is None


def test_a_group_for_every_pair_is_no_group() -> None:
    n = MOST_VALUES + 1
    ids = text([str(row) for row in range(n)])
    columns = {"id": ids, "label": text(["0"] * n), "usage": text(["public"] * n), "slice": ids}
    assert Solution.from_table(pa.table(columns), MATCHING).endpoints is None
