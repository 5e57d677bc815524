import os
import signal
import subprocess
import sys
from pathlib import Path

# The main thread sits in native code, as it does while a model trains.
SLEEPER = """
import ctypes, sys
from pathlib import Path
from baselines.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "model").write_text("x")
    Path(sys.argv[1]).write_text("half")
    print(folder, flush=True)
    if sys.argv[2] == "sleep":
        ctypes.CDLL(None).sleep(60)
    raise KeyError("oops")
"""


def start(unfinished: Path, what: str) -> tuple[subprocess.Popen, Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", SLEEPER, str(unfinished), what],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, Path(process.stdout.readline().strip())


def test_sigterm_during_native_code_removes_the_scratch_folder(tmp_path: Path) -> None:
    process, folder = start(tmp_path / "out.part", "sleep")
    assert (folder / "model").exists()
    os.kill(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 143
    assert errors == "Stopped by SIGTERM.\n"
    assert not folder.exists()
    assert not (tmp_path / "out.part").exists()


def test_an_error_removes_the_scratch_folder(tmp_path: Path) -> None:
    process, folder = start(tmp_path / "out.part", "fail")
    _, errors = process.communicate(timeout=10)
    assert "KeyError" in errors
    assert not folder.exists()
    assert not (tmp_path / "out.part").exists()
