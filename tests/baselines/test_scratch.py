import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from baselines.memory import family

# The main thread sits in native code, as it does while a model trains.
SLEEPER = """
import ctypes, sys
from pathlib import Path
from baselines.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "model").write_text("x")
    Path(sys.argv[1]).write_text("half")
    print(folder, flush=True)
    if sys.argv[2] == "parent":
        import subprocess
        print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
    if sys.argv[2] != "fail":
        ctypes.CDLL(None).sleep(60)
    raise KeyError("oops")
"""


def start(unfinished: Path, what: str) -> tuple[subprocess.Popen, Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER, str(unfinished), what],
        env=os.environ | {"TMPDIR": str(unfinished.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, Path(process.stdout.readline().strip())


def test_sigterm_during_native_code_removes_the_scratch_folder(tmp_path: Path) -> None:
    process, folder = start(tmp_path / "out.part", "sleep")
    assert (folder / "model").exists()
    os.kill(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert errors == "Stopped by SIGTERM.\n"
    assert not folder.exists()
    assert not (tmp_path / "out.part").exists()


def test_an_error_removes_the_scratch_folder(tmp_path: Path) -> None:
    process, folder = start(tmp_path / "out.part", "fail")
    _, errors = process.communicate(timeout=60)
    assert "KeyError" in errors
    assert not folder.exists()
    assert not (tmp_path / "out.part").exists()


def test_sigterm_ends_what_the_run_has_started(tmp_path: Path) -> None:
    process, _ = start(tmp_path / "out.part", "parent")
    child = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    deadline = time.monotonic() + 5
    while family(child):
        assert time.monotonic() < deadline, "the child lives on"
        time.sleep(0.02)


def test_the_next_run_removes_the_folder_of_a_killed_one_and_no_other(tmp_path: Path) -> None:
    killed, left = start(tmp_path / "a.part", "sleep")
    killed.kill()
    killed.communicate(timeout=60)
    assert left.exists()
    living, mine = start(tmp_path / "b.part", "sleep")
    assert not left.exists()
    third, other = start(tmp_path / "c.part", "fail")
    third.communicate(timeout=60)
    assert mine.exists()
    living.terminate()
    living.communicate(timeout=60)
    assert not mine.exists()
    assert not other.exists()
