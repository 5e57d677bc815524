"""Starter notebooks: the cells for a kind of task and a metric, as a script or as a notebook."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

HERE = Path(__file__).parent
KINDS = frozenset({"matching", "classification"})
_MARK = re.compile(r"^# %%(.*)\n", re.MULTILINE)
# What the linters of this project are told is nothing to those who read a notebook.
_PRAGMAS = re.compile(r"  # (type: ignore|noqa).*")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook: Markdown or Python, without a line break at its ends."""

    is_text: bool
    source: str


def cells(kind: str, measure: str, values: Mapping[str, str]) -> list[Cell]:
    """Return the cells for a kind of task, with the function of that name as the metric.

    `values` are filled in for the `$names` of the cells. KeyError if one lacks or if there is no
    such function.
    """
    found: list[Cell] = []
    for words, source in _template():
        if words & KINDS and kind not in words:
            continue
        is_text = "[markdown]" in words
        body = _headline(kind, measure) if "headline" in words else _PRAGMAS.sub("", source)
        if "join" in words:
            found[-1] = Cell(is_text, _joined(found[-1].source, body))
            continue
        if is_text:
            body = re.sub(r"^# ?", "", body, flags=re.MULTILINE)
        found.append(Cell(is_text, body))
    return [Cell(cell.is_text, _filled(cell.source, values)) for cell in found]


def as_script(cells: list[Cell]) -> bytes:
    """Return the cells as a Python file with `# %%` marks, which editors show as a notebook."""
    parts = []
    for cell in cells:
        if cell.is_text:
            lines = "\n".join(_comment(line) for line in cell.source.split("\n"))
            parts.append(f"# %% [markdown]\n{lines}\n")
        else:
            parts.append(f"# %%\n{cell.source}\n")
    return "\n".join(parts).encode()


def as_notebook(cells: list[Cell]) -> bytes:
    """Return the cells as a Jupyter notebook, nbformat 4.5."""
    entries: list[dict[str, Any]] = [
        {
            "cell_type": "markdown" if cell.is_text else "code",
            "id": f"cell-{number:02}",
            "metadata": {},
            "source": cell.source.splitlines(keepends=True),
            **({} if cell.is_text else {"execution_count": None, "outputs": []}),
        }
        for number, cell in enumerate(cells, 1)
    ]
    notebook = {"cells": entries, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def prose(text: str) -> str:
    """Return a text of many lines without characters that a source file may not have."""
    return "\n".join(_CONTROL.sub("", line).rstrip() for line in text.splitlines()).strip()


@cache
def _template() -> tuple[tuple[frozenset[str], str], ...]:
    """Return for each cell of the template the words of its mark, and what follows."""
    _, *parts = _MARK.split((HERE / "cells.py").read_text(encoding="utf-8"))
    marks, sources = parts[::2], parts[1::2]
    return tuple(
        (frozenset(mark.split()), source) for mark, source in zip(marks, sources, strict=True)
    )


@cache
def _measures() -> dict[str, str]:
    """Return the source of each metric, named `headline`, with the imports that it needs.

    The file is read and not imported: scikit-learn has no place in a web process.
    """
    text = (HERE / "metrics.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    imported = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "sklearn.metrics"
        for alias in node.names
    ]
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            needed = ", ".join(name for name in imported if name in used)
            source = ast.get_source_segment(text, node) or ""
            source = source.replace(f"def {node.name}(", "def headline(", 1)
            line = f"from sklearn.metrics import {needed}\n\n\n" if needed else ""
            found[node.name] = f"{line}{source}\n\n\n"
    return found


def _headline(kind: str, measure: str) -> str:
    found = _measures()
    return found.get(f"{measure}_{kind}") or found[measure]


def _joined(before: str, after: str) -> str:
    """Return two parts of a cell as one; imports of the one go on with those of the other."""
    imports = ("import ", "from ")
    if after.startswith(imports) and before.rstrip("\n").split("\n")[-1].startswith(imports):
        before = before.rstrip("\n") + "\n"
    return before + after


def _filled(source: str, values: Mapping[str, str]) -> str:
    filled = Template(source).substitute(values)
    return re.sub(r"\n{4,}", "\n\n\n", filled).strip("\n")


def _comment(line: str) -> str:
    # A text may not begin a cell.
    escaped = f"\\{line.lstrip()}" if line.lstrip().startswith("%%") else line
    return f"# {escaped}".rstrip()
