import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import Entry, task_board
from leaderboard.__main__ import main
from leaderboard.bundle import BadBundle, pack, read
from leaderboard.recompute import recompute
from tests.leaderboard.evidences import drawn, evidence

DISPLAYED = {
    "kind": "task",
    "title": "A task",
    "metric": "accuracy",
    "higher_is_better": True,
    "step": 0.01,
    "entries": [
        {"key": "a", "score": 0.81, "first_reached": "2026-03-02T10:00:00Z"},
        {"key": "b", "score": 0.81, "first_reached": "2026-03-01T10:00:00+00:00"},
        {"key": "base", "score": 0.83, "is_baseline": True},
        {"key": "none", "score": None},
    ],
    "rows": [
        {"key": "base", "rank": None},
        {"key": "b", "rank": 1, "rank_low": 1},
        {"key": "a", "rank": 1},
        {"key": "none", "rank": None},
    ],
}


def revealed(accuracies=(0.9, 0.85, 0.5), groups=None) -> tuple[dict[str, Any], dict[str, Any]]:
    board = drawn(accuracies, 300, groups=groups)
    keys = [f"team-{place}" for place in range(len(accuracies))]
    document = {
        "kind": "task",
        "metric": "accuracy",
        "higher_is_better": True,
        "step": None,
        "solution_version": "v1",
        "evidence": {"file": "rows.npz", "entries": keys},
        "entries": [
            {"key": key, "score": score}
            for key, score in zip(keys, board.scores.tolist(), strict=True)
        ],
        "rows": [],
    }
    arrays = {"groups": board.groups, "hit": board.hit, "influence": board.influence}
    return document, {"rows.npz": arrays}


def track(n_tasks: int = 2) -> tuple[dict[str, Any], dict[str, Any]]:
    boards = {f"t{number}": drawn([0.9, 0.7], 200, seed=number) for number in range(n_tasks)}
    document = {
        "kind": "track",
        "aggregate": "mean_skill",
        "step": 0.001,
        "elo_anchor": "base",
        "tasks": [
            {
                "key": key,
                "metric": "accuracy",
                "base": 0.5,
                "ceiling": 1.0,
                "higher_is_better": True,
                "solution_version": key,
                "evidence": {"file": f"{key}.npz", "entries": ["base", "team"]},
            }
            for key in boards
        ],
        "entries": [
            {
                "key": key,
                "is_baseline": key == "base",
                "scores": {task: board.scores[place] for task, board in boards.items()},
            }
            for place, key in enumerate(["base", "team"])
        ],
        "rows": [],
    }
    arrays = {
        f"{key}.npz": {"groups": b.groups, "hit": b.hit, "influence": b.influence}
        for key, b in boards.items()
    }
    return document, arrays


def saved(folder: Path, document, arrays=None) -> Path:
    path = folder / "bundle.zip"
    path.write_bytes(pack(document, arrays))
    return path


def published(folder: Path, document, arrays=None) -> dict[str, Any]:
    """The document with the rows that its inputs give."""
    found = recompute(read(saved(folder, document, arrays)))
    brackets = {} if found.brackets is None else {"brackets": found.brackets}
    return document | {"rows": found.rows} | brackets


def test_a_board_of_displayed_scores_is_recomputed(tmp_path: Path, capsys) -> None:
    assert main(["recompute", str(saved(tmp_path, DISPLAYED))]) == 0
    printed = capsys.readouterr().out
    assert "what its inputs give: 4 rows" in printed
    assert "no rows for it: rank_low." in printed
    assert read(tmp_path / "bundle.zip").sha256 in printed


def test_a_folder_is_a_bundle_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(saved(tmp_path, *revealed())) as file:
        file.extractall(tmp_path / "folder")
    assert (tmp_path / "folder/rows.npz").exists()
    assert read(tmp_path / "folder") == read(tmp_path / "bundle.zip")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda rows: rows[1].update(rank=2), "b: rank is 2, recomputed 1"),
        (lambda rows: rows[0].update(rank=1), "base: rank is 1, recomputed None"),
        (lambda rows: rows[1].update(rank=1.5), "b: rank is 1.5, recomputed 1"),
        (lambda rows: rows[1].update(rank=True), "b: rank is True, recomputed 1"),
        (lambda rows: rows.reverse(), "the order is none, a, b, base, recomputed base, b, a, none"),
        (lambda rows: rows.pop(), "the order is base, b, a, recomputed base, b, a, none"),
        (lambda rows: rows.clear(), "the order is empty, recomputed"),
        (lambda rows: rows.append({"key": "z", "rank": 9}), "the order is base, b, a, none, z"),
    ],
)
def test_a_difference_is_named(tmp_path: Path, capsys, change, problem: str) -> None:
    rows = [dict(row) for row in DISPLAYED["rows"]]
    change(rows)
    assert main(["recompute", str(saved(tmp_path, DISPLAYED | {"rows": rows}))]) == 1
    assert problem in capsys.readouterr().out


