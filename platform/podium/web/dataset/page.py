"""What the page of a data set version shows."""

from collections.abc import Iterable, Mapping

from django.core.cache import caches

from podium import files
from podium.catalog.models import DatasetVersion, Kind
from podium.files import Json
from podium.web.base.presenters import Context
from podium.web.dataset.preview import tables
from podium.web.dataset.profile import KEPT_SECONDS, hidden_columns, profile, schema_tables
from podium.web.dataset.samples import samples
from tabset import schema
from tabset.citation import bibtex

# What a reader sees before unfolding more.
OPEN_COLUMNS = 10
OPEN_CLASSES = 3
CAPTIONS = {"text", "categorical"}  # types whose cells say something below a picture


def shown(version: DatasetVersion, *, may_download: bool) -> Context:
    """Return the page's content; rows and images only for those who may download the files."""
    facts = version.facts
    found = profile(version)
    rows = samples(version) if may_download else {"pairs": [], "values": {}}
    return {
        "facts_json": facts,
        "facts": header_facts(version),
        "licence_url": licence_url(version),
        "profile": found,
        "columns": _folded(schema_tables(version, found, rows["values"])),
        "hidden_columns": hidden_columns(version),
        "table_names": tables(version),
        "pairs": rows["pairs"],
        "examples": _examples(version, found) if found and may_download else None,
        "bibtex": bibtex(schema.from_json(facts)),
        "archive_bytes": archive_bytes(version) if may_download else None,
        "may_download": may_download,
    }


def _folded(described: list[tuple[str, list[Json]]]) -> list[Context]:
    """Return each table with its first columns, and those that are folded away."""
    return [
        {"table": table, "rows": columns[:OPEN_COLUMNS], "folded": columns[OPEN_COLUMNS:]}
        for table, columns in described
    ]


def _examples(version: DatasetVersion, found: Json) -> Context | None:
    """Return the examples of each class, the largest first: `open`, `folded` and their `columns`.

    None for pairs, which the page shows in full.
    """
    if version.kind == Kind.MATCHING:
        return None
    counts = version.facts["label_counts"]["train"]
    classes = sorted(found["examples"], key=lambda group: -counts.get(group["label"], 0))
    captions = [c["name"] for c in version.facts["columns"] if c["type"] in CAPTIONS]
    rows = [row for group in classes for row in group["rows"]]
    columns = list(dict.fromkeys(name for row in rows for name in row["cells"]))
    return {
        "open": [_listed(group, columns, captions) for group in classes[:OPEN_CLASSES]],
        "folded": [_listed(group, columns, captions) for group in classes[OPEN_CLASSES:]],
        "more": len(version.classes) - len(classes),
        "has_images": any(row["images"] for row in rows),
        "columns": columns,
    }


def _listed(group: Json, columns: Iterable[str], captions: Iterable[str]) -> Context:
    """Return the examples of a class, each with a cell for each of the columns.

    The caption of a row is its first cell in words.
    """
    rows = []
    for row in group["rows"]:
        cells = row["cells"]
        words = [{"name": name, "text": cells[name]} for name in captions if cells.get(name)]
        listed = [{"name": name, "text": cells.get(name, "")} for name in columns]
        rows.append({**row, "listed": listed, "caption": words[0] if words else None})
    return {**group, "rows": rows}


def archive_bytes(version: DatasetVersion) -> int | None:
    """Return the size of the zip of everything, which is stored when the version is published."""
    key = f"archive-{version.pk}-{version.content_hash}"
    size: int | None = caches["pages"].get(key)
    if size is None:
        try:
            size = files.public().size(str(version.archive))
        except FileNotFoundError:
            return None
        caches["pages"].set(key, size, KEPT_SECONDS)
    return size


def licence_url(version: DatasetVersion) -> str:
    """Return the address of the licence if it is one that can be followed, or else nothing."""
    url = str(version.facts["licence"].get("url", ""))
    return url if schema.ADDRESS.fullmatch(url) else ""


def header_facts(version: DatasetVersion) -> list[dict[str, object]]:
    """Return what one wants to know first: the kind, how many rows, columns and classes."""
    rows: Mapping[str, int] = version.facts["rows"]
    facts: list[dict[str, object]] = [
        {"label": "Kind", "value": version.get_kind_display()},
        {"label": "Training rows", "value": f"{rows['train']:,}"},
        {"label": "Test rows", "value": f"{rows['test']:,}"},
        _columns_fact(version),
    ]
    if version.classes:
        facts.append({"label": "Classes", "value": f"{len(version.classes):,}"})
    facts.append({"label": "Version", "value": version.number})
    return facts


def _columns_fact(version: DatasetVersion) -> dict[str, object]:
    """Return how many columns a method may learn from: ids are none, a pair has those of both."""
    records = version.facts.get("records", {})
    if not records:
        return {"label": "Feature columns", "value": f"{_features(version.facts['columns']):,}"}
    counts = [_features(columns) for columns in records.values()]
    if len(set(counts)) == 1:
        return {"label": "Columns", "value": f"{counts[0]:,}", "note": "of each record"}
    value = " + ".join(f"{count:,}" for count in counts)
    return {"label": "Columns", "value": value, "note": " + ".join(records)}


def _features(columns: Iterable[Json]) -> int:
    return sum(column["type"] != "id" for column in columns)
