"""The command line: `score` and `check` with texts, JSON and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoring import ROWS_ARE
from scoring.__main__ import main
from tests.scoring.builders import MATCHING, Folder, make_folder


@pytest.fixture
def task(tmp_path: Path) -> Folder:
    return make_folder(tmp_path / "task", MATCHING)


def command(task: Folder, file: Path, *more: str) -> list[str]:
    return [str(file), "--data", str(task.dataset.parent), *more]


def good(task: Folder, folder: Path) -> Path:
    path = folder / "good.csv"
    path.write_text("Id,score\n" + "".join(f"{key},7\n" for key in task.ids))
    return path


def test_score_prints_every_metric(
    task: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = command(task, good(task, tmp_path), "--solution", str(task.solution))
    assert main(["score", *arguments]) == 0
    text = capsys.readouterr().out
    assert "A column was read as `id`" in text
    assert "average_precision        0.400000  [0.2" in text
    assert "n/a (not available: needs scores between 0 and 1)" in text
    assert main(["score", *arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["outcome"] == "Scored"
    assert document["scores"][0]["part"] == "public"


def test_check_says_what_is_wrong(
    task: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task.solution.unlink()
    assert main(["check", *command(task, good(task, tmp_path))]) == 0
    assert "The file is valid." in capsys.readouterr().out
    bad = tmp_path / "bad.csv"
    bad.write_text("id,score\nrow-0,x\n")
    assert main(["check", *command(task, bad)]) == 1
    text = capsys.readouterr().out
    assert ROWS_ARE in text
    assert "- Row 1: `x` in column `score` is not a number." in text


def test_a_fault_of_ours_has_an_exit_code_of_its_own(
    task: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.parquet"
    arguments = command(task, good(task, tmp_path), "--solution", str(missing))
    assert main(["score", *arguments]) == 2
    assert "Scoring failed: the solution cannot be read" in capsys.readouterr().out


def test_a_hold_out_of_ones_own_may_be_csv_without_parts(
    task: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = "".join(f"{key},{row % 2}\n" for row, key in enumerate(task.ids))
    task.solution.write_text("id,label\n" + labels)
    arguments = command(task, good(task, tmp_path), "--solution", str(task.solution))
    assert main(["score", *arguments]) == 0
    text = capsys.readouterr().out
    assert "public   average_precision        0.500000" in text
    assert "private" not in text


@pytest.mark.parametrize(
    ("content", "message"), [("", "The file is empty"), ("id,label\nrow-0\n", "has 1 cell")]
)
def test_a_hold_out_that_cannot_be_read_is_a_fault_with_words(
    content: str, message: str, task: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task.solution.write_text(content)
    arguments = command(task, good(task, tmp_path), "--solution", str(task.solution))
    assert main(["score", *arguments]) == 2
    assert message in capsys.readouterr().out
