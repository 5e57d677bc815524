"""Data set pages and the download of public files."""

import json
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from podium import files
from podium.accounts.requests import SignedInRequest
from podium.catalog.actions.licences import accept_licence
from podium.catalog.actions.versions import count_download
from podium.catalog.downloads import (
    FOR_EVERYBODY,
    FOR_ONE,
    Stored,
    is_whole,
    public_file,
    send,
    stored_of,
)
from podium.catalog.models import DatasetVersion, VersionState
from podium.challenges.models import Phase, Task
from podium.web.base.access import (
    get_dataset,
    is_for_everybody,
    must_accept_licence,
    visible_challenges,
    visible_datasets,
)
from podium.web.base.presenters import Context
from podium.web.dataset import diagnosis
from podium.web.dataset.browse import FilterForm, entries, narrowed
from podium.web.dataset.croissant import served
from podium.web.dataset.page import shown
from podium.web.dataset.preview import NoSuchPage, preview, tables, thumbnail
from podium.web.dataset.search import SearchForm, searched
from podium.web.dataset.snippets import path_of, site_of, snippets

# What tabset draws: profile.json, figures/<name>.svg, thumbnails/<name>.<kind of image>.
FIGURE = re.compile(
    r"profile\.json|figures/[\w-][\w.-]*\.svg|thumbnails/[\w-][\w.-]*\.(png|jpe?g|webp|gif)",
    re.ASCII,
)
FORMATS = {"csv": "CSV", "parquet": "Parquet", "zip": "zip"}
# A newcomer takes the first three.
TABLE_ORDER = ("train", "test", "sample_submission", "records", "left", "right", "images")


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """List the published data sets that the visitor may open, with the tasks they may know of."""
    versions = visible_datasets(request.user).filter(state=VersionState.PUBLISHED)
    tasks = Task.objects.filter(
        challenge__in=visible_challenges(request.user), dataset_version__in=versions
    ).select_related("challenge", "track", "dataset_version")
    tasks = tasks.defer("dataset_version__facts")  # which the versions themselves bring along
    found = entries(versions, tasks)
    licences = sorted({entry.licence for entry in found})
    form = FilterForm(request.GET, licences=licences)
    context = {"filter": form, "entries": narrowed(found, form.wanted), "total": len(found)}
    return render(request, "dataset/datasets.html", context)