@pytest.mark.parametrize("groups", [None, np.arange(300) // 2])
def test_after_the_reveal_everything_is_recomputed_from_rows(tmp_path: Path, groups) -> None:
    document, arrays = revealed(groups=groups)
    full = published(tmp_path, document, arrays)
    assert full["rows"][0] == {
        "key": "team-0",
        "rank": 1,
        "separable_from_above": None,
        "rank_low": 1,
        "rank_high": full["rows"][0]["rank_high"],
    }
    assert full["rows"][2]["separable_from_above"] is True
    found = recompute(read(saved(tmp_path, full, arrays)))
    assert (found.differences, found.unchecked) == ([], [])


@pytest.mark.parametrize(
    ("name", "value"), [("rank_low", 3), ("rank_high", 9), ("separable_from_above", None)]
)
def test_a_wrong_fact_of_a_row_is_named(tmp_path: Path, name: str, value) -> None:
    document, arrays = revealed()
    full = published(tmp_path, document, arrays)
    full["rows"][1][name] = value
    (problem,) = recompute(read(saved(tmp_path, full, arrays))).differences
    assert problem.startswith(f"team-1: {name} is {value!r}, recomputed")


def test_wrong_brackets_and_wrong_accuracies_are_named(tmp_path: Path) -> None:
    document, arrays = revealed()
    full = published(tmp_path, document, arrays) | {"brackets": [["team-0", "team-2"]]}
    full["entries"][2]["score"] += 0.001
    first, second = recompute(read(saved(tmp_path, full, arrays))).differences
    assert first.startswith("team-2: score is")
    assert second.startswith("the brackets are [['team-0', 'team-2']]")
    rounded = full | {"step": 0.01}
    assert len(recompute(read(saved(tmp_path, rounded, arrays))).differences) == 1


def test_a_track_is_recomputed_with_intervals_mean_ranks_and_elo(tmp_path: Path) -> None:
    document, arrays = track()
    full = published(tmp_path, document, arrays)
    base, team = full["rows"]
    assert (base["key"], base["rank"], base["mean_rank"], base["elo"]) == ("base", None, 1.0, 1000)
    assert (base["rank_low"], team["rank_low"], team["rank_high"]) == (None, 1, 1)
    assert team["low"] < team["value"] < team["high"]
    assert team["elo"] < 1000
    found = recompute(read(saved(tmp_path, full, arrays)))
    assert (found.differences, found.unchecked) == ([], [])
    team["skills"] = {"t0": 0.1, "t1": 0.1}
    (problem,) = recompute(read(saved(tmp_path, full, arrays))).differences
    assert problem.startswith("team: skills is {'t0': 0.1")


def test_a_task_that_was_not_entered_needs_no_rows(tmp_path: Path) -> None:
    document, arrays = track()
    document["tasks"][0]["evidence"]["entries"].append("half")
    for name in ("hit", "influence"):
        arrays["t0.npz"][name] = arrays["t0.npz"][name][[0, 1, 1]]
    score = document["entries"][1]["scores"]["t0"]
    document["entries"].append({"key": "half", "scores": {"t0": score, "t1": None}})
    half = published(tmp_path, document, arrays)["rows"][2]
    assert (half["key"], half["rank"], half["skills"]["t1"]) == ("half", 2, 0)
    assert half["low"] < half["value"] < half["high"]
    assert half["separable_from_above"] is True


def test_a_track_without_rows_is_recomputed_from_scores_alone(tmp_path: Path) -> None:
    document, arrays = track()
    full = published(tmp_path, document, arrays)
    for task in document["tasks"]:
        del task["evidence"]
    found = recompute(read(saved(tmp_path, full)))
    assert found.differences == []
    assert found.unchecked == [
        *("brackets", "high", "low", "rank_high", "rank_low", "separable_from_above"),
    ]


def test_a_changed_or_missing_file_is_a_difference(tmp_path: Path, capsys) -> None:
    document, arrays = revealed()
    with zipfile.ZipFile(saved(tmp_path, document, arrays)) as file:
        file.extractall(tmp_path / "folder")
    rows = tmp_path / "folder/rows.npz"
    rows.write_bytes(rows.read_bytes()[:-1] + b"!")
    assert main(["recompute", str(rows.parent)]) == 1
    assert "rows.npz: has another SHA-256" in capsys.readouterr().out
    rows.unlink()
    assert main(["recompute", str(rows.parent)]) == 1
    assert "rows.npz: is missing" in capsys.readouterr().out


def test_equal_inputs_give_equal_bytes() -> None:
    document, arrays = revealed()
    assert pack(document, arrays) == pack(document, arrays)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "chess"}, "'chess', neither"),
        ({"entries": [{"score": 1}]}, "malformed: KeyError: 'key'"),
        ({"entries": None}, "malformed: TypeError"),
        ({"entries": [{"key": "a", "score": "high"}]}, "malformed: ValueError"),
        ({"entries": [{"key": "a", "score": 0.5}] * 2}, "twice"),
        ({"entries": [{"key": "a", "score": 0.5, "first_reached": "soon"}]}, "soon"),
        ({"rows": [{"rank": 1}]}, "malformed: KeyError"),
        ({"rows": [1]}, "malformed: TypeError"),
        ({"evidence": {"file": "other.npz", "entries": []}}, "other.npz is not there"),
        ({"evidence": {"file": "rows.npz", "entries": ["a"]}}, "no rows of team-0, team-1"),
        ({"evidence": {"file": "rows.npz", "entries": ["a", "team-0", "team-1", "team-2"]}}, "out"),
    ],
)
def test_a_malformed_document_is_refused(tmp_path: Path, changes, problem: str) -> None:
    document, arrays = revealed()
    with pytest.raises(BadBundle, match=problem):
        recompute(read(saved(tmp_path, document | changes, arrays)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "there is no board.json"),
        ("{", "malformed: JSONDecodeError"),
        ("[]", "malformed: TypeError"),
        ("{}", "malformed: KeyError"),
        ('{"format": "podium-board/9"}', "podium-board/9"),
        ('{"format": "podium-board/1", "files": 3}', "malformed: TypeError"),
    ],
)
def test_what_is_no_bundle_is_an_error(tmp_path: Path, capsys, text, problem: str) -> None:
    if text is not None:
        (tmp_path / "board.json").write_text(text)
    assert main(["recompute", str(tmp_path)]) == 2
    assert problem in capsys.readouterr().err


