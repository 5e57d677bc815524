"""The starter notebook of a task: its files, their headers and what they say."""

import ast
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from podium.accounts.models import User
from podium.catalog.models import Access
from podium.challenges.models import Task
from podium.web.task.starter import as_notebook, as_script
from scoring import METRICS
from scoring.metrics.registry import metrics_of

Clients = Callable[[User | None], Client]
ALLOWED = {"json", "re", "pathlib", "numpy", "pandas", "scipy", "sklearn", "podium_client"}
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def address(task: Task, form: str) -> str:
    return reverse("task-starter", args=[task.challenge.slug, task.slug, form])


def get(as_user: Clients, task: Task, form: str = "py", **headers: str) -> HttpResponse:
    return as_user(None).get(address(task, form), headers=headers)


def text(as_user: Clients, task: Task, form: str = "py") -> str:
    return get(as_user, task, form).content.decode()


def imports(code: str) -> set[str]:
    """The packages that the code imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize(
    ("form", "content_type"),
    [("py", "text/x-python; charset=utf-8"), ("ipynb", "application/x-ipynb+json")],
)
def test_both_forms_are_files_to_be_saved(
    as_user: Clients, matching_task: Task, form: str, content_type: str
) -> None:
    answer = get(as_user, matching_task, form)
    assert answer.status_code == HTTPStatus.OK
    assert answer.headers["Content-Type"] == content_type
    name = f"cup-matching-task-starter.{form}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("form", ["py", "ipynb"])
def test_the_same_bytes_come_once(as_user: Clients, matching_task: Task, form: str) -> None:
    first, again = (get(as_user, matching_task, form) for _ in range(2))
    assert first.content == again.content
    assert first.headers["ETag"] == again.headers["ETag"]
    kept = get(as_user, matching_task, form, if_none_match=first.headers["ETag"])
    assert (kept.status_code, kept.content) == (HTTPStatus.NOT_MODIFIED, b"")
    assert kept.headers["ETag"] == first.headers["ETag"]
    matching_task.title = "Another title"
    matching_task.save()
    changed = get(as_user, matching_task, form, if_none_match=first.headers["ETag"])
    assert changed.status_code == HTTPStatus.OK


@pytest.mark.parametrize("form", ["html", "ipynb.py", "PY", "r"])
def test_there_are_no_other_forms(as_user: Clients, matching_task: Task, form: str) -> None:
    assert get(as_user, matching_task, form).status_code == HTTPStatus.NOT_FOUND


def test_the_task_page_links_both(as_user: Clients, matching_task: Task) -> None:
    html = as_user(None).get(matching_task.get_absolute_url()).content.decode()
    for form in ("py", "ipynb"):
        assert f'href="{address(matching_task, form)}" download' in html


def test_the_notebook_keeps_the_rules_of_nbformat(as_user: Clients, matching_task: Task) -> None:
    notebook = json.loads(text(as_user, matching_task, "ipynb"))
    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    kernel = notebook["metadata"]["kernelspec"]
    assert {"name", "display_name"} <= set(kernel)
    assert notebook["metadata"]["language_info"]["name"] == "python"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        _check_cell(cell)


def _check_cell(cell: dict[str, Any]) -> None:
    names = {"id", "cell_type", "metadata", "source"}
    if cell["cell_type"] == "code":
        assert set(cell) == names | {"execution_count", "outputs"}
        assert (cell["execution_count"], cell["outputs"]) == (None, [])
    else:
        assert cell["cell_type"] == "markdown"
        assert set(cell) == names
    assert CELL_ID.fullmatch(cell["id"])
    assert cell["metadata"] == {}
    assert cell["source"]
    assert all(line.endswith("\n") for line in cell["source"][:-1])
    assert not cell["source"][-1].endswith("\n")


def test_script_and_notebook_have_the_same_code(
    as_user: Clients, classification_task: Task
) -> None:
    notebook = json.loads(text(as_user, classification_task, "ipynb"))
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    script = text(as_user, classification_task)
    assert script.count("# %%\n") == len(code)
    assert ast.dump(ast.parse("\n".join(code))) == ast.dump(ast.parse(script))


@pytest.mark.parametrize("kind", ["matching_task", "classification_task"])
def test_it_needs_nothing_of_the_site(
    as_user: Clients, kind: str, request: pytest.FixtureRequest
) -> None:
    assert imports(text(as_user, request.getfixturevalue(kind))) <= ALLOWED


def test_it_says_what_to_predict_and_the_metric(as_user: Clients, matching_task: Task) -> None:
    matching_task.description = "Find **pairs**.\n\nAll of them."
    matching_task.save()
    script = text(as_user, matching_task)
    assert script.startswith(
        "# %% [markdown]\n# # Matching Task: a first submission\n#\n"
        "# A starter for the task [cup/matching-task](http://testserver/c/cup/tasks/matching-task/)"
    )
    assert "# Find **pairs**.\n#\n# All of them.\n" in script
    assert "# **Metric: Average precision.**" in script
    assert "Higher is better." in script
    assert 'TASK = "cup/matching-task"\n' in script
    assert "podium submit -f submission.csv cup/matching-task" in script
    version = matching_task.dataset_version
    assert f"(http://testserver{version.archive_url})" in script


def test_a_smaller_is_better_metric_says_so(as_user: Clients, classification_task: Task) -> None:
    classification_task.headline = "brier"
    classification_task.save()
    assert "Lower is better." in text(as_user, classification_task)


@pytest.mark.parametrize("kind", ["matching_task", "classification_task"])
def test_every_headline_is_named_and_compiles(
    as_user: Clients, kind: str, request: pytest.FixtureRequest
) -> None:
    task = request.getfixturevalue(kind)
    for name in metrics_of(task.dataset_version.kind):
        task.headline = name
        task.save()
        script = text(as_user, task)
        compile(script, "starter", "exec")
        assert f'HEADLINE = "{name}"' in script
        assert f"# **Metric: {METRICS[name].title}.**" in script


@pytest.mark.parametrize(
    "description",
    [
        "%% new cell\nimport os",
        "  %% [markdown]\n",
        "one\r\ntwo\rimport os\x0cimport os\x85import os\u2028import os",
        "null \x01 and bell \x07",
        "$task ${page} $$ $unknown {braces}",
        '"""\nimport os\n"""',
        "",
    ],
)
def test_a_description_stays_a_comment(
    as_user: Clients, classification_task: Task, description: str
) -> None:
    plain = text(as_user, classification_task)
    classification_task.description = description
    classification_task.save()
    script = text(as_user, classification_task)
    assert ast.dump(ast.parse(script)) == ast.dump(ast.parse(plain))
    marks = re.findall(r"^# %%.*$", script, re.MULTILINE)
    assert marks == re.findall(r"^# %%.*$", plain, re.MULTILINE)
    assert all(sign.isprintable() or sign == "\n" for sign in script)
    json.loads(text(as_user, classification_task, "ipynb"))


def test_names_in_a_description_are_not_filled_in(
    as_user: Clients, classification_task: Task
) -> None:
    classification_task.description = "Costs $task, ${page} and $$5."
    classification_task.save()
    assert "# Costs $task, ${page} and $$5.\n" in text(as_user, classification_task)


def test_a_restricted_data_set_is_not_revealed(as_user: Clients, classification_task: Task) -> None:
    version = classification_task.dataset_version
    version.access = Access.PARTICIPANTS
    version.facts["columns"][0]["name"] = "a_hidden_column"
    version.facts["classes"] = ["a hidden class", "b"]
    version.save()
    for form in ("py", "ipynb"):
        answer = get(as_user, classification_task, form)
        assert answer.status_code == HTTPStatus.OK  # as the task's page is
        assert b"hidden" not in answer.content


def test_text_cells_become_comments() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# A\n", "\n", "ü"]},
        {"cell_type": "code", "source": ["x = 1\n", "\n", "y = 2"]},
    ]
    script = as_script({"cells": cells}).decode()
    assert script == "# %% [markdown]\n# # A\n#\n# ü\n\n# %%\nx = 1\n\ny = 2\n"
    assert json.loads(as_notebook({"cells": cells})) == {"cells": cells}
