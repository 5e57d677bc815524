"""The starter notebook of a task: a first submission that runs as it is."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from podium.catalog.downloads import FOR_ONE
from podium.challenges.models import Task
from podium.pages.access import get_task
from podium.pages.starters.render import Cell, as_notebook, as_script, cells, prose
from podium.standings.feedback import form_of
from scoring import METRICS

FORMS = {
    "ipynb": (as_notebook, "application/x-ipynb+json"),
    "py": (as_script, "text/x-python; charset=utf-8"),
}
# These take all pairs together, or groups that training rows do not name.
STAND_INS = {
    "pairwise_f1": "f1",
    "bcubed_f1": "f1",
    "opis": "average_precision",
    "eps_opis": "average_precision",
}


@require_safe
def starter(request: HttpRequest, slug: str, task: str, form: str) -> HttpResponseBase:
    """Send the notebook as `ipynb` or `py` to those who see the task.

    It names no column and has no row of the data: it reads the files that its reader downloaded.
    """
    found = get_task(request, slug, task)
    if form not in FORMS:
        raise Http404
    write, content_type = FORMS[form]
    body = write(starter_cells(request, found))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = get_conditional_response(request, etag)
    if answer is None:
        answer = HttpResponse(body, content_type=content_type)
        answer["Content-Disposition"] = content_disposition_header(
            True, f"{slug}-{task}-starter.{form}"
        )
        answer["X-Content-Type-Options"] = "nosniff"
    answer["ETag"], answer["Cache-Control"] = etag, FOR_ONE
    return answer


def starter_cells(request: HttpRequest, task: Task) -> list[Cell]:
    """Return the notebook's cells, with addresses as the reader has them."""
    version, metric, form = task.dataset_version, METRICS[task.headline], form_of(task)
    measure = STAND_INS.get(task.headline, task.headline)
    note = (
        f"{metric.title} is measured by the site alone. In its stead this is"
        f" {METRICS[measure].title}."
    )
    values = {
        "title": prose(task.title),
        "task": f"{task.challenge.slug}/{task.slug}",
        "folder": task.slug,
        "page": request.build_absolute_uri(task.get_absolute_url()),
        "archive": request.build_absolute_uri(version.archive_url),
        "description": prose(task.description),
        "metric": metric.title,
        "measured": METRICS[measure].title,
        "summary": form.words.summary,
        "formula": form.words.formula,
        "better": "Higher" if metric.higher_is_better else "Lower",
        "note": "" if measure == task.headline else note,
    }
    return cells(version.kind, measure, values)
