import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from baselines.__main__ import main
from baselines.registry import METHODS
from tests.baselines.runs import run


def test_the_trivial_method_predicts_class_priors(classification: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.parquet"
    assert run("trivial", classification, out, tmp_path / "scratch").code == 0
    table = pd.read_parquet(out)
    assert list(table.columns) == ["id", "fruit", "tool", "it's, odd"]
    assert list(table["id"]) == list(pd.read_parquet(classification / "test.parquet")["id"])
    assert table["fruit"].tolist() == pytest.approx([1 / 3] * 60)


def test_the_trivial_method_scores_pairs_with_the_prevalence(matching: Path, tmp_path) -> None:
    out = tmp_path / "predictions.parquet"
    assert run("trivial", matching, out, tmp_path / "scratch").code == 0
    table = pd.read_parquet(out)
    share = (pd.read_parquet(matching / "train.parquet")["label"] == "yes").mean()
    assert list(table.columns) == ["id", "score", "prediction"]
    assert table["score"].tolist() == pytest.approx([share] * len(table))
    assert set(table["prediction"]) == {"no"}


def test_standard_output_carries_rising_progress_and_nothing_else(matching, tmp_path) -> None:
    scratch = tmp_path / "scratch"
    finished = run("trivial", matching, tmp_path / "p.parquet", scratch)
    assert all(set(line) == {"progress", "message"} for line in finished.lines)
    done = [line["progress"] for line in finished.lines]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert finished.lines[-1]["message"] == "Wrote p.parquet"
    assert list(scratch.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["p.parquet"]


def test_a_run_ends_with_what_it_took(matching: Path, tmp_path: Path) -> None:
    finished = run("trivial", matching, tmp_path / "p.parquet", tmp_path / "scratch")
    assert finished.facts.keys() == {"cpus", "seconds", "memory"}
    assert finished.facts["cpus"] == 2
    assert 0 < finished.facts["seconds"] < 60
    assert finished.facts["memory"] > 1_000_000


def test_an_unwritable_out_file_is_reported_before_anything_is_loaded(matching, tmp_path) -> None:
    finished = run("trivial", matching, tmp_path / "absent" / "p.parquet", tmp_path / "scratch")
    assert (finished.code, finished.lines) == (2, [])
    assert finished.last_line.startswith("Cannot write ")
    assert finished.last_line.endswith("No such file or directory.")
    assert run("trivial", matching, tmp_path, tmp_path / "scratch").code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scratch"]


def test_a_folder_whose_tables_are_missing_is_an_input_error(matching, tmp_path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "dataset.json").write_bytes((matching / "dataset.json").read_bytes())
    finished = run("trivial", data, tmp_path / "p.parquet", tmp_path / "scratch")
    assert finished.code == 2
    assert finished.last_line.startswith(f"Cannot read the data set in {data}: ")
    assert not (tmp_path / "p.parquet").exists()


def test_a_method_that_breaks_ends_with_one_sentence_and_no_file(matching, tmp_path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        "import sys\n"
        "from baselines import registry\n"
        "from baselines.__main__ import main\n"
        "from baselines.method import Method\n"
        "def run(data, settings):\n"
        "    print('chatter')\n"
        "    return data.test[['id']]\n"
        "registry.METHODS['trivial'] = Method('trivial', '', '', run)\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    out = tmp_path / "p.parquet"
    command = [sys.executable, str(broken), "run", "trivial", "--data", str(matching)]
    finished = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True)
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[-1].startswith("The method trivial failed. AssertionError")
    assert "chatter" not in finished.stdout
    assert not out.exists()


@pytest.mark.parametrize(
    ("method", "folder", "options", "sentence"),
    [
        (
            "oracle",
            "x",
            [],
            f"There is no method 'oracle'; the methods are: {', '.join(METHODS)}.",
        ),
        ("trivial", "x", [], "has no dataset.json"),
        ("trivial", "x", ["--time-limit", "0"], "must be above 0"),
        ("trivial", "x", ["--cpus", "0"], "must be above 0"),
        ("trivial", "x", ["--memory-limit", "0"], "must be above 0 MB"),
        ("trivial", "x", ["--reference", "r.parquet"], "trivial takes no reference"),
    ],
)
def test_bad_input_ends_with_a_clear_sentence(
    tmp_path: Path, capsys, method: str, folder: str, options: list[str], sentence: str
) -> None:
    out = str(tmp_path / "p.parquet")
    assert main(["run", method, "--data", str(tmp_path / folder), "--out", out, *options]) == 2
    assert sentence in capsys.readouterr().err


def test_the_methods_can_be_listed_without_importing_what_they_need(capsys) -> None:
    assert main(["list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(METHODS)
    assert list(METHODS)[:2] == ["trivial", "autogluon"], "what a challenge starts with"
    heavy = "{'pandas', 'numpy', 'sklearn', 'autogluon', 'rapidfuzz', 'tabset'}"
    code = f"import sys, baselines.registry; print({heavy} & set(sys.modules))"
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert listed.stdout.strip() == "set()"


THREADS = """
import os, sys
from argparse import Namespace
from pathlib import Path
from baselines.running import running
options = Namespace(cpus=1, time_limit=9.0, seed=0, memory_limit=None, json_progress=False)
with running(Namespace(**vars(options), out=Path(sys.argv[1]))):
    import scipy.linalg, threadpoolctl
    print([each["num_threads"] for each in threadpoolctl.threadpool_info()], file=sys.stderr)
"""


def test_linear_algebra_uses_the_cores_that_a_run_may_use(tmp_path: Path) -> None:
    command = [sys.executable, "-c", THREADS, str(tmp_path / "p.parquet")]
    kept = {name: value for name, value in os.environ.items() if not name.endswith("NUM_THREADS")}
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=True)
    threads = json.loads(done.stderr)
    assert threads
    assert set(threads) == {1}
