"""Data set pages and the download of public files."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from podium import files
from podium.catalog.models import DatasetVersion
from podium.challenges.models import Task
from podium.pages.access import get_dataset, visible_challenges

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
FORMATS = {"csv": "CSV", "parquet": "Parquet", "zip": "zip"}
# A newcomer takes the first three.
TABLE_ORDER = ("train", "test", "sample_submission", "records", "left", "right", "images")


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """List the data sets of the challenges that the visitor may know of."""
    tasks = (
        Task.objects.filter(challenge__in=visible_challenges(request.user))
        .select_related("dataset_version", "challenge", "track")
        .order_by("dataset_version__title")
    )
    versions: dict[DatasetVersion, list[Task]] = {}
    for task in tasks:
        versions.setdefault(task.dataset_version, []).append(task)
    rows = [{"version": v, "tasks": t, **summary(v)} for v, t in versions.items()]
    return render(request, "pages/datasets.html", {"rows": rows})


@require_safe
def dataset(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Show one version of a data set: its card, columns and files."""
    version = get_dataset(request, name, number)
    tasks = Task.objects.filter(
        dataset_version=version, challenge__in=visible_challenges(request.user)
    ).select_related("challenge")
    context = {
        "version": version,
        "facts_json": version.facts,
        "columns": [{**c, "values": c.get("values", [])} for c in version.facts["columns"]],
        "tasks": tasks,
        "tables": table_rows(version),
        "files": file_rows(version),
        "facts": _header_facts(version),
    }
    return render(request, "pages/dataset.html", context)


def _header_facts(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return what one wants to know first: the kind, how many rows, columns and classes."""
    rows = version.facts["rows"]
    facts: list[dict[str, Any]] = [
        {"label": "Kind", "value": version.get_kind_display()},
        {"label": "Training rows", "value": f"{rows['train']:,}"},
        {"label": "Test rows", "value": f"{rows['test']:,}"},
        {"label": "Feature columns", "value": len(version.facts["columns"])},
    ]
    if version.classes:
        facts.append({"label": "Classes", "value": len(version.classes)})
    return facts


@require_safe
def download(request: HttpRequest, name: str, number: int, file: str) -> FileResponse:
    """Send one public file, or everything as one zip."""
    version = get_dataset(request, name, number)
    if file == version.archive.name:
        stored = str(version.archive)
    elif file in {row["name"] for row in version.files} or file == "dataset.json":
        stored = str(version.folder / file)
    else:
        raise Http404
    return FileResponse(
        files.public().open(stored),
        as_attachment=True,
        filename=file,
        content_type=CONTENT_TYPES.get(file.rsplit(".", 1)[-1], "application/octet-stream"),
    )


def file_rows(version: DatasetVersion) -> list[dict[str, Any]]:
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


def table_rows(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return the tables and archives of a version, each once with the formats that it has."""
    tables: dict[str, dict[str, Any]] = {}
    for file in file_rows(version):
        stem, _, suffix = file["name"].partition(".")
        if suffix in {"csv", "parquet", "zip"}:
            row = tables.setdefault(stem, {"name": stem, "rows": file["rows"], "formats": []})
            row["formats"].append({**file, "format": FORMATS[suffix]})
    order = {name: place for place, name in enumerate(TABLE_ORDER)}
    return sorted(tables.values(), key=lambda row: order.get(row["name"], len(order)))


def summary(version: DatasetVersion) -> dict[str, Any]:
    """Return the few facts by which one chooses a data set."""
    types = sorted({column["type"] for column in version.facts["columns"]})
    return {"rows": version.facts["rows"], "types": types, "classes": len(version.classes)}
