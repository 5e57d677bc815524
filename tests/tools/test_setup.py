"""What tools/setup.sh says on a machine that cannot run Podium."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Stands in for an interpreter: answers the question for its version, and fails on any other code.
FAKE = """#!/bin/sh
case "$2" in *version_info*) echo {version} ;; *) exit 1 ;; esac
"""


def set_up(folder: Path, version: str, programs: tuple[str, ...] = ()) -> str:
    """Run setup.sh with a fake Python of this version; return the one line that it says."""
    (folder / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools")
    tools = folder / "bin"
    tools.mkdir()
    for name in ("dirname", *programs):
        (tools / name).symlink_to(shutil.which(name) or "/bin/true")
    python = folder / "python"
    python.write_text(FAKE.format(version=version))
    python.chmod(0o755)
    run = subprocess.run(
        ["/bin/sh", str(folder / "tools" / "setup.sh")],
        env={"PATH": str(tools), "PYTHON": str(python)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert not (folder / ".venv").exists()
    lines = run.stderr.splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("version", ["2.7", "3.10", "3.14"])
def test_an_unsupported_python_is_named_with_its_version(tmp_path: Path, version: str) -> None:
    line = set_up(tmp_path, version)
    assert line.startswith("Podium needs Python 3.11 or 3.12, and ")
    assert f"is {version}:" in line


def test_a_python_that_does_not_run_is_named(tmp_path: Path) -> None:
    assert "python does not run here" in set_up(tmp_path, "")


def test_python_313_without_redis_asks_for_it(tmp_path: Path) -> None:
    assert "needs the program redis-server" in set_up(tmp_path, "3.13")


@pytest.mark.parametrize("version", ["3.11", "3.12"])
def test_a_python_without_venv_names_the_package(tmp_path: Path, version: str) -> None:
    assert f"install Debian's package python{version}-venv" in set_up(tmp_path, version)


def test_python_313_with_redis_is_accepted(tmp_path: Path) -> None:
    assert "python3.13-venv" in set_up(tmp_path, "3.13", programs=("redis-server",))
