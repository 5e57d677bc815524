"""The table of docs/baselines.md is what the command makes of its figures."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from baselines.diagnostics.material import MODALITIES
from baselines.registry import METHODS
from benchmarks.baselines import (
    BEGIN,
    END,
    PUBLISHED,
    Run,
    between_marks,
    main,
    only,
    read,
    rows,
    table,
    write,
)
from tabset import load

DOCS = Path(__file__).parents[2] / "docs"
PAGE = f"# Page\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"
LINEAR = Run(
    *("abt-buy", "matching", "linear", "", 0, 60.0),
    seconds=12.4,
    memory=300 << 20,
    scores={"f1": [0.5, 0.4, 0.6], "average_precision": [0.6, 0.5, 0.7]},
)


def test_the_committed_table_is_made_of_the_committed_figures() -> None:
    page = (DOCS / "baselines.md").read_text(encoding="utf-8")
    assert between_marks(page) == table(read(DOCS / "baselines.json"))


def test_the_committed_rows_are_methods_that_exist_or_published_systems() -> None:
    known = set(METHODS) | {f"{name}, {only} only" for name in METHODS for only in MODALITIES}
    for systems in PUBLISHED.values():
        known |= {f"{system} ({source})" for system, _, source in systems}
    page = (DOCS / "baselines.md").read_text(encoding="utf-8")
    shown = {re.sub(r", \d+ s$", "", row[0]) for row in rows(between_marks(page))}
    assert shown <= known


def test_a_row_has_the_means_of_its_seeds_beside_published_figures() -> None:
    second = replace(LINEAR, seed=1, memory=200 << 20, scores={"f1": [0.7, 0.6, 0.8]})
    text = table([second, LINEAR, replace(LINEAR, method="trivial", scores={}, why="no | time")])
    assert "**abt-buy**, a time limit of 60 s" in text
    assert rows(text) == [
        ["trivial", "no / time", "–", "–", "–", "–"],
        ["linear", "0.600 (0.500 to 0.700)", "0.600", "2", "12", "300 MB"],
        ["Magellan (Mudgal et al., SIGMOD 2018)", "0.436", "–", "–", "–", "–"],
        ["DeepMatcher (Mudgal et al., SIGMOD 2018)", "0.628", "–", "–", "–", "–"],
        ["Ditto (Li et al., PVLDB 14(1), 2020)", "0.893", "–", "–", "–", "–"],
    ]


def test_modalities_and_time_limits_have_rows_of_their_own() -> None:
    runs = [LINEAR, replace(LINEAR, modality="text"), replace(LINEAR, time_limit=300.0)]
    names = [row[0] for row in rows(table([replace(run, data="other") for run in runs]))]
    assert names == ["linear, 60 s", "linear, 300 s", "linear, text only, 60 s"]


def test_what_stands_around_the_marks_stays_and_writing_again_changes_nothing(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    write(page, [LINEAR])
    once = page.read_text()
    assert once == PAGE.replace("old\n", table([LINEAR]))
    assert between_marks(once) == table([LINEAR])
    write(page, [LINEAR])
    assert page.read_text() == once
    page.write_text("no marks")
    with pytest.raises(SystemExit, match="lacks the marks"):
        write(page, [LINEAR])


@pytest.mark.slow
def test_runs_are_measured_once_and_taken_up_again(classification: Path, tmp_path: Path) -> None:
    page, kept = tmp_path / "page.md", tmp_path / "page.json"
    page.write_text(PAGE)
    data = classification.parent
    call = ["--data", str(data), "--out", str(page), "--predictions", str(tmp_path / "made")]
    call += ["--methods", "trivial", "positive-congruent", "--seeds", "0", "--time-limit", "20"]
    main(call)
    trivial, congruent = read(kept)
    value, low, high = trivial.scores["accuracy"]
    assert value == pytest.approx(1 / 3, abs=0.15)
    assert low is not None
    assert high is not None
    assert low < value < high
    assert 20 << 20 < trivial.memory < 2000 << 20
    assert 0 < trivial.seconds < 60
    assert congruent.why == "needs the predictions of autogluon for the same seed"
    assert [row[0] for row in rows(page.read_text())] == ["trivial", "positive-congruent"]
    marked = json.loads(kept.read_text())
    marked[0]["seconds"] = 1234.0
    kept.write_text(json.dumps(marked))
    main(call)
    assert read(kept)[0].seconds == 1234.0, "it was not run again"
    assert rows(page.read_text())[0][4] == "1234"


def test_a_score_without_an_interval_stands_alone() -> None:
    scores = {"f1": [0.0, None, None]}
    assert rows(table([replace(LINEAR, data="other", scores=scores)])) == [
        ["linear", "0.000", "–", "1", "12", "300 MB"]
    ]


def test_a_folder_of_one_modality_has_its_columns_alone(
    classification: Path, matching: Path, tmp_path: Path
) -> None:
    assert only(classification, "", tmp_path) == classification
    dated = [f"{side}_{name}" for side in ("left", "right") for name in ("price", "since")]
    for name, folder, columns in (
        ("text", classification, ["id_code", "title"]),
        ("categorical", classification, ["id_code", "shop", "used", "tags"]),
        ("image", classification, ["id_code", "photo"]),
        ("numeric", matching, ["left_id", "right_id", *dated]),
    ):
        scratch = tmp_path / name
        scratch.mkdir()
        data = load(only(folder, name, scratch))
        assert [column.name for column in data.dataset.columns] == columns
        assert list(data.test.columns) == ["id", *columns]
        kept = {"record_id", "price", "since"}
        assert all(set(table.columns) == kept for table in data.records.values())
        if name == "image":
            assert Path(data.test["photo"].dropna().iloc[0]).is_file()
