"""The starter notebook of a task: a first submission that runs as it is.

`starters/` has one notebook per kind of task. They name no column and contain no row of the data:
they read the files that the reader downloaded. Their placeholders are `$title`, `$task`, `$page`,
`$archive`, `$description`, `$metric` and `$headline`.
"""

import hashlib
import json
import re
from pathlib import Path
from string import Template

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from podium.catalog.downloads import FOR_ONE
from podium.challenges.models import Task
from podium.files import Json
from podium.standings.feedback import form_of
from podium.web.base.access import get_task
from scoring import METRICS

STARTERS = Path(__file__).parent / "starters"
CONTENT_TYPES = {
    "ipynb": "application/x-ipynb+json",
    "py": "text/x-python; charset=utf-8",
}
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@require_safe
def starter(request: HttpRequest, slug: str, task: str, form: str) -> HttpResponseBase:
    """Send the notebook as `ipynb` or `py` to users who may see the task."""
    task_row = get_task(request, slug, task)
    if form not in CONTENT_TYPES:
        raise Http404
    notebook = notebook_of(request, task_row)
    body = as_script(notebook) if form == "py" else as_notebook(notebook)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = get_conditional_response(request, etag)
    if answer is None:
        answer = HttpResponse(body, content_type=CONTENT_TYPES[form])
        answer["Content-Disposition"] = content_disposition_header(
            True, f"{slug}-{task}-starter.{form}"
        )
        answer["X-Content-Type-Options"] = "nosniff"
    answer["ETag"], answer["Cache-Control"] = etag, FOR_ONE
    return answer


def notebook_of(request: HttpRequest, task: Task) -> Json:
    """Return the notebook of the task's kind, with its placeholders filled in."""
    version, metric, form = task.dataset_version, METRICS[task.headline], form_of(task)
    better = "Higher" if metric.higher_is_better else "Lower"
    values = {
        "title": prose(task.title),
        "task": f"{task.challenge.slug}/{task.slug}",
        "page": request.build_absolute_uri(task.get_absolute_url()),
        "archive": request.build_absolute_uri(version.archive_url),
        "description": prose(task.description),
        "metric": f"**Metric: {metric.title}.** {form.words.summary} {better} is better.\n\n"
        f"`{form.words.formula}`",
        "headline": metric.name,
    }
    notebook: Json = json.loads((STARTERS / f"{version.kind}.ipynb").read_bytes())
    for cell in notebook["cells"]:
        source = Template("".join(cell["source"])).substitute(values)
        cell["source"] = source.strip("\n").splitlines(keepends=True)
    return notebook


def as_notebook(notebook: dict[str, object]) -> bytes:
    """Return the notebook as a file."""
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def as_script(notebook: Json) -> bytes:
    """Return the cells as a Python file with `# %%` marks, which editors show as a notebook."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            lines = "\n".join(_comment(line) for line in source.split("\n"))
            parts.append(f"# %% [markdown]\n{lines}\n")
        else:
            parts.append(f"# %%\n{source}\n")
    return "\n".join(parts).encode()


def prose(text: str) -> str:
    """Return a text of several lines without characters that a source file may not have."""
    return "\n".join(_CONTROL.sub("", line).rstrip() for line in text.splitlines()).strip()


def _comment(line: str) -> str:
    # A line of text must not begin a cell.
    escaped = f"\\{line.lstrip()}" if line.lstrip().startswith("%%") else line
    return f"# {escaped}".rstrip()
