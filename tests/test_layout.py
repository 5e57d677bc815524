"""The shape of the repository: folders, sizes, dependencies, lock files."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {
    ".ci", "baselines", "benchmarks", "client", "datasets", "docker", "docs", "figures",
    "leaderboard", "platform", "scoring", "tests", "tools",
}  # fmt: skip
LOCKS = sorted([*ROOT.glob("requirements*.lock"), *(ROOT / "docker").glob("requirements.*.lock")])
MOST_LINES, MOST_FUNCTION_LINES, MOST_COLUMNS = 500, 60, 160
TEMPLATES = {".html", ".txt"}
# "path" or "path::function": why it may be longer.
LONGER: dict[str, str] = {}
# Written in two parts, so that this file passes its own test.
REGISTRY_MARKS = ("py" + "pi.", "python" + "hosted", "registry." + "npmjs", "deb.debian" + ".org")


def tracked_files() -> list[Path]:
    """Return every file that git tracks and that is still there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


TRACKED = tracked_files()


def tracked_texts() -> Iterator[tuple[Path, str]]:
    for file in TRACKED:
        try:
            yield file, file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image or another binary


def sources() -> list[Path]:
    """Return the Python files that the limits on length hold for."""
    return [
        file
        for file in TRACKED
        if file.suffix == ".py" and not {"tests", "migrations"} & set(file.relative_to(ROOT).parts)
    ]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def long_functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_FUNCTION_LINES:
                yield f"{name_of(file)}::{node.name}", lines


@pytest.mark.parametrize("folder", ["platform", "datasets"])
def test_a_folder_that_would_shadow_a_module_is_no_package(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()


def test_top_level_folders_are_the_documented_ones() -> None:
    found = {file.relative_to(ROOT).parts[0] for file in TRACKED if file.parent != ROOT}
    assert found <= FOLDERS


def test_every_folder_of_tests_is_a_package() -> None:
    tests = ROOT / "tests"
    folders = {file.parent for file in TRACKED if tests in file.parents and file.suffix == ".py"}
    assert folders
    assert [name_of(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_source_file_is_too_long() -> None:
    lines = {name_of(file): file.read_text(encoding="utf-8").count("\n") for file in sources()}
    assert lines
    assert {
        name: count for name, count in lines.items() if count > MOST_LINES and name not in LONGER
    } == {}


def test_no_function_is_too_long() -> None:
    found = dict(found for file in sources() for found in long_functions(file))
    assert {name: lines for name, lines in found.items() if name not in LONGER} == {}


def templates() -> list[Path]:
    web = ROOT / "platform" / "podium" / "web"
    found = [file for file in TRACKED if web in file.parents and file.suffix in TEMPLATES]
    assert found
    return found


def test_no_tag_of_a_template_goes_over_two_lines() -> None:
    """Django would show such a tag as text."""
    cut = re.compile(r"\{%(?:(?!%\}).)*$|\{\{(?:(?!\}\}).)*$", re.MULTILINE)
    assert [
        f"{name_of(file)}: {found[0]}"
        for file in templates()
        for found in cut.finditer(file.read_text(encoding="utf-8"))
    ] == []


def test_no_line_of_a_template_is_too_long() -> None:
    assert [
        f"{name_of(file)}:{number}"
        for file in templates()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > MOST_COLUMNS
    ] == []


def test_every_exception_to_the_limits_is_needed_and_has_a_reason() -> None:
    too_long = {name_of(file) for file in sources() if file.read_text().count("\n") > MOST_LINES}
    too_long |= {name for file in sources() for name, _ in long_functions(file)}
    assert set(LONGER) <= too_long
    assert all(LONGER.values())


def test_no_tracked_file_names_a_package_registry() -> None:
    found = {
        name_of(file): mark
        for file, text in tracked_texts()
        for mark in (*REGISTRY_MARKS, '"resol' + 'ved":')
        if mark in text
    }
    assert found == {}


@pytest.mark.parametrize("project", ["pyproject.toml", "client/pyproject.toml"])
def test_every_dependency_has_a_sentence_above_it(project: str) -> None:
    bare = []
    explained = False
    for line in (ROOT / project).read_text().split("[tool.")[0].splitlines():
        text = line.strip()
        if text.startswith("#"):
            explained = True
        elif re.fullmatch(r'"[^"]+",', text):
            bare += [] if explained else [text]
        elif text.endswith("["):
            explained = False
    assert bare == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda file: file.name)
def test_a_lock_file_has_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    packages = re.split(r"\n(?=\S)", text.strip())
    assert len(packages) > 20
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


def test_the_makefile_has_at_most_fourteen_targets_and_explains_each() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony
    explained = re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE)
    assert sorted(phony[1].split()) == sorted(explained)
    assert len(explained) <= 14


def test_make_alone_lists_the_targets() -> None:
    output = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert [line.split()[0] for line in output.splitlines()][:3] == ["help", "setup", "demo"]
