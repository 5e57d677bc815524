"""A version's profile as its page shows it: figures drawn once, put into the page as they are."""

import json

import structlog
from django.core.cache import caches
from django.core.files.storage import Storage
from django.utils.safestring import SafeString, mark_safe

from podium import files
from podium.catalog.models import DatasetVersion
from podium.files import Json

log = structlog.get_logger(__name__)

KEPT_SECONDS = 3600
# The page stays quick with thousands of columns; dataset.json has them all.
MOST_COLUMNS = 200
MOST_EXAMPLES = 40


def profile(version: DatasetVersion) -> Json | None:
    """Return the stored profile with its figures as SVG; None until it has been drawn.

    The drawings come from `tabset.profile`, which escapes every text of the data.
    """
    if version.profiled_at is None:
        return None
    key = f"profile-{version.pk}-{version.content_hash}"
    found: Json | None = caches["pages"].get(key)
    if found is None:
        try:
            found = _read(version)
        except FileNotFoundError:  # the page shows the facts without its figures as well
            log.exception("profile is lost", version=str(version))
            return None
        caches["pages"].set(key, found, KEPT_SECONDS)
    return found


def schema_tables(
    version: DatasetVersion, found: Json | None, values: Json
) -> list[tuple[str, list[Json]]]:
    """Return each table to describe with its columns: what dataset.json says and how they look.

    Pairs are described by their record tables, so that no column appears twice. `values` are
    examples, by table and column.
    """
    return [
        (table, [_column(column, table, found, values.get(table, {})) for column in columns])
        for table, columns in _described(version).items()
    ]


def _column(column: Json, table: str, found: Json | None, values: Json) -> Json:
    name = column["name"]
    return {**column, **_drawn(found, table, name), "values": values.get(name, [])}


def hidden_columns(version: DatasetVersion) -> int:
    """Return how many columns `schema_tables` leaves out."""
    return sum(max(0, len(columns) - MOST_COLUMNS) for columns in _tables(version).values())


def _described(version: DatasetVersion) -> dict[str, list[Json]]:
    return {table: columns[:MOST_COLUMNS] for table, columns in _tables(version).items()}


def _tables(version: DatasetVersion) -> dict[str, list[Json]]:
    facts = version.facts
    tables: dict[str, list[Json]] = facts.get("records") or {"": facts["columns"]}
    return tables


def _drawn(found: Json | None, table: str, name: str) -> Json:
    column = found["by_name"].get((table, name), {}) if found else {}
    return {"figure": column.get("svg", ""), "words": column.get("words", "")}


def _read(version: DatasetVersion) -> Json:
    storage = files.public()
    with storage.open(str(version.figures / "profile.json")) as handle:
        found: Json = json.loads(handle.read())
    found["by_name"] = {}
    for table, columns in {"": found["columns"], **found["records"]}.items():
        for column in columns[:MOST_COLUMNS]:
            column["svg"] = _figure(storage, version, column["figure"])
            found["by_name"][table, column["name"]] = column
    for part in (found["classes"], found["pairs"]):
        if part:
            part["svg"] = _figure(storage, version, part["figure"])
    del found["examples"][MOST_EXAMPLES:]
    return found


def _figure(storage: Storage, version: DatasetVersion, name: str) -> SafeString:
    if not name:
        return mark_safe("")
    with storage.open(str(version.figures / name)) as handle:
        drawn: SafeString = mark_safe(handle.read().decode())  # noqa: S308  # escaped by tabset
    return drawn
