"""What a run takes is measured with its children, and too much of it ends the run by a sentence."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from baselines import memory
from tests.baselines.runs import run

MB = 2**20
# Holds 60 MB, and a fork of it, which shares them, a child of 30 MB.
PARENT = """
import os, subprocess, sys
mine = b"x" * (60 << 20)
child = "held = b'y' * (30 << 20); print('held', flush=True); import time; time.sleep(60)"
if os.fork() == 0:
    subprocess.run([sys.executable, "-c", child])
    os._exit(0)
os.wait()
"""
# A method that holds 300 MB, itself or by a child, and removes nothing.
GREEDY = """
import subprocess, sys, time
from baselines import registry
from baselines.__main__ import main
from baselines.method import Method
def run(data, settings):
    (settings.scratch / "model").write_text("x")
    assert settings.memory_limit == 250 << 20
    greed = "held = b'x' * (300 << 20); import time; time.sleep(60)"
    if sys.argv[1] == "child":
        subprocess.run([sys.executable, "-c", greed])
    exec(greed)
registry.METHODS["trivial"] = Method("trivial", "", "", run)
sys.exit(main(sys.argv[2:]))
"""


def test_children_count_and_shared_pages_count_once() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        members = memory.family(process.pid)
        try:
            assert len(members) == 3
            assert 90 * MB < memory.used(process.pid) < 150 * MB
            assert memory.exceeds(process.pid, 80 * MB)
            assert not memory.exceeds(process.pid, 150 * MB), "shared pages counted twice"
        finally:
            for pid in members:
                with suppress(ProcessLookupError):  # a parent that waits for a child ends with it
                    os.kill(pid, 9)
    assert (memory.family(process.pid), memory.used(process.pid)) == (set(), 0)


@pytest.mark.parametrize("who", ["itself", "child"])
def test_a_run_over_its_memory_limit_ends_with_a_sentence_and_leaves_nothing(
    matching: Path, tmp_path: Path, who: str
) -> None:
    greedy, scratch = tmp_path / "greedy.py", tmp_path / "scratch"
    greedy.write_text(GREEDY)
    scratch.mkdir()
    command = [sys.executable, str(greedy), who, "run", "trivial", "--data", str(matching)]
    ended = subprocess.run(
        [*command, "--out", str(tmp_path / "p.parquet"), "--memory-limit", "250"],
        env=os.environ | {"TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == memory.sentence(250 * MB)
    assert "250 MB" in ended.stderr
    assert list(scratch.iterdir()) == []
    assert not list(tmp_path.glob("p.parquet*"))


def test_a_run_within_its_limit_is_left_alone(matching: Path, tmp_path: Path) -> None:
    options = ("--memory-limit", "4000")
    finished = run("trivial", matching, tmp_path / "p.parquet", tmp_path / "scratch", *options)
    assert finished.code == 0
