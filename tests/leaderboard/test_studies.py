import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import studies
from leaderboard.aggregates import elo_intervals
from leaderboard.evidence import Evidence
from leaderboard.intervals import SkillTask, mean_skill_intervals, rank_intervals
from leaderboard.separation import separation
from leaderboard.studies import StudiedTask, elo_resamples, task_study, track_study
from scoring.comparison import flips
from tests.leaderboard.evidences import drawn, evidence

VECTORS = Path(__file__).parent / "vectors"


def arrays_of(hit, influence=None) -> dict[str, np.ndarray]:
    hit = np.array(hit, dtype=np.int8)
    return {"hit": hit, "influence": hit - hit.mean() if influence is None else influence}


def ranked_of(board: Evidence) -> list:
    rows = zip(board.scores.tolist(), board.hit, board.influence, strict=True)
    return [(f"t{n}", score, arrays_of(hit, i)) for n, (score, hit, i) in enumerate(rows)]


def studied(board: Evidence, reference=None, rows=None, up: bool = True, unranked=()):
    rows = np.arange(len(board.groups)) if rows is None else np.array(rows)
    given = (ranked_of(board), None if reference is None else arrays_of(reference))
    return task_study(board.metric, up, "v1", board.groups, rows, *given, unranked)


def test_a_study_holds_what_the_tests_say_of_the_board() -> None:
    board = drawn([0.9, 0.89, 0.6, 0.59, 0.3], 300)
    found = studied(board)
    apart, intervals = separation(board), rank_intervals(board, True, "v1")
    assert list(found["rows"]) == ["t0", "t1", "t2", "t3", "t4"]
    assert [row["separable"] for row in found["rows"].values()] == list(apart.from_above)
    ends = [(row["rank_low"], row["rank_high"]) for row in found["rows"].values()]
    assert ends == [(each.low, each.high) for each in intervals]
    assert found["brackets"] == [["t0", "t1"], ["t2", "t3"]]
    assert json.loads(json.dumps(found)) == found


def test_negative_flips_are_those_against_the_reference() -> None:
    board = evidence([[1, 1, 0, 0], [0, 0, 1, 1]])
    reference = np.array([1, 1, 1, 0])
    rows = studied(board, reference)["rows"]
    expected = [flips(reference == 1, hit == 1).nfr for hit in board.hit]
    assert [row["nfr"] for row in rows.values()] == expected == [0.25, 0.5]


def test_baselines_have_their_flips_alone() -> None:
    board = evidence([[1, 1, 0, 0], [0, 0, 1, 1]])
    baselines = [("b0", arrays_of([0, 0, 0, 1])), ("b1", arrays_of([1, 1, 1, -1]))]
    found = studied(board, [1, 1, 1, 0], [0, 2], unranked=baselines)
    assert (found["rows"]["b0"], found["rows"]["b1"]) == ({"nfr": 1.0}, {"nfr": 0.0})
    without = studied(board, [1, 1, 1, 0], [0, 2])
    assert {key: found["rows"][key] for key in without["rows"]} == without["rows"]
    assert found["brackets"] == without["brackets"]
    assert studied(board, unranked=baselines)["rows"]["b0"] == {"nfr": None}


def test_a_baseline_of_another_solution_is_refused() -> None:
    board = evidence([[1, 1, 0, 0], [0, 0, 1, 1]])
    with pytest.raises(ValueError, match="number of rows"):
        studied(board, [1, 1, 1, 0], unranked=[("b0", arrays_of([1, 0, 1]))])


def test_only_rows_of_the_part_are_studied() -> None:
    board = evidence([[1, 1, 0, 0], [0, 0, 1, 1]])
    whole = studied(board, [1, 1, 1, 0], rows=[1, 2])
    part = studied(
        evidence(board.hit[:, 1:3], scores=board.scores, influence=board.influence[:, 1:3]), [1, 1]
    )
    assert whole["rows"] == part["rows"]


def test_without_a_reference_or_decisions_there_are_no_flips() -> None:
    board = evidence([[1, 0, 1], [-1, -1, -1]], metric="average_precision")
    assert [row["nfr"] for row in studied(board)["rows"].values()] == [None, None]
    assert [row["nfr"] for row in studied(board, [1, 0, 1])["rows"].values()] == [0.0, None]
    assert studied(board, [1, -1, 1])["rows"]["t0"]["nfr"] is None


def test_a_lower_is_better_metric_turns_the_ranks() -> None:
    rows = studied(drawn([0.9, 0.2], 300), up=False)["rows"]
    assert (rows["t0"]["rank_low"], rows["t1"]["rank_low"]) == (2, 1)


def test_without_influence_values_nothing_is_told_but_flips() -> None:
    influence = np.full((2, 30), np.nan)
    board = evidence(np.ones((2, 30)), metric="pairwise_f1", influence=influence)
    found = studied(board, np.ones(30))
    nothing = {"rank_low": None, "rank_high": None, "separable": None, "nfr": 0.0}
    assert list(found["rows"].values()) == [nothing, nothing]
    assert found["brackets"] == []


