"""Tasks are sent by name: each name must be one that a worker knows."""

import ast
from pathlib import Path

from django.apps import apps

import podium
from podium.celery import app
from podium.jobs import LeasedJob

SITE = Path(podium.__file__).parent


def sent_names(file: Path) -> set[str]:
    """Return the task names that a module passes to `celery.send`; the kinds of jobs add theirs."""
    return {
        call.args[0].value
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) == "celery.send"
        and isinstance(call.args[0], ast.Constant)
    }


def test_each_task_sent_by_name_is_registered() -> None:
    app.loader.import_default_modules()
    names = set().union(*map(sent_names, SITE.rglob("*.py")))
    assert len(names) >= 3
    names |= {model.TASK for model in apps.get_models() if issubclass(model, LeasedJob)}
    assert names <= set(app.tasks)


def test_no_module_imports_its_tasks_late() -> None:
    late = [
        f"{file.relative_to(SITE)}:{node.lineno}"
        for file in SITE.rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".tasks")
    ]
    assert late == []
