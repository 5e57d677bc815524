"""`python -m baselines diagnose` has the exit codes, limits and lines of `run`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from baselines.__main__ import main
from baselines.diagnostics.model import from_json


def diagnose(data: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The finished command, as the site starts it; its temporary files go next to ``out``."""
    command = [sys.executable, "-m", "baselines", "diagnose", "--data", str(data)]
    scratch = out.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return subprocess.run(
        [*command, "--out", str(out), "--json-progress", *options],
        env=os.environ | {"PYTHONSAFEPATH": "1", "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
def test_a_file_appears_with_progress_on_the_way_and_no_scratch_left(
    matching: Path, tmp_path: Path
) -> None:
    out = tmp_path / "diagnostics.json"
    ended = diagnose(matching, out, "--seed", "3", "--memory-limit", "4000")
    assert ended.returncode == 0, ended.stderr
    found = from_json(json.loads(out.read_text(encoding="utf-8")))
    assert (found.dataset, found.seed, found.train_rows) == ("products", 3, 200)
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    done = [line["progress"] for line in lines]
    assert done == sorted(done)
    assert lines[-1] == {"progress": 1.0, "message": "Wrote diagnostics.json"}
    assert any("one modality after the other" in line["message"] for line in lines)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["diagnostics.json", "scratch"]
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.slow
def test_a_diagnosis_over_its_memory_limit_ends_with_the_reason(
    matching: Path, tmp_path: Path
) -> None:
    ended = diagnose(matching, tmp_path / "d.json", "--memory-limit", "20")
    assert ended.returncode == 1
    assert "memory" in ended.stderr.splitlines()[-1]
    assert [each.name for each in tmp_path.iterdir()] == ["scratch"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_an_unwritable_file_is_said_before_anything_is_loaded(
    matching: Path, tmp_path: Path
) -> None:
    ended = diagnose(matching, tmp_path, "--time-limit", "5")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines()[-1].startswith("Cannot write ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--time-limit", "0"], "above 0"),
        (["--cpus", "0"], "above 0"),
        (["--memory-limit", "0"], "above 0 MB"),
        ([], "is not a data set folder"),
    ],
)
def test_faults_of_the_input_end_with_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    out = tmp_path / "d.json"
    code = main(["diagnose", "--data", str(tmp_path), "--out", str(out), *options])
    assert code == 2
    assert said in capsys.readouterr().err
    assert not out.exists()