def test_rows_of_one_group_tell_no_rank_interval() -> None:
    found = studied(drawn([0.9, 0.5], 30, groups=[7] * 30))
    assert {(row["rank_low"], row["separable"]) for row in found["rows"].values()} == {(None, None)}
    assert found["brackets"] == []


def test_a_board_without_ranked_entries_has_an_empty_study() -> None:
    assert studied(evidence(np.zeros((0, 3)), [0, 1, 2], scores=[])) == {"rows": {}, "brackets": []}


@pytest.mark.parametrize(
    ("rows", "reference", "problem"),
    [([], None, "no rows"), (None, [1, 0], "differ in their number of rows")],
)
def test_what_does_not_fit_is_refused(rows, reference, problem: str) -> None:
    rows = rows if rows is None else np.array(rows, dtype=np.int64)
    with pytest.raises(ValueError, match=problem):
        studied(evidence([[1, 0, 1]]), reference, rows)


def test_an_artefact_of_another_solution_is_refused() -> None:
    everything = np.arange(3)
    with pytest.raises(ValueError, match="differ in their number of rows"):
        task_study(
            "accuracy", True, "v1", everything, everything, [("a", 0.5, arrays_of([1, 0]))], None
        )


def track_task(accuracies, keys, seed: int = 0, n: int = 200, **others) -> StudiedTask:
    given = {"higher_is_better": True, "base": 0.3, "ceiling": 1.0, "version": f"v{seed}"} | others
    return StudiedTask(drawn(accuracies, n, seed), tuple(keys), **given)


def scored(scores, up: bool = True) -> list[StudiedTask]:
    """Tasks with just these scores (N, k)."""
    return [
        StudiedTask(
            evidence(np.zeros((len(row), 2)), scores=row, influence=np.ones((len(row), 2))),
            tuple(str(number) for number in range(len(row))),
            up,
            0.0,
            1.0,
            "v1",
        )
        for row in scores
    ]


def test_a_track_has_the_intervals_of_its_mean_skill() -> None:
    tasks = [
        track_task([0.9, 0.7, 0.5], ["a", "b", "base"], 1),
        track_task([0.8, 0.6], ["b", "base"], 2),
    ]
    found = track_study(tasks, {"b": 1, "a": 2, "base": None}, "base")
    expected = mean_skill_intervals(
        [
            SkillTask(tasks[0].evidence, (1, 0, 2), 0.3, 1.0, "v1"),
            SkillTask(tasks[1].evidence, (0, 2), 0.3, 1.0, "v2"),
        ],
        3,
        [2],
    )
    rows = found["rows"]
    assert [(row["low"], row["high"]) for row in rows.values()] == list(
        zip(expected.low.tolist(), expected.high.tolist(), strict=True)
    )
    assert [rows["b"]["rank_low"], rows["b"]["rank_high"]] == [1, 1]
    assert rows["base"]["rank_low"] is None
    assert [row["mean_rank"] for row in rows.values()] == [1.5, 2.0, 2.5]
    assert found["over_tasks"] is False
    assert json.loads(json.dumps(found)) == found


def test_elo_is_anchored_at_the_reference_baseline() -> None:
    scores = np.random.default_rng(0).normal(size=(9, 4))
    ranks = {"0": 1, "1": 2, "2": None, "3": 3}
    found = track_study(scored(scores), ranks, "2")
    expected = elo_intervals(scores, 2, "‖".join(["v1"] * 9))
    rows = found["rows"].values()
    assert found["rows"]["2"]["elo"] == 1000.0
    for name, values in (
        ("elo", expected.ratings),
        ("elo_low", expected.low),
        ("elo_high", expected.high),
    ):
        assert [row[name] for row in rows] == pytest.approx(values.tolist(), rel=1e-11)
    assert found["elo_resamples"] == 1000


@pytest.mark.parametrize("anchor", [None, "9"])
def test_without_the_anchor_there_is_no_elo(anchor) -> None:
    found = track_study(scored([[0.5, 0.4]]), {"0": 1, "1": 2}, anchor)
    assert "elo" not in found["rows"]["0"]
    assert "elo_resamples" not in found


@pytest.mark.parametrize("name", ["demsar_table6", "random_7102", "lower_is_better", "all_equal"])
def test_friedman_agrees_with_the_reference_cases(name: str) -> None:
    vectors = json.loads((VECTORS / "friedman_nemenyi.json").read_text(encoding="utf-8"))
    case = next(case for case in vectors["cases"] if case["name"] == name)
    scores, expected = case["inputs"]["scores"], case["expected"]
    tasks = scored(scores, case["inputs"]["higher_is_better"])
    found = track_study(tasks, {str(n): n + 1 for n in range(len(scores[0]))}, None)["friedman"]
    assert found["mean_ranks"] == pytest.approx(expected["mean_ranks"])
    assert found["critical_difference"] == pytest.approx(expected["cd"])
    p = expected["p_chi2"] if expected["p_f"] is None else expected["p_f"]
    assert found["p"] == (p if p is None else pytest.approx(p))
    few = len(scores) < 8 or p is None or p >= 0.05
    assert bool(found["no_diagram"]) == few
    assert sorted(found["cliques"]) == ([] if few else sorted(expected["cliques"]))
    assert found["keys"] == [str(n) for n in range(len(scores[0]))]