def test_what_is_neither_folder_nor_zip_file_is_an_error(tmp_path: Path, capsys) -> None:
    (tmp_path / "text").write_text("hello")
    assert main(["recompute", str(tmp_path / "text")]) == 2
    assert main(["recompute", str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err.count("cannot be read") == 2


@pytest.mark.parametrize("data", [b"no arrays", b""])
def test_arrays_that_cannot_be_read_are_refused(tmp_path: Path, data: bytes) -> None:
    document, _ = revealed()
    hashes = {"rows.npz": hashlib.sha256(data).hexdigest()}
    full = {"format": "podium-board/1", **document, "files": hashes}
    (tmp_path / "board.json").write_text(json.dumps(full))
    (tmp_path / "rows.npz").write_bytes(data)
    with pytest.raises(BadBundle, match="holds no arrays"):
        recompute(read(tmp_path))


@given(
    st.lists(
        st.tuples(st.none() | st.integers(0, 5).map(lambda n: n / 5), st.booleans()), max_size=8
    ),
    st.booleans(),
)
def test_any_board_equals_its_recomputation(tmp_path_factory, scores, up: bool) -> None:
    entries = [
        Entry(f"team-{n}", score, is_baseline=base) for n, (score, base) in enumerate(scores)
    ]
    document = {
        "kind": "task",
        "metric": "accuracy",
        "higher_is_better": up,
        "entries": [
            {"key": each.key, "score": each.score, "is_baseline": each.is_baseline}
            for each in entries
        ],
        "rows": [{"key": row.entry.key, "rank": row.rank} for row in task_board(entries, up)],
    }
    folder = tmp_path_factory.mktemp("bundle")
    assert recompute(read(saved(folder, document))).differences == []


def test_copies_tie_in_a_bundle(tmp_path: Path) -> None:
    hit = np.random.default_rng(0).random(100) < 0.7
    board = evidence([hit, hit])
    document, arrays = revealed((0.5, 0.5))
    for each, score in zip(document["entries"], board.scores.tolist(), strict=True):
        each["score"] = score
    arrays["rows.npz"] |= {"groups": board.groups, "hit": board.hit, "influence": board.influence}
    full = published(tmp_path, document, arrays)
    assert full["brackets"] == [["team-0", "team-1"]]
    assert [row["rank"] for row in full["rows"]] == [1, 1]