@require_safe
def dataset(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show one version of a data set: its card, columns and files."""
    version = get_dataset(request, name, number)
    if version.state == VersionState.DRAFT:
        raise Http404  # there is nothing to show yet; the console shows the draft
    tasks = _tasks_of(request, version)
    versions = list(
        visible_datasets(request.user)
        .filter(name=version.name)
        .exclude(state=VersionState.DRAFT)
        .order_by("-number")
    )
    published = [each for each in versions if each.state == VersionState.PUBLISHED]
    may_download = _may_download(request, version)
    context = {
        **shown(version, may_download=may_download),
        "diagnosis": diagnosis.shown(version, may_see=may_download),
        "version": version,
        "versions": versions,
        "newest": published[0] if published else version,
        "crumbs": [{"label": "Data sets", "url": reverse("datasets")}],
        "tasks": [(task, task.challenge.phase() == Phase.OPEN) for task in tasks],
        "tables": table_rows(version),
        "files": file_rows(version),
        "query": _task_query(request),
        "snippets": _snippets(request, version, tasks),
    }
    return render(request, "dataset/dataset.html", context)


def _tasks_of(request: HttpRequest, version: DatasetVersion) -> list[Task]:
    """Return the tasks with the version that the visitor may know of.

    The navigation shows the tabs of the one that `?task=challenge/task` names, where the visitor
    came from, or else of the only one that is open.
    """
    tasks = list(
        Task.objects.filter(
            dataset_version=version, challenge__in=visible_challenges(request.user)
        ).select_related("challenge")
    )
    asked = request.GET.get("task", "")
    named = [task for task in tasks if asked == path_of(task)]
    shown = named or [task for task in tasks if task.challenge.phase() == Phase.OPEN]
    if len(shown) == 1:
        request.task = shown[0]  # type: ignore[attr-defined]
    return tasks


def _snippets(
    request: HttpRequest, version: DatasetVersion, tasks: Sequence[Task]
) -> list[dict[str, str]]:
    task = getattr(request, "task", None) or next(iter(tasks), None)
    return snippets(version, site=site_of(request), task=path_of(task) if task else "")


def _task_query(request: HttpRequest) -> str:
    """Return the query that keeps the tabs of the task that the visitor came from."""
    task = getattr(request, "task", None)
    return f"?task={path_of(task)}" if task else ""


@require_safe
def rows(request: HttpRequest, name: str, number: int, table: str) -> HttpResponse:
    """Show the rows of one table, or those with what the visitor looks for, page by page."""
    version = get_dataset(request, name, number)
    if not version.facts:
        raise Http404
    if not _may_download(request, version):
        return redirect(f"{version.get_absolute_url()}#licence")
    _tasks_of(request, version)
    form = SearchForm(request.GET, version, table)
    wanted = form.wanted
    try:
        page = int(request.GET.get("page", "1"))
        shown_rows = (
            searched(version, table, page, wanted) if wanted else preview(version, table, page)
        )
    except (NoSuchPage, ValueError) as error:
        raise Http404 from error
    asked = {name: value for name, value in request.GET.items() if name != "page" and value}
    context = {
        "version": version,
        "preview": shown_rows,
        "form": form,
        "is_narrowed": wanted is not None,
        "query": f"{urlencode(asked)}&" if asked else "",
        "task": request.GET.get("task", ""),
        "table_names": tables(version),
        "crumbs": [
            {"label": "Data sets", "url": reverse("datasets")},
            {"label": version.title, "url": version.get_absolute_url()},
        ],
    }
    return render(request, "dataset/dataset_rows.html", context)


@require_safe
def small_image(request: HttpRequest, name: str, number: int, file: str) -> HttpResponse:
    """Send a thumbnail of an image, shown next to its row."""
    version = get_dataset(request, name, number)
    if not _may_download(request, version):
        return redirect(f"{version.get_absolute_url()}#licence")
    try:
        content = thumbnail(version, file)
    except FileNotFoundError as error:
        raise Http404 from error
    answer = HttpResponse(content, content_type="image/jpeg")
    answer["Cache-Control"] = _kept(version)
    return answer


def _kept(version: DatasetVersion) -> str:
    """Return how long browsers keep what shows the values of a version."""
    if not version.is_released:  # it may still be rebuilt under the same addresses
        return "private, no-cache"
    reach = "public" if is_for_everybody(version) else "private"
    return f"{reach}, max-age=604800, immutable"


@require_safe
def download(request: HttpRequest, name: str, number: int, file: str) -> HttpResponseBase:
    """Send one public file, or everything as one zip."""
    version = get_dataset(request, name, number)
    stored = public_file(version, file, is_for_everybody=is_for_everybody(version))
    if stored is None:
        raise Http404
    if must_accept_licence(request.user, version):
        return redirect(f"{version.get_absolute_url()}#licence")
    answer = send(request, stored)
    if is_whole(request, answer):
        count_download(version)
    return answer


@require_safe
def croissant(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Send the Croissant description with absolute addresses, which loads by its own address."""
    version = get_dataset(request, name, number)
    if not version.is_released:
        raise Http404
    if must_accept_licence(request.user, version):
        return redirect(f"{version.get_absolute_url()}#licence")
    try:
        with files.public().open(str(version.folder / "croissant.json")) as handle:
            document = json.loads(handle.read())
    except FileNotFoundError as error:
        raise Http404 from error
    site = request.build_absolute_uri(version.get_absolute_url())
    answer = JsonResponse(served(document, version, site), json_dumps_params={"indent": 1})
    answer["Cache-Control"] = FOR_EVERYBODY if is_for_everybody(version) else FOR_ONE
    return answer


@require_safe
def image(request: HttpRequest, name: str, number: int, file: str) -> HttpResponseBase:
    """Send one image of a version, to be shown."""
    version = get_dataset(request, name, number)
    facts = version.facts.get("files", {}).get(f"images/{file}")
    if facts is None:
        raise Http404
    if must_accept_licence(request.user, version):
        return redirect(f"{version.get_absolute_url()}#licence")
    path = version.folder / "images" / file
    return send(request, _inline(version, path, facts["sha256"]))


@require_safe
def figure(request: HttpRequest, name: str, number: int, file: str) -> HttpResponseBase:
    """Send a figure or a thumbnail of a version's profile, to be shown."""
    version = get_dataset(request, name, number)
    if not version.profiled_at or not FIGURE.fullmatch(file):
        raise Http404
    # Distributions are a part of the page; examples and small images are a part of the data.
    if not file.startswith("figures/") and must_accept_licence(request.user, version):
        return redirect(f"{version.get_absolute_url()}#licence")
    # Figures of the same content may be redrawn by another release of Podium.
    tag = f"{version.content_hash}-{version.profiled_at:%Y%m%d%H%M%S}-{file.replace('/', '-')}"
    path = version.figures / file
    return send(request, _inline(version, path, tag))


@require_safe
def diagnostics(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Send what the diagnosis of a version found, as JSON, to those who may see its rows."""
    version = get_dataset(request, name, number)
    found = diagnosis.stored(version) if version.is_released else None
    if found is None or found.result is None:
        raise Http404
    if not _may_download(request, version):
        return redirect(f"{version.get_absolute_url()}#licence")
    answer = JsonResponse(found.result, json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{name}-{number}-diagnostics.json"'
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_POST
@login_required
def accept(request: SignedInRequest, name: str, number: int) -> HttpResponse:
    """Keep that the visitor accepts the licence, and lead back to the files."""
    version = get_dataset(request, name, number)
    if not version.facts:
        raise Http404
    accept_licence(version=version, by=request.user)
    return redirect(f"{version.get_absolute_url()}#load")


def _may_download(request: HttpRequest, version: DatasetVersion) -> bool:
    return not must_accept_licence(request.user, version)


def _inline(version: DatasetVersion, path: PurePosixPath, tag: str) -> Stored:
    everybody = is_for_everybody(version)
    return stored_of(version, path, path.name, tag, is_for_everybody=everybody, inline=True)


def file_rows(version: DatasetVersion) -> list[Context]:
    """Return the rows of file_table.html."""
    counts = version.facts["rows"]
    counts = {**counts, "sample_submission": counts.get("test")}
    return [
        {
            "name": file["name"],
            "url": version.file_url(file["name"]),
            "rows": counts.get(file["name"].split(".")[0]),
            "bytes": file["bytes"],
            "sha256": file["sha256"],
        }
        for file in version.files
    ]


def table_rows(version: DatasetVersion) -> list[Context]:
    """Return the tables and archives of a version, each once with the formats that it has."""
    tables: dict[str, Context] = {}
    for file in file_rows(version):
        stem, _, suffix = file["name"].partition(".")
        if suffix in {"csv", "parquet", "zip"}:
            row = tables.setdefault(stem, {"name": stem, "rows": file["rows"], "formats": []})
            row["formats"].append({**file, "format": FORMATS[suffix]})
    order = {name: place for place, name in enumerate(TABLE_ORDER)}
    return sorted(tables.values(), key=lambda row: order.get(row["name"], len(order)))
