"""A program sees nothing of ours, keeps its limits, and never outlives who started it."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from podium import programs

ALONE = {"PATH", "PYTHONPATH", "HOME", "TMPDIR", "LANG", "PYTHONSAFEPATH", "PYTHONUNBUFFERED"}
BEGIN_A_PROGRAM = """
import django, pathlib, sys
django.setup()
from podium import programs
programs.run([sys.executable, "-c", sys.argv[1]], scratch=pathlib.Path(sys.argv[2]), every=10,
             seconds=60, tick=lambda program: None)
"""
HOLD_A_FOLDER = """
import django, pathlib, sys, time
django.setup()
from django.conf import settings
settings.FILE_UPLOAD_TEMP_DIR = pathlib.Path(sys.argv[1])
from podium.programs import scratch_folder
with scratch_folder() as folder:
    (folder / "model").write_text("large")
    print(folder, flush=True)
    time.sleep(60)
"""


class Enough(Exception):
    """Raised by a tick."""


def ignore(program: programs.Program) -> None:
    return


def run(
    code: str,
    scratch: Path,
    tick: Callable[[programs.Program], None] = ignore,
    *,
    seconds: float = 30,
    limits: tuple[tuple[int, int], ...] = (),
) -> programs.Program:
    """Run this Python code as a program."""
    return programs.run(
        [sys.executable, "-c", code],
        scratch=scratch,
        folder=scratch,
        tick=tick,
        every=0.05,
        seconds=seconds,
        limits=limits,
    )


def process(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start Python code that imports the site, as a worker does."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "podium.settings"},
    )


def is_gone(pid: int) -> bool:
    """Return whether a process has ended; nobody may have asked for its code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 5
    while not is_gone(pid):
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.02)


def test_what_a_program_says_is_heard_line_by_line(tmp_path: Path) -> None:
    said = [
        '{"progress": 0.25, "message": "a quarter"}',
        "no JSON",
        '{"progress": "much", "message": "no number"}',
        '{"progress": 7, "message": "too much"}',
        "[1]",
        '{"findings": []}',
    ]
    code = f"import sys; print({chr(10).join(said)!r}); sys.stderr.write('oh'); sys.exit(3)"
    program = run(code, tmp_path)
    assert (program.code, program.progress, program.message) == (3, 1.0, "too much")
    assert program.last == {"findings": []}
    assert sorted(program.log) == ["[1]", "no JSON", "oh"]


def test_a_program_that_says_too_much_fills_no_memory(tmp_path: Path) -> None:
    program = run("for n in range(1000): print(n, 'x' * 50_000)", tmp_path)
    assert len(program.log) == programs.LOG_LINES
    assert {len(line) for line in program.log} == {programs.MAX_LINE}


def test_the_end_of_a_program_is_not_waited_for_until_the_next_tick(tmp_path: Path) -> None:
    begun = time.monotonic()
    programs.run(["true"], scratch=tmp_path, tick=ignore, every=30, seconds=60)
    assert time.monotonic() - begun < 20


def test_a_program_gets_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODIUM_SECRET_KEY", "very secret")
    program = run("import os; print(' '.join(os.environ)); print(os.environ['HOME'])", tmp_path)
    names, home = program.log
    assert set(names.split()) <= ALONE | {"LC_CTYPE"}  # Python sets the last one itself
    assert home == str(tmp_path)


def test_limits_hold_in_the_program(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nopen('big', 'w').write"
    program = run(f"{code}('x' * 5000)", tmp_path, limits=((resource.RLIMIT_FSIZE, 1000),))
    assert program.code == -signal.SIGXFSZ
    assert (tmp_path / "big").stat().st_size <= 1000


def test_a_limit_above_the_machines_own_is_none(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert run("pass", tmp_path, limits=((resource.RLIMIT_NOFILE, hard + 1),)).code == 0


@pytest.mark.parametrize("ignoring", [False, True])
def test_what_a_tick_raises_ends_the_whole_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ignoring: bool
) -> None:
    monkeypatch.setattr(programs, "TERM_SECONDS", 0.2)
    code = "import os, signal, subprocess, time\n"
    code += "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if ignoring else ""
    code += "print(os.getpid(), subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    found: list[int] = []

    def stop(program: programs.Program) -> None:
        if program.log:
            found.extend(map(int, program.log[0].split()))
            raise Enough

    with pytest.raises(Enough):
        run(code, tmp_path, stop)
    for pid in found:
        wait_for_end(pid)


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(programs.OutOfTime):
        run("import time; time.sleep(60)", tmp_path, seconds=0.1)
    assert time.monotonic() - begun < 20


def test_a_child_that_outlives_its_program_keeps_nobody_waiting(tmp_path: Path) -> None:
    begun = time.monotonic()
    program = run("import subprocess; print(subprocess.Popen(['sleep', '60']).pid)", tmp_path)
    assert time.monotonic() - begun < 20
    wait_for_end(int(program.log[0]))


def test_a_program_dies_with_its_worker(tmp_path: Path) -> None:
    """A worker that the kernel kills leaves nothing behind that goes on."""
    mark = tmp_path / "pid"
    code = f"import os, time; print(os.getpid(), file=open({str(mark)!r}, 'w')); time.sleep(60)"
    with process(BEGIN_A_PROGRAM, code, str(tmp_path)) as worker:
        while not (mark.exists() and mark.read_text().endswith("\n")):
            assert worker.poll() is None
            time.sleep(0.02)
        worker.kill()
    wait_for_end(int(mark.read_text()))


def test_the_folder_of_a_killed_worker_is_swept_and_that_of_a_living_one_is_not() -> None:
    place = Path(settings.FILE_UPLOAD_TEMP_DIR)
    with process(HOLD_A_FOLDER, str(place)) as worker:
        assert worker.stdout is not None
        folder = Path(worker.stdout.readline().strip())
        programs.sweep_scratch()
        assert (folder / "model").exists()
        worker.kill()
    assert folder.exists()
    with programs.scratch_folder() as mine:
        assert list(place.iterdir()) == [mine]
    assert not list(place.iterdir())