def test_elo_agrees_with_the_reference_cases() -> None:
    vectors = json.loads((VECTORS / "aggregate.json").read_text(encoding="utf-8"))
    for case in vectors["cases"]:
        scores, anchor = case["inputs"]["scores"], case["inputs"]["anchor"]
        ranks = {str(n): n + 1 for n in range(len(scores[0]))}
        rows = track_study(scored(scores), ranks, str(anchor))["rows"].values()
        assert [row["elo"] for row in rows] == pytest.approx(
            case["expected"]["elo_prior_tie"], 1e-6
        )
        assert [row["mean_rank"] for row in rows] == pytest.approx(case["expected"]["mean_rank"])


def test_rounded_values_have_rounded_intervals_that_hold_the_rank_shown() -> None:
    tasks = [track_task([0.9, 0.6], ["a", "b"], 1)]
    found = track_study(tasks, {"a": 1, "b": 1}, None, step=0.001)["rows"]
    assert found["b"]["rank_low"] == 1
    assert found["b"]["rank_high"] == 2
    for row in found.values():
        assert row["low"] * 1000 == pytest.approx(round(row["low"] * 1000), abs=1e-9)


def test_who_has_a_task_without_influence_values_has_no_interval() -> None:
    silent = np.array([np.full(50, np.nan), np.random.default_rng(0).normal(size=50)])
    board = evidence(np.zeros((2, 50)), metric="ece", scores=[0.5, 0.4], influence=silent)
    tasks = [track_task([0.9, 0.5], ["a", "b"], 1), StudiedTask(board, ("a", "b"), True, 0, 1, "w")]
    found = track_study(tasks, {"a": 1, "b": 2}, None)["rows"]
    assert [found["a"][name] for name in ("low", "high", "rank_low", "rank_high")] == [None] * 4
    assert found["a"]["mean_rank"] == 1.0
    assert found["b"]["low"] < found["b"]["high"]


def test_who_has_a_task_of_one_group_has_no_interval() -> None:
    alone = StudiedTask(drawn([0.9], 50, groups=[3] * 50), ("a",), True, 0.3, 1.0, "w")
    tasks = [alone, track_task([0.9, 0.5], ["a", "b"], 1)]
    found = track_study(tasks, {"a": 1, "b": 2}, None)["rows"]
    assert (found["a"]["low"], found["b"]["low"] is None) == (None, False)


@pytest.mark.parametrize("ranks", [{}, {"a": 1}])
def test_a_track_without_tasks_or_rows_has_an_empty_study(ranks) -> None:
    empty = {"rows": {key: {} for key in ranks}, "friedman": {}}
    assert track_study([], ranks, None) == empty


def test_an_entry_alone_has_no_one_to_differ_from() -> None:
    found = track_study([track_task([0.9], ["a"])], {"a": 1}, "a")
    assert found["friedman"] == {}
    assert found["rows"]["a"]["elo"] == 1000.0


def test_a_track_of_which_no_task_counts_has_no_intervals() -> None:
    found = track_study([track_task([0.9], ["a"], ceiling=0.3)], {"a": 1}, None)
    assert found["rows"] == {"a": {"mean_rank": 1.0}}


@given(st.permutations(["a", "b", "c"]))
def test_the_order_of_the_rows_changes_nothing(order) -> None:
    tasks = [track_task([0.9, 0.7, 0.5], ["a", "b", "c"], seed) for seed in range(3)]
    one = track_study(tasks, {"a": 1, "b": 2, "c": None}, "c")["rows"]
    shown = {key: {"a": 1, "b": 2, "c": None}[key] for key in order}
    other = track_study(tasks, shown, "c")["rows"]
    for key in order:
        assert "separable" in one[key] or key == "c"
        numbers = {
            name: value
            for name, value in one[key].items()
            if value is not None and name != "separable"  # from the row above it
        }
        assert {name: other[key][name] for name in numbers} == pytest.approx(numbers, rel=1e-9)
        assert one[key].keys() == other[key].keys()


def test_elo_is_resampled_less_often_where_rows_are_many(monkeypatch) -> None:
    assert (elo_resamples(50), elo_resamples(300), elo_resamples(1000)) == (1000, 1000, 30)
    assert elo_resamples(5000) == 20
    monkeypatch.setattr(studies, "ELO_WORK", 27 * 40)
    found = track_study(scored(np.eye(3)), {"0": 1, "1": 2, "2": None}, "2")
    assert found["elo_resamples"] == 40


def test_a_study_of_many_entries_takes_seconds() -> None:
    board = drawn(np.linspace(0.9, 0.5, 50), 2000)
    started = time.process_time()
    studied(board, board.hit[3])
    assert time.process_time() - started < 3
