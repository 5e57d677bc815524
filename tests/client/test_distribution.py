"""The client is a distribution of its own: it needs nothing of the site, and says what it needs."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import podium_client

PACKAGE = Path(podium_client.__file__).parent
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
OPTIONAL = {"pandas", "pyarrow"}


def imported() -> Iterator[tuple[str, str]]:
    """Yield each file with each top-level module that it imports."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file.name, alias.name.split(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                yield file.name, (node.module or "").split(".")[0]


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", each)[0] for each in requirements}


def test_it_imports_what_it_declares_and_nothing_of_the_site() -> None:
    found = {name for _, name in imported()} - set(sys.stdlib_module_names) - {"podium_client"}
    assert found - OPTIONAL == names(PROJECT["dependencies"])
    assert found & OPTIONAL == names(PROJECT["optional-dependencies"]["pandas"])


def test_pandas_is_imported_when_it_is_needed_alone() -> None:
    assert {file for file, name in imported() if name in OPTIONAL} <= {"frames.py", "task.py"}
    code = "import sys, podium_client.cli; print({'pandas', 'pyarrow'} & set(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert run.stdout.strip() == "set()"


def test_it_is_typed_and_has_one_version() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert PROJECT["version"] == podium_client.__version__
    assert PROJECT["scripts"] == {"podium": "podium_client.cli:main"}


@pytest.mark.parametrize("name", podium_client.__all__)
def test_what_it_exports_is_there(name: str) -> None:
    assert getattr(podium_client, name)


def test_it_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "podium_client", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"podium-client {podium_client.__version__}\n"
